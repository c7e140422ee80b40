"""Questions that wait for their answer: signed, short-lived, answered once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import F

from accounts.models import SignInChallenge, User

OPEN_FOR = timedelta(minutes=5)
MOST_TRIES = 5
_SIGNER = signing.Signer(salt="accounts.challenge")


@transaction.atomic
def ask(kind: str, user: User | None, *, now: datetime, state: dict[str, Any] | None = None) -> str:
    """Open a question and return its token. It holds for five minutes and as long as the password."""
    stamp = {"stamp": _stamp_of(user)} if user else {}
    row = SignInChallenge.objects.create(
        kind=kind, user=user, state=(state or {}) | stamp, expires_at=now + OPEN_FOR
    )
    return _SIGNER.sign(row.pk.hex)


@transaction.atomic
def asked(token: str, *, kinds: set[str], now: datetime) -> SignInChallenge | None:
    """Return the open question of ``token`` and count one try at it, or None when it is over."""
    try:
        key = UUID(_SIGNER.unsign(token))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None
    row = (
        SignInChallenge.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(pk=key, kind__in=kinds, used_at=None, expires_at__gt=now, tries__lt=MOST_TRIES)
        .first()
    )
    if row is None:
        return None
    if row.user and (not row.user.is_active or row.state.get("stamp") != _stamp_of(row.user)):
        return None
    SignInChallenge.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
    return row


@transaction.atomic
def answered(challenge: SignInChallenge, *, now: datetime) -> bool:
    """Close a question. Returns False when somebody else answered it first."""
    return bool(SignInChallenge.objects.filter(pk=challenge.pk, used_at=None).update(used_at=now))


@transaction.atomic
def remember(challenge: SignInChallenge, **state: Any) -> None:
    """Keep more of what the answer must fit."""
    challenge.state |= state
    challenge.save(update_fields=["state"])


@transaction.atomic
def forget_challenges(now: datetime) -> int:
    """Delete what nobody answered. Returns how many."""
    return SignInChallenge.objects.filter(expires_at__lt=now).delete()[0]


def _stamp_of(user: User) -> str:
    return user.get_session_auth_hash()[:16]
