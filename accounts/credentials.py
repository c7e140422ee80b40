"""What tokens look like: a prefix that tells the kind, the row they belong to, a long random part, our mark.

Only hashes are kept. The mark (an HMAC over the rest) tells what we once gave out from what somebody
made up, without asking the database: a forged token costs no query, and an old refresh token is known
for what it is although nothing of it is stored.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

ACCESS, REFRESH, INTEGRATION, TICKET = "xat_", "xrt_", "xit_", "xst_"
KINDS = (ACCESS, REFRESH, INTEGRATION, TICKET)

_KEY, _SECRET, _MARK = 16, 32, 12
_LETTERS = (_KEY + _SECRET + _MARK) * 4 // 3  # a multiple of three bytes: no padding, one spelling


def mint(kind: str, key: UUID) -> str:
    """Return a new random token of ``kind`` for the row ``key``."""
    return _spell(kind, key, secrets.token_bytes(_SECRET))


def derive(kind: str, key: UUID, *, spent: str, nonce: bytes) -> str:
    """Return the token that follows ``spent``: the same again for whoever holds ``spent`` and ``nonce``.

    So an answer that was lost on its way can be given once more, and nothing of it needs keeping.
    """
    return _spell(kind, key, hmac.digest(spent.encode(), kind.encode() + nonce, "sha256"))


def key_in(kind: str, token: str) -> UUID | None:
    """Return the row a token of ``kind`` belongs to; None unless we made the token, whole and unchanged."""
    if not token.startswith(kind) or len(token) != len(kind) + _LETTERS or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token[len(kind) :], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    head, mark = raw[:-_MARK], raw[-_MARK:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(hmac.compare_digest(mark, _mark(kind, head, str(key))) for key in keys):
        return None
    return UUID(bytes=head[:_KEY])


def digest(token: str) -> str:
    """Return what is kept of a token. It is long and random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def matches(token: str, kept: str) -> bool:
    """Tell in constant time whether ``kept`` is the hash of ``token``; an empty one is no token's."""
    return bool(kept) and constant_time_compare(digest(token), kept)


def _spell(kind: str, key: UUID, secret: bytes) -> str:
    head = key.bytes + secret
    return (
        kind + base64.urlsafe_b64encode(head + _mark(kind, head, str(settings.SECRET_KEY))).decode()
    )


def _mark(kind: str, head: bytes, secret: str) -> bytes:
    # salted_hmac takes text and bytes alike; the kind is part of the salt, so no token passes as another.
    return salted_hmac(
        f"accounts.credentials.{kind}", head, secret=secret, algorithm="sha256"
    ).digest()[:_MARK]
