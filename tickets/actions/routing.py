"""Which queue takes a new conversation, at which place, and who is told: by how the member is served."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify
from accounts.models import Member, User
from apass.membership.queries import who_looks_after
from apass.queries import served_with
from common.errors import DomainError
from common.parameters import value
from tickets.actions.limits import restricted_team
from tickets.models import Conversation
from workforce.models import Team
from workforce.queries import teams_served_by


@dataclass(frozen=True)
class Route:
    """Where a conversation waits. ``manager`` looks after the member and is told."""

    team: Team
    priority: int
    manager: User | None


def route(member: Member, asked: Team | None, *, is_limited: bool, now: datetime) -> Route:
    """Return where a new conversation of ``member`` waits.

    Who is limited waits apart. Else the team that was ``asked`` for, the one in which whoever looks
    after the member answers, the service package's, the default one. Raises ``team.none``.
    """
    served = served_with(member, now)
    if is_limited:
        return Route(restricted_team(now), served.priority, None)
    manager = who_looks_after(member, now)
    team = asked or _team_of(manager, served.team_code, now) or _team(served.team_code)
    if team is None:
        raise DomainError("team.none", _("No team takes conversations at the moment."))
    return Route(team, served.priority, manager)


def tell_manager(conversation: Conversation, manager: User | None, *, now: datetime) -> None:
    """Tell who looks after the member that they are waiting."""
    if manager is None or conversation.member is None:
        return
    notify(
        manager,
        "apass.care",
        title=_("%(member)s, whom you look after, is waiting"),
        words={"member": conversation.member.member_no},
        url=reverse("desk"),
        subject=conversation,
        dedupe="opened",
        now=now,
    )


def _team_of(manager: User | None, preferred: str, now: datetime) -> Team | None:
    """Return the team in which ``manager`` answers: the ``preferred`` one where they are in it."""
    if manager is None:
        return None
    apart = value("harassment.team", now)
    teams = [one for one in teams_served_by(manager, now) if one.code != apart]
    return min(
        teams, key=lambda one: (one.code != preferred, not one.is_default, one.pk), default=None
    )


def _team(code: str) -> Team | None:
    """Return the team of ``code`` while it is in use, else the default one."""
    teams = Team.objects.filter(is_active=True)
    named = teams.filter(code=code).first() if code else None
    return named or teams.filter(is_default=True).first()
