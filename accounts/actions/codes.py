"""Codes to a phone: asked for, sent, proved. The same for phones we know and phones we do not."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from accounts.models import CodePurpose, OneTimeCode, User
from accounts.phones import mainland_phone
from accounts.queries import account_of_phone
from accounts.senders import sender
from common.errors import DomainError
from common.ids import uuid7
from common.parameters import value
from common.sealing import fingerprint, is_fingerprint_of, seal, unseal
from common.text import fold

VALID = timedelta(minutes=10)
MOST_TRIES = 5
# How long a proved code lets one go on (choose a password); never more than an hour.
PROOF_HOLDS = timedelta(minutes=30)
KEPT = timedelta(days=2)
_CODE, _TEXT = "code", "code.text"


@dataclass(frozen=True)
class Proof:
    """What became of a typed code: proved, or ``code.wrong`` or ``code.expired``."""

    proved: bool
    refusal: str = ""
    tries_left: int = 0


@transaction.atomic
def ask_for_code(
    purpose: str, phone: str, *, address: str, payload: dict[str, Any] | None = None
) -> OneTimeCode:
    """Send a code to ``phone``; return the row that waits for it.

    Raises ``phone.unknown_format``, and ``code.too_many`` with ``retry_at``. Nobody's action, hence
    no ``by``: who asks is not known yet.
    """
    number = mainland_phone(phone)
    if not number:
        raise DomainError(
            "phone.unknown_format", _("Enter a mainland mobile number of eleven digits.")
        )
    now = timezone.now()
    _not_too_many(number, address, now)
    key, code = uuid7(now), f"{secrets.randbelow(1_000_000):06}"
    row = OneTimeCode.objects.create(
        id=key,
        purpose=purpose,
        phone=number,
        address=address[:64],
        digest=fingerprint(f"{key.hex}:{code}", purpose=_CODE),
        sealed_text=seal(_words(purpose, account_of_phone(number), code), purpose=_TEXT),
        payload=payload or {},
        made_at=now,
        expires_at=now + VALID,
    )
    async_task("accounts.tasks.send_code", str(key))
    return row


def send_code(key: UUID) -> bool:
    """Hand the text of one code to the provider, once. Returns False when there is nothing to send.

    Outside a transaction: nothing waits for a provider while it holds rows.
    """
    row = OneTimeCode.objects.filter(pk=key, sent_at=None, expires_at__gt=timezone.now()).first()
    if row is None or not row.sealed_text:
        return False
    sender().send(row.phone, unseal(row.sealed_text, purpose=_TEXT))
    OneTimeCode.objects.filter(pk=key).update(sent_at=timezone.now(), sealed_text="")
    return True


@transaction.atomic
def prove_code(key: str, code: str, *, purpose: str, now: datetime) -> Proof:
    """Check a typed code; the try is counted before it is looked at."""
    row = _row(key, purpose)
    if (
        row is None
        or row.proved_at
        or row.used_at
        or row.expires_at <= now
        or row.tries >= MOST_TRIES
    ):
        return Proof(False, "code.expired")
    OneTimeCode.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
    if not is_fingerprint_of(f"{row.pk.hex}:{typed_code(code)}", row.digest, purpose=_CODE):
        left = MOST_TRIES - row.tries - 1
        return Proof(False, "code.wrong" if left else "code.expired", left)
    OneTimeCode.objects.filter(pk=row.pk).update(proved_at=now)
    return Proof(True)


@transaction.atomic
def use_code(key: str, *, purpose: str, now: datetime) -> OneTimeCode:
    """Use up a proved code and return it. Raises ``code.expired`` for any that is not fresh and proved."""
    row = _row(key, purpose)
    if (
        row is None
        or row.used_at
        or row.proved_at is None
        or row.proved_at < now - PROOF_HOLDS
        or not OneTimeCode.objects.filter(pk=row.pk, used_at=None).update(used_at=now)
    ):
        raise DomainError("code.expired", _("This code is not valid any more. Ask for a new one."))
    return row


def typed_code(code: str) -> str:
    """Return ``code`` in the form in which codes are compared: half width, capitals, nothing between.

    Chinese keyboards type full width; only ASCII letters and digits are left.
    """
    return "".join(c for c in fold(code).upper() if c.isascii() and c.isalnum())


@transaction.atomic
def forget_codes(now: datetime) -> int:
    """Delete codes nobody needs any more. Returns how many."""
    return OneTimeCode.objects.filter(made_at__lt=now - KEPT).delete()[0]


def _row(key: str, purpose: str) -> OneTimeCode | None:
    try:
        wanted = UUID(key)
    except (ValueError, TypeError, AttributeError):
        return None
    rows = OneTimeCode.objects.select_for_update().filter(pk=wanted, purpose=purpose)
    return rows.first()


def _not_too_many(phone: str, address: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        # Two requests for one phone at one moment are counted one after the other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"code:{phone}"])
    hour, day = timedelta(hours=1), timedelta(days=1)
    for field, who, limit, window in (
        ("phone", phone, 1, value("code.pause")),
        ("phone", phone, value("code.phone_an_hour"), hour),
        ("phone", phone, value("code.phone_a_day"), day),
        ("address", address[:64], value("code.address_an_hour"), hour),
    ):
        asked = OneTimeCode.objects.filter(**{field: who}, made_at__gt=now - window)
        times = list(asked.order_by("-made_at").values_list("made_at", flat=True)[:limit])
        if len(times) >= limit:
            raise DomainError(
                "code.too_many",
                _("Too many codes were asked for. Try again later."),
                retry_at=(times[-1] + window).isoformat(),
            )


def _words(purpose: str, account: User | None, code: str) -> str:
    # Only who holds the phone reads whether there is an account.
    if purpose == CodePurpose.JOIN:
        text = (
            _(
                "[Xiaoer] This phone already has an account. If it was you: code %(code)s shows you"
                " the way in, valid for 10 minutes. If not, ignore this."
            )
            if account
            else _("[Xiaoer] Your sign-up code is %(code)s, valid for 10 minutes. Tell nobody.")
        )
    else:
        text = (
            _(
                "[Xiaoer] Your code for a new password is %(code)s, valid for 10 minutes. Tell nobody."
            )
            if account
            else _(
                "[Xiaoer] A new password was asked for, but this phone has no account. If it was"
                " you: code %(code)s shows you how to sign up. If not, ignore this."
            )
        )
    return text % {"code": code}
