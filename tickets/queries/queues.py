"""Where somebody stands in a queue, and how long it will still take."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from common.parameters import value
from tickets import rules
from tickets.models import Conversation, State
from tickets.queries.conversations import before

RECENT = timedelta(minutes=30)
RECENT_COUNT = 20


@dataclass(frozen=True)
class Place:
    """A place in a queue: 1 is next; ``wait_seconds`` is what is still to be expected."""

    position: int
    wait_seconds: int


def place_in_queue(conversation: Conversation, now: datetime) -> Place | None:
    """Return the conversation's place in its team's queue at ``now``; None when it does not wait."""
    if conversation.state != State.WAITING or conversation.queued_at is None:
        return None
    ahead = Conversation.objects.filter(
        before(conversation.priority, conversation.queued_at, conversation.pk),
        team_id=conversation.team_id,
        state=State.WAITING,
    ).count()
    wait = rules.expected_wait(
        ahead + 1, recent_acceptances(conversation.team_id, now), value("queue.usual_wait")
    )
    return Place(ahead + 1, int(wait.total_seconds()))


def recent_acceptances(team_id: int, now: datetime) -> list[rules.Accepted]:
    """Return the team's last acceptances (at most 20, of the last half hour), newest first.

    Who came back after having been resolved or handed on is left out: they did not wait since
    they opened.
    """
    rows = Conversation.objects.filter(
        team_id=team_id, accepted_at__gt=now - RECENT, accepted_at__lte=now, reopened_count=0
    ).order_by("-accepted_at")
    return [
        rules.Accepted(opened_at, accepted_at)
        for opened_at, accepted_at in rows.values_list("opened_at", "accepted_at")[:RECENT_COUNT]
        if accepted_at is not None
    ]
