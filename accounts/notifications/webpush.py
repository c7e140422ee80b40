"""Web Push: encrypted for one browser (RFC 8291), signed by this house (VAPID, RFC 8292)."""

import base64
import json
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from py_vapid import Vapid02
from pywebpush import WebPusher

from accounts.models import PushSubscription
from accounts.notifications.outcomes import AGAIN, GONE, NEVER, SENT, Message, Outcome
from accounts.notifications.wire import target_of
from common.outgoing import AddressRefused, Answer, Target, Unreachable, post

TTL_SECONDS = 24 * 3600
# One record of 4096 bytes is all that every service takes; what is around the text is ours.
BODY_CHARACTERS = 300


def send(subscription: PushSubscription, message: Message) -> Outcome:
    """Send ``message`` to one browser; never raises for what the network or the service does."""
    try:
        target = target_of(subscription.endpoint)
        body = _encrypted(subscription, message)
        headers = _headers(target, message)
        answer = post(target, body, headers, allowed=settings.PUSH_OWN_HOSTS)
    except AddressRefused as error:
        return Outcome(NEVER, str(error))
    except Unreachable as error:
        return Outcome(AGAIN, str(error))
    except ValueError as error:  # keys that are none: checked when subscribed, but rows live long
        return Outcome(GONE, f"{type(error).__name__}: {error}")
    return _read(answer)


def public_key() -> str:
    """Return what browsers need to subscribe: our public key, as they write it."""
    point = _vapid().public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def are_keys(p256dh: str, auth: str) -> bool:
    """Tell whether a browser's keys can be encrypted for: a point of P-256 and sixteen bytes."""
    try:
        point, secret = _bytes(p256dh), _bytes(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, TypeError):
        return False
    return len(secret) == 16


def _encrypted(subscription: PushSubscription, message: Message) -> bytes:
    payload = {
        "title": message.title,
        "body": message.body[:BODY_CHARACTERS],
        "url": message.url,
        "tag": message.tag,
        "key": message.key,
        "lang": message.language,
    }
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
    text = json.dumps(payload, ensure_ascii=False).encode()
    return bytes(pusher.encode(text, "aes128gcm")["body"])


def _headers(target: Target, message: Message) -> dict[str, str]:
    claims = {"aud": f"{target.scheme}://{target.authority}", "sub": settings.VAPID_SUBJECT}
    signed = _vapid().sign(claims)
    return {
        **signed,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_SECONDS),
        "Urgency": "high" if message.urgent else "normal",
        # Of several that wait for a browser that is off, the last one with this word is kept.
        "Topic": message.tag[:32],
    }


def _read(answer: Answer) -> Outcome:
    words = answer.body[:200].decode("utf-8", "replace").strip()
    said = f"{answer.status} {words}".strip()
    if 200 <= answer.status < 300:
        return Outcome(SENT, said)
    if answer.status in {404, 410}:
        return Outcome(GONE, said)
    if answer.status == 429 or answer.status >= 500:
        wait = answer.retry_after
        return Outcome(AGAIN, said, wait_seconds=int(wait.total_seconds()) if wait else 0)
    # 3xx is no answer of a push service, and the rest says that we did something wrong.
    return Outcome(NEVER, said)


@cache
def _vapid() -> Vapid02:
    return Vapid02.from_string(settings.VAPID_KEY)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
