"""What changes people: roles, accounts, language."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.actions.asking import require_reason
from accounts.actions.devices import end_devices
from accounts.actions.sessions import end_sessions, tell_rights_changed
from accounts.models import DeviceEnd, Ended, Role, User
from accounts.signals import left_the_desk
from common.errors import DomainError
from common.history import record
from common.rights import require_right


@transaction.atomic
def set_roles(user: User, roles: list[str], *, by: User | None, reason: str) -> User:
    """Give ``user`` exactly ``roles``; sessions, apps, tokens and sockets end, with the old rights in them.

    Raises ``forbidden``, ``role.unknown``, ``role.partner_only`` and ``role.no_reason``. A second
    call with the same roles changes nothing.
    """
    require_right(by, "people.manage")
    unknown = set(roles) - set(Role.values)
    if unknown:
        raise DomainError("role.unknown", _("There is no such role."), roles=sorted(unknown))
    if Role.PARTNER_AGENT in roles and not rules.BESIDE_PARTNER.issuperset(roles):
        raise DomainError(
            "role.partner_only",
            _("A partner's agent has no role of the house; a member or merchant they may be."),
        )
    require_reason(reason, code="role.no_reason", message=_("Write why the roles change."))
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
    end_sessions(user, why=Ended.ROLES)
    end_devices(user, why=DeviceEnd.ROLES, by=by)
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
def end_all_sessions(user: User, *, by: User | None, reason: str) -> int:
    """End every session, device and token of ``user`` for operations; return how many ended.

    Raises ``forbidden``, ``person.no_reason``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    ended = end_sessions(user, why=Ended.BY_OPERATIONS)
    ended += end_devices(user, why=DeviceEnd.ENDED, by=by)
    record(user, "person.sessions_ended", by=by, after={"count": ended}, reason=reason)
    return ended


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


@transaction.atomic
def leave(user: User) -> None:
    """Have the person's sockets ask again who is there: those of an ended session close."""
    tell_rights_changed(user)


def _set_active(user: User, active: bool, event: str, *, by: User | None, reason: str) -> User:
    require_right(by, "people.manage")
    require_reason(reason)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active == active:
        return user
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        end_sessions(user, why=Ended.CLOSED)
        end_devices(user, why=DeviceEnd.CLOSED, by=by)
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
    tell_rights_changed(user)
    return user
