"""Arithmetic of the queue and the moves a conversation can make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

WAITING, OPEN, RESOLVED, CLOSED = "waiting", "open", "resolved", "closed"

MOVES: dict[str, frozenset[str]] = {
    "accept": frozenset({WAITING}),
    "transfer": frozenset({WAITING, OPEN}),
    "take_over": frozenset({OPEN}),
    "resolve": frozenset({OPEN}),
    "reopen": frozenset({RESOLVED}),
    "close": frozenset({RESOLVED}),
}
"""The states from which each verb may start."""

LIVE = frozenset({WAITING, OPEN})
DONE = frozenset({RESOLVED, CLOSED})

SHORTEST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=4)


@dataclass(frozen=True)
class Accepted:
    """One acceptance of the queue: when the requester asked and when somebody came."""

    opened_at: datetime
    accepted_at: datetime


def may(verb: str, state: str) -> bool:
    """Tell whether ``verb`` may start from ``state``."""
    return state in MOVES[verb]


def pace(recent: Sequence[Accepted], usual: timedelta) -> timedelta:
    """Return how long one place in the queue lasts.

    The mean gap between the ``recent`` acceptances, but never more than the median wait of the
    same people: whoever waited passed at least one place, and the gaps of a quiet hour say
    nothing about the next one. With fewer than three acceptances, ``usual``.
    """
    if len(recent) < 3:
        return usual
    moments = sorted(one.accepted_at for one in recent)
    gap = (moments[-1] - moments[0]) / (len(moments) - 1)
    waited = timedelta(seconds=median(_waited(one) for one in recent))
    return min(gap, waited)


def expected_wait(position: int, recent: Sequence[Accepted], usual: timedelta) -> timedelta:
    """Return how long the person at ``position`` (1 is next) will still wait, in whole seconds.

    Between 5 seconds and 4 hours: nearer or farther nobody can say.
    """
    wait = position * pace(recent, usual)
    return timedelta(seconds=round(min(max(wait, SHORTEST_WAIT), LONGEST_WAIT).total_seconds()))


def _waited(one: Accepted) -> float:
    return max((one.accepted_at - one.opened_at).total_seconds(), 0.0)
