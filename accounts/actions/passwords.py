"""New passwords: every way of setting one ends with the same act, and leaves no other way open."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_oneself, require_reason
from accounts.actions.devices import end_devices
from accounts.actions.sessions import end_sessions
from accounts.models import DeviceEnd, Ended, Invitation, User
from accounts.passwords import check_rules
from common.history import record
from common.rights import require_right


def give_password(user: User, password: str, *, by: User | None, keep: str = "") -> None:
    """Give the locked ``user`` a new password; sessions, apps, tokens and open invitations end.

    Part of other actions, which have asked whether ``by`` may and write the history. ``keep`` is the
    key of the session that goes on. Raises ``password.weak`` before anything is changed.
    """
    check_rules(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    # A link still under way would set the password once more, for whoever holds it.
    Invitation.objects.filter(user=user, used_at=None).delete()
    end_sessions(user, keep=keep, why=Ended.PASSWORD)
    end_devices(user, why=DeviceEnd.PASSWORD, by=by)


@transaction.atomic
def set_password(
    user: User, password: str, *, by: User | None, reason: str, keep: str = ""
) -> User:
    """Give ``user`` a new password; open sessions, apps, tokens and invitations end.

    ``keep`` is the key of the session in which people change their own. The history tells that it
    happened and why, never the password. Raises ``forbidden``, ``person.no_reason``,
    ``password.weak``.
    """
    if by != user:
        require_right(by, "people.set_password")
    require_reason(reason)
    user = User.objects.select_for_update().get(pk=user.pk)
    give_password(user, password, by=by, keep=keep)
    record(user, "person.password_set", by=by, reason=reason)
    return user


@transaction.atomic
def change_password(user: User, password: str, *, by: User | None, keep: str) -> User:
    """Change one's own password; every session ends but the one with the key ``keep``.

    Raises ``forbidden`` and ``password.weak``. The door has asked for the present one.
    """
    require_oneself(user, by)
    return set_password(user, password, by=by, reason=str(_("changed by the person")), keep=keep)
