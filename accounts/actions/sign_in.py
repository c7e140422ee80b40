"""What signing in leaves behind: passwords, and counts of wrong ones."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.sessions import end_sessions
from accounts.models import SignInGuard, User
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right


@transaction.atomic
def set_password(user: User, password: str, *, by: User | None, reason: str) -> User:
    """Give ``user`` a new password; open sessions end. Raises ``forbidden``, ``person.no_reason``.

    The history tells that it happened and why, never the password.
    """
    if by != user:
        require_right(by, "people.set_password")
    if not reason.strip():
        raise DomainError("person.no_reason", _("Write why."))
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user)
    record(user, "person.password_set", by=by, reason=reason)
    return user


@transaction.atomic
def count_wrong_password(account: str, *, address: str, now: datetime) -> int:
    """Count one wrong password and return how many tries are left at ``address``, 0 when locked now.

    Counts by the name as typed, whether or not such a person exists, so that the answer tells
    nothing about who exists. Nobody's action, hence no ``by``.
    """
    left = 0
    # Names nobody has tried for a day are forgotten: guessers must not fill the table.
    SignInGuard.objects.filter(failed_at__lt=now - timedelta(days=1)).delete()
    for where, limit in (
        (address, value("sign_in.tries")),
        ("", value("sign_in.tries_anywhere")),
    ):
        guard, _made = SignInGuard.objects.get_or_create(account=_as_typed(account), address=where)
        guard = SignInGuard.objects.select_for_update().get(pk=guard.pk)
        stale = guard.failed_at < now - value("sign_in.lock")
        guard.failures = 1 if stale else guard.failures + 1
        guard.failed_at = now
        if guard.failures >= limit:
            guard.locked_until, guard.failures = now + value("sign_in.lock"), 0
        guard.save(update_fields=["failures", "failed_at", "locked_until"])
        if where == address:
            left = limit - guard.failures if guard.failures else 0
    return left


@transaction.atomic
def forget_wrong_passwords(account: str, *, address: str) -> None:
    """Start counting anew after a right password; other addresses keep their count."""
    SignInGuard.objects.filter(account=_as_typed(account), address__in=[address, ""]).delete()


@transaction.atomic
def lift_sign_in_lock(user: User, *, by: User, reason: str) -> int:
    """Let ``user`` try again at once after too many wrong passwords; returns how many locks went.

    Raises ``forbidden``, ``person.no_reason``. A second call lifts nothing.
    """
    require_right(by, "people.manage")
    if not reason.strip():
        raise DomainError("person.no_reason", _("Write why."))
    names = {_as_typed(name) for name in (user.username, user.phone) if name}
    guards = SignInGuard.objects.select_for_update().filter(account__in=names).order_by("pk")
    until = [guard.locked_until for guard in guards if guard.locked_until]
    lifted, _by_model = guards.delete()
    if lifted:
        record(
            user,
            "person.unlocked",
            by=by,
            before={"locked_until": max(until) if until else None},
            reason=reason,
        )
    return lifted


def _as_typed(account: str) -> str:
    return account.strip().casefold()[:64]
