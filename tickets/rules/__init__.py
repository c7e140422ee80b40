"""Arithmetic of conversations: the queue, the moves, and what follows harassment."""

from tickets.rules.conversations import (
    CLOSED,
    DONE,
    LIVE,
    LONGEST_WAIT,
    MOVES,
    OPEN,
    RESOLVED,
    SHORTEST_WAIT,
    WAITING,
    Accepted,
    expected_wait,
    may,
    pace,
)

__all__ = [
    "CLOSED",
    "DONE",
    "LIVE",
    "LONGEST_WAIT",
    "MOVES",
    "OPEN",
    "RESOLVED",
    "SHORTEST_WAIT",
    "WAITING",
    "Accepted",
    "expected_wait",
    "may",
    "pace",
]
