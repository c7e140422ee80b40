"""Rules of trade: until when a thing goes back without a reason."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from common.rules import SHANGHAI

OPEN, NOT_SIGNED, EXCLUDED, OVER, CLOSED = "open", "not_signed", "excluded", "over", "closed"


@dataclass(frozen=True)
class ReturnWindow:
    """Whether a thing goes back without a reason. ``until`` is the first moment it no longer does.

    ``reason`` is ``open``, ``not_signed``, ``excluded``, ``over`` or ``closed``. ``days`` it will last
    is said while it has not begun.
    """

    reason: str
    until: datetime | None = None
    days: int = 0

    @property
    def is_open(self) -> bool:
        """Tell whether it still goes back."""
        return self.reason == OPEN


def return_window(
    *,
    signed_at: datetime | None,
    category: str,
    is_closed: bool,
    at: datetime,
    days: int,
    excluded: Collection[str],
) -> ReturnWindow:
    """Return the no-reason window at ``at`` (Consumer Rights Law 25: seven days from signing).

    Day 1 is the day after the one of signing, in Shanghai; the last moment is day ``days``
    23:59:59. What is excluded by its category has none.
    """
    if is_closed:
        return ReturnWindow(CLOSED)
    if category in excluded:
        return ReturnWindow(EXCLUDED)
    if signed_at is None:
        return ReturnWindow(NOT_SIGNED, days=days)
    day = signed_at.astimezone(SHANGHAI).date() + timedelta(days=days + 1)
    until = datetime.combine(day, time(), SHANGHAI)
    return ReturnWindow(OPEN if at < until else OVER, until)


SUCCEEDED = frozenset({"signed", "finished"})
"""States of an order whose trade has succeeded: the buyer has the thing."""


def succeeded_at(
    status: str, signed_at: datetime | None, closed_at: datetime | None, paid_at: datetime
) -> datetime | None:
    """Return when the trade of an order succeeded; None while it has not, or never will.

    When it was received; where nobody wrote that down, when it was closed, else when it was paid.
    """
    if status not in SUCCEEDED:
        return None
    return signed_at or closed_at or paid_at
