"""Who has looked at whose data: for the member in words, for the doors as a yes or no."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import (
    AccessKind,
    Member,
    PersonalDataAccess,
    PersonalField,
    Role,
    User,
)
from common.cursors import as_uuid, decode_cursor, encode_cursor
from common.parameters import value

ACCESSES_ON_A_PAGE = 30
_WHY = {
    AccessKind.PAGE: gettext_lazy("To work on something of yours"),
    AccessKind.CONVERSATION: gettext_lazy("To check or help with the talk"),
    AccessKind.COPY: gettext_lazy("You asked for it"),
}


def reads_text(user: User, conversation: UUID, now: datetime) -> bool:
    """Tell whether ``user`` has revealed what was said in ``conversation`` a moment ago."""
    if not user.can("personal_data.reveal"):
        return False
    return PersonalDataAccess.objects.filter(
        actor=user,
        kind=AccessKind.REVEAL,
        field=PersonalField.TEXT,
        conversation=conversation,
        at__gt=now - value("personal_data.text_shown_for", now),
    ).exists()


@dataclass(frozen=True)
class AccessLine:
    """One look at a member's data, in the member's words."""

    id: UUID
    at: datetime
    who: str
    kind: str
    what: str
    why: str


@dataclass(frozen=True)
class AccessPage:
    """One page of looks, newest first; ``next_cursor`` is empty on the last one."""

    lines: list[AccessLine]
    next_cursor: str


def access_page(user: User, *, cursor: str = "", limit: int = ACCESSES_ON_A_PAGE) -> AccessPage:
    """Return who looked at the data of the member ``user``. Raises ``cursor.bad``.

    Role and team, never the private name of who looked, unless a parameter says so; the purpose
    they chose, never the reason they wrote for colleagues.
    """
    rows = PersonalDataAccess.objects.visible_to(user).filter(
        member__in=Member.objects.filter(user_id=user.pk).values("pk")
    )
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    found = list(rows.select_related("actor").order_by("-pk")[: limit + 1])
    page, more = found[:limit], len(found) > limit
    is_named = bool(value("personal_data.name_agents_to_members"))
    lines = [access_line(row, is_named=is_named) for row in page]
    return AccessPage(lines, encode_cursor([page[-1].pk]) if more else "")


def access_line(row: PersonalDataAccess, *, is_named: bool) -> AccessLine:
    """Put one look into the words of the member it concerns."""
    is_own = row.kind == AccessKind.COPY
    role = str(Role(row.actor_role).label) if row.actor_role in Role.values else ""
    who = _("you") if is_own else _("%(team)s, %(role)s") % {"team": row.actor_team, "role": role}
    if not is_own and not row.actor_team:
        who = role or _("the house")
    if is_named and not is_own:
        who = _("%(who)s (%(name)s)") % {"who": who, "name": row.actor.shown_name}
    what = row.get_field_display() if row.field else row.get_kind_display()
    why = row.get_purpose_display() if row.purpose else ""
    return AccessLine(
        row.pk, row.at, who, row.kind, what, str(why or _WHY.get(AccessKind(row.kind), ""))
    )
