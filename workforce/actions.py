"""What changes the roster: who is in a team, who is at the desk."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import tell_rights_changed
from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.push import push
from common.rights import require_right
from workforce.models import AgentStatus, Presence, Team, TeamMembership


@transaction.atomic
def join_team(team: Team, user: User, *, is_lead: bool = False, by: User | None) -> TeamMembership:
    """Put ``user`` into ``team`` (or change whether they lead it). Raises ``forbidden``."""
    require_right(by, "people.manage")
    membership, made = TeamMembership.objects.update_or_create(
        team=team, user=user, defaults={"is_lead": is_lead}
    )
    record(
        team,
        "team.joined" if made else "team.lead_set",
        by=by,
        after={"user": user.pk, "lead": is_lead},
    )
    tell_rights_changed(user)
    return membership


@transaction.atomic
def leave_team(team: Team, user: User, *, by: User | None) -> bool:
    """Take ``user`` out of ``team``; False when they were not in it. Raises ``forbidden``."""
    require_right(by, "people.manage")
    gone, _rows = TeamMembership.objects.filter(team=team, user=user).delete()
    if gone:
        record(team, "team.left", by=by, before={"user": user.pk})
        tell_rights_changed(user)
    return bool(gone)


@transaction.atomic
def set_presence(user: User, presence: str, *, by: User | None, reason: str = "") -> AgentStatus:
    """Say whether ``user`` takes conversations.

    Raises ``forbidden`` (somebody else's presence), ``presence.unknown``, ``presence.not_agent``.
    """
    if by != user:
        require_right(by, "tickets.reassign")
    if presence not in Presence.values:
        raise DomainError("presence.unknown", _("There is no such presence."))
    if not user.is_agent:
        raise DomainError("presence.not_agent", _("Only people at the desk have a presence."))
    AgentStatus.objects.get_or_create(user=user)
    status = AgentStatus.objects.select_for_update().get(user=user)
    if status.presence == presence:
        return status
    before, status.presence, status.since = status.presence, presence, timezone.now()
    status.save(update_fields=["presence", "since"])
    record(
        status,
        "presence.set",
        by=by,
        before={"presence": before},
        after={"presence": presence},
        reason=reason,
    )
    for team in user.teams.all():
        push(team.topic, "presence.set", user=user.public_key)
    return status
