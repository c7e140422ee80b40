"""Codes of an app on the phone (TOTP, RFC 6238), and the recovery codes for when it is lost."""

import hmac
import secrets
from datetime import datetime

import pyotp
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_oneself
from accounts.actions.codes import typed_code
from accounts.actions.devices import end_weak_devices
from accounts.actions.sessions import end_sessions
from accounts.models import Ended, Method, RecoveryCode, Totp, User
from accounts.queries import must_have_second_step
from common.errors import DomainError
from common.history import record
from common.sealing import fingerprint, is_fingerprint_of, seal, unseal

ISSUER = "小二 Xiaoer"
STEP_SECONDS = 30
RECOVERY_CODES = 10
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that reads like something else
_SECRET, _RECOVERY = "totp", "recovery"


@transaction.atomic
def begin_code_app(user: User, *, by: User | None, now: datetime) -> str:
    """Make a secret for a new code app and return it; nothing counts until a code confirms it.

    Raises ``forbidden``, and ``code_app.there`` when one is already set up.
    """
    require_oneself(user, by)
    user = User.objects.select_for_update().get(pk=user.pk)
    if Totp.objects.filter(user=user, confirmed_at__isnull=False).exists():
        raise DomainError("code_app.there", _("A code app is set up already. Remove it first."))
    secret = pyotp.random_base32()
    Totp.objects.update_or_create(
        user=user,
        defaults={
            "sealed_secret": seal(secret, purpose=_SECRET),
            "last_step": 0,
            "made_at": now,
            "confirmed_at": None,
        },
    )
    return secret


@transaction.atomic
def confirm_code_app(
    user: User, code: str, *, by: User | None, now: datetime, keep: str = ""
) -> list[str]:
    """Turn the new code app on with its first code; return recovery codes when there were none.

    Other sign-ins end as :func:`sign_out_elsewhere` says, but for the session ``keep``.
    Raises ``forbidden``, ``code_app.missing``, ``second_step.wrong``.
    """
    require_oneself(user, by)
    user = User.objects.select_for_update().get(pk=user.pk)
    totp = Totp.objects.filter(user=user, confirmed_at=None).first()
    if totp is None:
        raise DomainError("code_app.missing", _("Begin anew: the code app was not being set up."))
    if not _spend_totp(totp, typed_code(code), now=now):
        raise DomainError(
            "second_step.wrong", _("This code does not fit. Check the time of the phone.")
        )
    Totp.objects.filter(pk=totp.pk).update(confirmed_at=now)
    record(user, "person.code_app_set", by=by)
    sign_out_elsewhere(user, keep=keep, by=by, now=now)
    return recovery_codes_if_none(user)


@transaction.atomic
def remove_code_app(user: User, *, by: User | None) -> bool:
    """Remove the code app, and the recovery codes when no passkey is left.

    Raises ``forbidden``, and ``second_step.last`` when the person must have a second step.
    """
    require_oneself(user, by)
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.passkeys.exists():
        may_go_without(user)
    removed, _by_model = Totp.objects.filter(user=user, confirmed_at__isnull=False).delete()
    if removed:
        record(user, "person.code_app_removed", by=by)
        drop_idle_recovery_codes(user)
    return bool(removed)


@transaction.atomic
def renew_recovery_codes(user: User, *, by: User | None) -> list[str]:
    """Replace the recovery codes and return the ten new ones, once. Raises ``forbidden``."""
    require_oneself(user, by)
    codes = _make_recovery_codes(user)
    record(user, "person.recovery_codes_made", by=by)
    return codes


def may_go_without(user: User) -> None:
    """Raise ``second_step.last`` when somebody with these roles must keep a second step."""
    if must_have_second_step(user):
        raise DomainError(
            "second_step.last",
            _("Your roles need a second step. Set up another one, then remove this."),
        )


def sign_out_elsewhere(user: User, *, keep: str, by: User | None, now: datetime) -> None:
    """End what began before a new second step: every session but ``keep``, apps in by less.

    Whoever had only the password is out, and comes in again by both. Inside a transaction.
    """
    end_sessions(user, keep=keep, why=Ended.SECOND_STEP)
    end_weak_devices(user, by=by, now=now)


def recovery_codes_if_none(user: User) -> list[str]:
    """Return ten new recovery codes, or nothing when the person has some. Inside a transaction."""
    if RecoveryCode.objects.filter(user=user, used_at=None).exists():
        return []
    return _make_recovery_codes(user)


def drop_idle_recovery_codes(user: User) -> None:
    """Delete recovery codes of somebody who has no second step left. Inside a transaction."""
    has_app = Totp.objects.filter(user=user, confirmed_at__isnull=False).exists()
    if not has_app and not user.passkeys.exists():
        RecoveryCode.objects.filter(user=user).delete()


@transaction.atomic
def spend_code(user: User, code: str, *, now: datetime) -> str | None:
    """Use up a code of the app or a recovery code; return how it counts, None when it does not fit."""
    typed = typed_code(code)
    if typed.isdigit() and len(typed) == 6:
        totp = Totp.objects.filter(user=user, confirmed_at__isnull=False).first()
        return Method.TOTP if totp and _spend_totp(totp, typed, now=now) else None
    return Method.RECOVERY if _spend_recovery(user, typed, now=now) else None


def setup_uri(user: User, secret: str) -> str:
    """Return the ``otpauth://`` address that a code app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)


def secret_being_set_up(user: User) -> str:
    """Return the secret of a code app that waits for its first code, or nothing."""
    totp = Totp.objects.filter(user=user, confirmed_at=None).first()
    return unseal(totp.sealed_secret, purpose=_SECRET) if totp else ""


def _spend_totp(totp: Totp, typed: str, *, now: datetime) -> bool:
    generator = pyotp.TOTP(unseal(totp.sealed_secret, purpose=_SECRET))
    step = int(now.timestamp()) // STEP_SECONDS
    # One step either way: phones' clocks are not ours.
    fitting = [
        near
        for near in (step - 1, step, step + 1)
        if hmac.compare_digest(generator.generate_otp(near), typed)
    ]
    return any(
        Totp.objects.filter(pk=totp.pk, last_step__lt=near).update(last_step=near)
        for near in fitting
    )


def _spend_recovery(user: User, typed: str, *, now: datetime) -> bool:
    unused = RecoveryCode.objects.filter(user=user, used_at=None)
    fitting = [row.pk for row in unused if is_fingerprint_of(typed, row.digest, purpose=_RECOVERY)]
    if not fitting or not unused.filter(pk__in=fitting).update(used_at=now):
        return False
    left = RecoveryCode.objects.filter(user=user, used_at=None).count()
    record(user, "person.recovery_code_used", by=user, after={"left": left})
    return True


def _make_recovery_codes(user: User) -> list[str]:
    codes = ["".join(secrets.choice(_LETTERS) for _n in range(12)) for _m in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=fingerprint(code, purpose=_RECOVERY)) for code in codes
    )
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]
