"""How many talks people carry, and how long they stood how."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import User
from common.parameters import value
from workforce import rules
from workforce.models import AgentStatus, PresenceSpan
from workforce.rules import Capacities


def capacities(at: datetime | None = None) -> Capacities:
    """Return how many conversations at once each level carries."""
    by_level = tuple(value(f"agents.capacity_{level}", at) for level in rules.LEVELS)
    return Capacities(by_level, value("agents.capacity_max", at))


def minutes_of(user: User, since: datetime, now: datetime) -> dict[str, int]:
    """Return whole minutes by presence since ``since``, the present one until ``now``."""
    spans = list(
        PresenceSpan.objects.filter(Q(ended_at=None) | Q(ended_at__gt=since), user=user)
        .filter(began_at__lt=now)
        .values_list("presence", "began_at", "ended_at")
    )
    if not any(ended is None for _presence, _began, ended in spans):
        # Who has not moved since spans are kept stands as the status says.
        status = AgentStatus.objects.filter(user=user).first()
        spans += [(status.presence, status.since, None)] if status else []
    times: dict[str, timedelta] = defaultdict(timedelta)
    for presence, began, ended in spans:
        times[presence] += max(min(ended or now, now) - max(began, since), timedelta(0))
    return {presence: int(time.total_seconds() // 60) for presence, time in times.items()}
