"""How a bulletin goes on, and which points make a rank of credit. Pure."""

from collections.abc import Sequence

from merchants.ratings.rules import RANKS, STEPS_PER_RANK

DRAFT, WAITING, APPROVED = "draft", "waiting", "approved"
SENDING, STOPPED, SENT, DROPPED = "sending", "stopped", "sent", "dropped"

MOVES: dict[str, frozenset[str]] = {
    DRAFT: frozenset({WAITING, SENDING, DROPPED}),
    WAITING: frozenset({DRAFT, APPROVED, DROPPED}),
    APPROVED: frozenset({SENDING, DROPPED}),
    SENDING: frozenset({STOPPED, SENT}),
    STOPPED: frozenset({SENDING}),
    SENT: frozenset(),
    DROPPED: frozenset(),
}
BEGUN = frozenset({SENDING, STOPPED, SENT})
"""States in which the audience is frozen and shops are being told, or were."""

NORMAL, URGENT = "normal", "urgent"

OPEN, RESTRICTED, CLOSED = "open", "restricted", "closed"
SHOP_STATES = (OPEN, RESTRICTED, CLOSED)

NO_RANK = "none"
CREDIT = (NO_RANK, *RANKS)
"""Ranks of credit by which shops are chosen; the first is below all of them."""

UNKNOWN, MISFIT, NO_READER = "unknown", "misfit", "no_reader"
WHY_NOT = (UNKNOWN, CLOSED, NO_READER, MISFIT)
"""Why a shop is not told: no such number, closed, nobody who may read it, outside the rest."""


def may_move(state: str, to: str) -> bool:
    """Tell whether a bulletin may go from ``state`` to ``to``."""
    return to in MOVES[state]


def rank_points(rank: str, thresholds: Sequence[int]) -> tuple[int | None, int | None]:
    """Return from which points on and below which ones a shop is of ``rank``; None is no bound.

    ``thresholds`` are where levels begin, lowest first, five a rank; the last rank has no upper bound.
    A rank that no threshold reaches is of nobody: its bounds are the same.
    """
    place = CREDIT.index(rank) - 1
    if place < 0:
        return None, thresholds[0]
    first, beyond = place * STEPS_PER_RANK, (place + 1) * STEPS_PER_RANK
    if first >= len(thresholds):
        return 0, 0
    is_last = place == len(RANKS) - 1 or beyond >= len(thresholds)
    return thresholds[first], None if is_last else thresholds[beyond]
