"""What changes people: roles, accounts, tiers."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, Role, SignInGuard, Tier, User
from accounts.signals import left_the_desk
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.push import push
from common.rights import require_right


@transaction.atomic
def set_roles(user: User, roles: list[str], *, by: User | None, reason: str) -> User:
    """Give ``user`` exactly ``roles``; open sockets lose what was withdrawn at once.

    Raises ``forbidden``, ``role.unknown`` and ``role.no_reason``. A second call with the same roles changes nothing.
    """
    require_right(by, "people.manage")
    unknown = set(roles) - set(Role.values)
    if unknown:
        raise DomainError("role.unknown", _("There is no such role."), roles=sorted(unknown))
    if not reason.strip():
        raise DomainError("role.no_reason", _("Write why the roles change."))
    user = User.objects.select_for_update().get(pk=user.pk)
    wanted = [role for role in Role.values if role in roles]
    if wanted == user.roles:
        return user
    answered, before = user.is_agent, user.roles
    user.roles = wanted
    user.save(update_fields=["roles"])
    if answered and not user.is_agent:
        left_the_desk.send(User, user=user)
    record(
        user,
        "person.roles_set",
        by=by,
        before={"roles": before},
        after={"roles": wanted},
        reason=reason,
    )
    push(user_topic(user), "rights.changed", user=user.pk)
    return user


@transaction.atomic
def close_account(user: User, *, by: User | None, reason: str) -> User:
    """Forbid sign-in; open sessions and sockets end. A second call changes nothing."""
    return _set_active(user, False, "person.closed", by=by, reason=reason)


@transaction.atomic
def reopen_account(user: User, *, by: User | None, reason: str) -> User:
    """Allow sign-in again. A second call changes nothing."""
    return _set_active(user, True, "person.reopened", by=by, reason=reason)


@transaction.atomic
def set_tier(member: Member, tier: str, *, by: User | None, reason: str) -> Member:
    """Put ``member`` into ``tier``. Raises ``forbidden``, ``tier.unknown``; the same tier again changes nothing."""
    require_right(by, "people.manage")
    if tier not in Tier.values:
        raise DomainError("tier.unknown", _("There is no such tier."))
    member = Member.objects.select_for_update().get(pk=member.pk)
    if member.tier == tier:
        return member
    before, member.tier = member.tier, tier
    member.save(update_fields=["tier"])
    record(
        member,
        "member.tier_set",
        by=by,
        before={"tier": before},
        after={"tier": tier},
        reason=reason,
    )
    return member


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
    _end_sessions(user)
    record(user, "person.password_set", by=by, reason=reason)
    return user


@transaction.atomic
def reveal_phone(member: Member, *, by: User | None, reason: str) -> str:
    """Return a member's whole phone number and write down who looked and why.

    Raises ``forbidden``, ``personal_data.no_reason``.
    """
    require_right(by, "personal_data.see")
    if not reason.strip():
        raise DomainError("personal_data.no_reason", _("Write why."))
    record(member, "personal_data.revealed", by=by, after={"field": "phone"}, reason=reason)
    return member.phone


@transaction.atomic
def leave(user: User) -> None:
    """Have the person's sockets ask again who is there: those of an ended session close."""
    push(user_topic(user), "rights.changed", user=user.pk)


def user_topic(user: User) -> str:
    """Return the bus topic of one person."""
    return f"user.{user.pk}"


def _set_active(user: User, active: bool, event: str, *, by: User | None, reason: str) -> User:
    require_right(by, "people.manage")
    if not reason.strip():
        raise DomainError("person.no_reason", _("Write why."))
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active == active:
        return user
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        _end_sessions(user)
        if user.is_agent:
            left_the_desk.send(User, user=user)
    record(
        user,
        event,
        by=by,
        before={"is_active": not active},
        after={"is_active": active},
        reason=reason,
    )
    push(user_topic(user), "rights.changed", user=user.pk)
    return user


def _end_sessions(user: User) -> None:
    # The session table has no column for the person; closing an account is rare, so the scan of
    # unexpired rows is paid here and not on every request.
    doomed = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(pk__in=doomed).delete()


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


@transaction.atomic
def set_language(user: User, language: str, *, by: User | None) -> User:
    """Show the house to ``user`` in ``language``. Raises ``language.unknown``."""
    if by != user:
        require_right(by, "people.manage")
    if language not in dict(settings.LANGUAGES):
        raise DomainError("language.unknown", _("The house does not speak this language."))
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.language == language:
        return user
    before, user.language = user.language, language
    user.save(update_fields=["language"])
    record(
        user,
        "person.language_set",
        by=by,
        before={"language": before},
        after={"language": language},
    )
    return user


def _as_typed(account: str) -> str:
    return account.strip().casefold()[:64]
