"""Arithmetic of days, working days and working hours; which days are worked arrives as a question."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

IsWorkday = Callable[[date], bool]
Interval = tuple[time, time]

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_YEAR, LAST_YEAR = 1990, 2099
"""Years that people mean: with others a slip of the hand, and arithmetic at the edge of the calendar."""
_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)
# No holiday is longer; a calendar without any working day must not hang whoever asks.
_LONGEST_REST = 400


def shanghai_day(moment: datetime) -> date:
    """Return the day in Shanghai in which ``moment`` lies."""
    return moment.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """Return the first moment of ``day`` in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def midnight_after(day: date) -> datetime:
    """Return the first moment after ``day`` in Shanghai."""
    return midnight(day + _DAY)


def last_day(end: datetime) -> date:
    """Return the last day in Shanghai of what ends at ``end``: at midnight it is the day before."""
    return shanghai_day(end - _MOMENT)


def is_in_bounds(*days: date | None) -> bool:
    """Tell whether days (or moments) lie in years that people mean; None is no day."""
    return all(FIRST_YEAR <= day.year <= LAST_YEAR for day in days if day is not None)


def next_workday(day: date, is_workday: IsWorkday) -> date:
    """Return the first working day after ``day``.

    Raises ``ValueError`` when there is none within 400 days.
    """
    return _workday_from(day, _DAY, is_workday)


def previous_workday(day: date, is_workday: IsWorkday) -> date:
    """Return the last working day before ``day``.

    Raises ``ValueError`` when there is none within 400 days.
    """
    return _workday_from(day, -_DAY, is_workday)


def add_workdays(day: date, count: int, is_workday: IsWorkday) -> date:
    """Return the ``count``-th working day after ``day``; before it when negative.

    The day itself is never counted: day 1 is the first working day after it. Zero gives ``day``.
    """
    for _ in range(abs(count)):
        day = _workday_from(day, _DAY if count > 0 else -_DAY, is_workday)
    return day


def workdays_between(start: date, end: date, is_workday: IsWorkday) -> int:
    """Return how many working days lie after ``start`` up to and including ``end``.

    The inverse of :func:`add_workdays` for an ``end`` that is worked; 0 when ``end`` is not later.
    """
    return sum(is_workday(start + _DAY * n) for n in range(1, (end - start).days + 1))


@dataclass(frozen=True)
class WorkingHours:
    """When work is done on a day, in the local time of ``zone``.

    ``workday`` holds for working days, ``day_off`` for the others (none, when nobody works then).
    An interval that ends at or before its start ends on the next day: ``(22:00, 06:00)`` is a
    night, ``(00:00, 00:00)`` a whole day. Intervals are in order and never overlap, not even the
    night of one day and the morning of the next; otherwise ``ValueError``.
    """

    workday: tuple[Interval, ...] = ((time(9), time(21)),)
    day_off: tuple[Interval, ...] = ()
    zone: ZoneInfo = SHANGHAI

    def __post_init__(self) -> None:
        if not self.workday and not self.day_off:
            raise ValueError("working hours need an interval")
        for today in (self.workday, self.day_off):
            spans = [_minutes(interval) for interval in today]
            # Behind the last interval comes tomorrow's first, whichever kind of day that is.
            tomorrow = min(
                (_minutes(day[0])[0] + 1440 for day in (self.workday, self.day_off) if day),
            )
            starts = [start for start, _end in spans[1:]] + [tomorrow]
            if any(end > start for (_start, end), start in zip(spans, starts, strict=False)):
                raise ValueError("intervals overlap or are out of order")

    def intervals_on(self, day: date, is_workday: IsWorkday) -> Iterator[tuple[datetime, datetime]]:
        """Yield the opening and closing moments (UTC) of the intervals that begin on ``day``."""
        for opens, closes in self.workday if is_workday(day) else self.day_off:
            last = day + _DAY if closes <= opens else day
            yield self._moment(day, opens), self._moment(last, closes)

    def intervals_from(
        self, moment: datetime, is_workday: IsWorkday
    ) -> Iterator[tuple[datetime, datetime]]:
        """Yield the intervals (UTC) that end after ``moment``, the first one cut to begin there.

        Raises ``ValueError`` when nothing opens within 400 days.
        """
        moment = moment.astimezone(UTC)
        # Yesterday's night may still be running.
        day = moment.astimezone(self.zone).date() - _DAY
        rest = 0
        while rest <= _LONGEST_REST:
            rest += 1
            for opens, closes in self.intervals_on(day, is_workday):
                if closes > moment:
                    rest = 0
                    yield max(opens, moment), closes
            day += _DAY
        raise ValueError("no working hours within 400 days")

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)


def is_working_time(moment: datetime, hours: WorkingHours, is_workday: IsWorkday) -> bool:
    """Answer whether work is done at ``moment`` (aware); closing time itself is not worked."""
    opens, _closes = next(hours.intervals_from(moment, is_workday))
    return opens == moment


def add_working_time(
    start: datetime, delta: timedelta, hours: WorkingHours, is_workday: IsWorkday
) -> datetime:
    """Return the moment (in the zone of ``hours``) when ``delta`` of working time has passed.

    ``start`` is aware. Time outside ``hours`` does not count; what ends exactly at closing time
    is due then, not at the next opening. Zero gives the first working moment at or after
    ``start``. Raises ``ValueError`` for a negative ``delta``.
    """
    if delta < timedelta(0):
        raise ValueError("working time cannot be negative")
    for opens, closes in hours.intervals_from(start, is_workday):
        if closes - opens >= delta:
            return (opens + delta).astimezone(hours.zone)
        delta -= closes - opens
    raise AssertionError("intervals_from ends only by raising")


def working_time_between(
    start: datetime, end: datetime, hours: WorkingHours, is_workday: IsWorkday
) -> timedelta:
    """Return how much working time lies between two aware moments; zero when ``end`` is earlier."""
    worked = timedelta(0)
    if end <= start:
        return worked
    for opens, closes in hours.intervals_from(start, is_workday):
        if opens >= end:
            break
        worked += min(closes, end) - opens
    return worked


def _workday_from(day: date, step: timedelta, is_workday: IsWorkday) -> date:
    for _ in range(_LONGEST_REST):
        day += step
        if is_workday(day):
            return day
    raise ValueError("no working day within 400 days")


def _minutes(interval: Interval) -> tuple[float, float]:
    start, end = (at.hour * 60 + at.minute + at.second / 60 for at in interval)
    return start, end if end > start else end + 1440
