"""Which teams' conversations somebody may be given, by their skills."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from workforce.models import AgentSkill, Team, TeamSkill


def teams_served_by(user: User, at: datetime) -> QuerySet[Team]:
    """Return the teams of ``user`` whose skills they have, certified and at the level asked for.

    A partner's person serves the teams of that partner alone, while it is in use.
    """
    teams = Team.objects.filter(memberships__user=user).exclude(Exists(_missing(user, at)))
    return teams.of_partner_of(user) if user.is_partner_agent else teams


def is_skilled(user: User, team_id: int, at: datetime) -> bool:
    """Tell whether ``user`` has every skill that the team asks for."""
    return not _missing(user, at, team_id).exists()


def _missing(user: User, at: datetime, team_id: int | None = None) -> QuerySet[TeamSkill]:
    has = AgentSkill.objects.filter(
        Q(certified_until=None) | Q(certified_until__gte=timezone.localdate(at)),
        user=user,
        skill=OuterRef("skill"),
        level__gte=OuterRef("minimum"),
    )
    asked = TeamSkill.objects.filter(skill__is_active=True).exclude(Exists(has))
    return asked.filter(team=OuterRef("pk") if team_id is None else team_id)
