"""Conversations of the cast, made in a given state."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Member, Role, User
from tests.conftest import at_the_desk, person
from tickets.models import Conversation, State
from workforce.actions import join_partner
from workforce.models import Team


def waiting(member: Member, team: Team, *, minutes: float = 2, **fields) -> Conversation:
    """Make a conversation that has been waiting for ``minutes``."""
    since = timezone.now() - timedelta(minutes=minutes)
    return Conversation.objects.create(
        **{
            "member": member,
            "team": team,
            "state": State.WAITING,
            "opened_at": since,
            "queued_at": since,
            "waiting_since": since,
        }
        | fields
    )


def answered(member: Member, team: Team, owner: User, **fields) -> Conversation:
    """Make a conversation that ``owner`` answers."""
    now = timezone.now()
    return Conversation.objects.create(
        **{
            "member": member,
            "team": team,
            "state": State.OPEN,
            "owner": owner,
            "first_owner": owner,
            "opened_at": now,
            "accepted_at": now,
            "waiting_since": now,
        }
        | fields
    )


def of_partner(name: str, team: Team, ops: User) -> User:
    """Make someone who answers in a service partner's ``team``."""
    user = person(name, name, Role.PARTNER_AGENT)
    join_partner(team.partner, user, by=ops, reason="入驻")
    return at_the_desk(user, team)
