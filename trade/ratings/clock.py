"""The clock grades what nobody rated in time: one day of trades after the other."""

from datetime import date, datetime, timedelta
from typing import Any

from common.deadlines import at_clock_start, deadline_handler, set_deadline
from common.models import Deadline
from common.rules import shanghai_day
from trade.ratings.defaults import closes_at, give_default_ratings

DUE = "ratings.default"
ALL = "orders"
FIRST_BACK = timedelta(days=16)
"""A new house begins with the trades whose time is just over; older ones are another system's."""


@deadline_handler(DUE)
def grade_a_day(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Grade the day that is due, and set the timer to the next one."""
    day = date.fromisoformat(payload["day"])
    give_default_ratings(day, now=now)
    _wait_for(day + timedelta(days=1))


@at_clock_start
def begin(now: datetime) -> None:
    """Set the timer once; from then on each day sets the next one's."""
    if not Deadline.objects.filter(kind=DUE, subject_id=ALL).exists():
        _wait_for(shanghai_day(now) - FIRST_BACK)


def _wait_for(day: date) -> None:
    set_deadline(DUE, ALL, closes_at(day), {"day": day.isoformat()})
