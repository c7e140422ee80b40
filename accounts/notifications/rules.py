"""Quiet hours and second tries: arithmetic, provable by a table."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""How long to wait after the first, second … try that failed."""
MOST_TRIES = len(PAUSES) + 1


@dataclass(frozen=True)
class QuietHours:
    """The hours in which only urgent things leave the house, in the local time of ``zone``.

    ``days`` are the weekdays on which they begin, Monday 0. ``until`` not after ``start`` means the
    next morning; both the same means the whole day round. The first minute is quiet, the last one
    (``until`` itself) is not.
    """

    start: time
    until: time
    days: frozenset[int]
    zone: ZoneInfo

    def end_at(self, now: datetime) -> datetime | None:
        """Return when the quiet around ``now`` ends, in ``zone``; None when it is not quiet.

        Quiet periods that touch are one: a whole quiet week has no end within eight days, and then
        the end of the eighth is returned.
        """
        end: datetime | None = None
        moment = now
        for _again in range(9):
            following = self._end_around(moment)
            if following is None or (end is not None and following <= end):
                break
            end = moment = following
        return end

    def _end_around(self, now: datetime) -> datetime | None:
        local = now.astimezone(self.zone)
        # Yesterday's may still run.
        ends = [
            self._at(day, self.until, over=self.until <= self.start)
            for day in (local.date() - timedelta(days=1), local.date())
            if day.weekday() in self.days and self._at(day, self.start) <= now
        ]
        return max((end for end in ends if end > now), default=None)

    def _at(self, day: date, clock: time, *, over: bool = False) -> datetime:
        return datetime.combine(day + timedelta(days=1) if over else day, clock, self.zone)


def pause_after(attempts: int, *, jitter: float = 0.5) -> timedelta | None:
    """Return how long to wait after ``attempts`` tries that failed; None when it was enough.

    ``jitter`` 0–1 moves the pause between 80 % and 120 %, so that what failed together does not
    come back together.
    """
    if not 1 <= attempts <= len(PAUSES):
        return None
    return PAUSES[attempts - 1] * (0.8 + 0.4 * jitter)
