"""When a team is open: pure arithmetic of weekly hours, public holidays, make-up days and exceptions.

Which days are special arrives as a question (``day_of``), so that nothing here knows a table.
"""

import bisect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from common.rules import SHANGHAI

MINUTES_A_DAY = 1440
HOLIDAY, MAKE_UP = 7, 8
"""The two days beside Monday (0) to Sunday (6) that have hours of their own."""

DAYS = range(9)
_DAY = timedelta(days=1)
# No team is closed for longer and still in use; arithmetic must not hang on one that never opens.
_LONGEST_REST = 400

Interval = tuple[int, int]
Span = tuple[datetime, datetime]
DayOf = Callable[[date], int]


def by_weekday(day: date) -> int:
    """Return which hours ``day`` has where no holiday is kept: those of its weekday."""
    return day.weekday()


@dataclass(frozen=True)
class Hours:
    """The hours of a team, in the local time of ``zone``.

    ``week`` has the intervals of each of :data:`DAYS`, as minutes from the midnight the day begins
    with; one that ends after 1440 goes on past midnight. ``day_of`` tells which of them a date has.
    ``openings`` add to that, ``closures`` take away, and where both are, it is closed.
    """

    week: Mapping[int, tuple[Interval, ...]]
    openings: tuple[Span, ...] = ()
    closures: tuple[Span, ...] = ()
    day_of: DayOf = field(default=by_weekday, compare=False)
    zone: ZoneInfo = SHANGHAI

    def open_spans(self, start: datetime, end: datetime) -> list[Span]:
        """Return when it is open between two aware moments (UTC), in order, touching spans joined."""
        if end <= start:
            return []
        first = start.astimezone(self.zone).date() - _DAY  # yesterday's night may still be running
        last = end.astimezone(self.zone).date()
        found = [
            self._span(day, interval)
            for day in (first + _DAY * n for n in range((last - first).days + 1))
            for interval in self.week.get(self.day_of(day), ())
        ]
        joined = _joined([*found, *map(_utc, self.openings)])
        kept = _without(joined, _joined(map(_utc, self.closures)))
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        return [(max(a, start), min(b, end)) for a, b in kept if b > start and a < end]

    def is_open(self, at: datetime) -> bool:
        """Tell whether it is open at ``at``: from the opening on, no longer at the closing."""
        return bool(self.open_spans(at, at + timedelta(microseconds=1)))

    def next_opening(self, at: datetime) -> datetime | None:
        """Return the first open moment at or after ``at``; None when nothing opens within 400 days."""
        return next((opens for opens, _closes in self._spans_from(at)), None)

    def next_closing(self, at: datetime) -> datetime | None:
        """Return when it closes that is open at ``at``; None when it is closed, or never closes."""
        if not self.is_open(at):
            return None
        start = closes = at.astimezone(UTC)
        for opens, until in self._spans_from(at):
            if opens != closes:
                break
            closes = until
            if closes >= start + _DAY * _LONGEST_REST:  # open day and night
                return None
        return closes

    def add_open_time(self, start: datetime, target: timedelta) -> datetime:
        """Return the moment when ``target`` of open time has passed since ``start``, in ``zone``.

        What ends exactly at closing time is due then, not at the next opening. Zero gives the first
        open moment at or after ``start``. Raises ``ValueError`` for a negative target, and when it
        does not open long enough within 400 days of being closed.
        """
        if target < timedelta(0):
            raise ValueError("open time cannot be negative")
        for opens, closes in self._spans_from(start):
            if closes - opens >= target:
                return (opens + target).astimezone(self.zone)
            target -= closes - opens
        raise ValueError("it does not open within 400 days")

    def open_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much of the time between two aware moments it is open."""
        spans = self.open_spans(start, end)
        return sum((closes - opens for opens, closes in spans), timedelta(0))

    def _spans_from(self, moment: datetime) -> Iterator[Span]:
        """Yield the open spans from ``moment`` on, a day's worth at a time, until a long rest."""
        start, rest = moment.astimezone(UTC), 0
        while rest <= _LONGEST_REST:
            spans = self.open_spans(start, start + _DAY)
            rest = 0 if spans else rest + 1
            yield from spans
            start += _DAY

    def _span(self, day: date, interval: Interval) -> Span:
        midnight = datetime.combine(day, time(), self.zone)
        opens, closes = (midnight + timedelta(minutes=at) for at in interval)
        return opens.astimezone(UTC), closes.astimezone(UTC)


def why_refused(week: Mapping[int, Iterable[Interval]]) -> tuple[str, int] | None:
    """Return what is wrong with weekly hours and on which day; None when they can be kept.

    ``no_length``: an interval that ends where it begins. ``too_long``: one of more than a day, or
    that begins on another. ``overlap``: two that share a minute, the night of one day and the
    morning of the next among them.
    """
    for day, intervals in week.items():
        for opens, closes in intervals:
            if closes == opens:
                return "no_length", day
            if not (0 <= opens < MINUTES_A_DAY and opens < closes <= opens + MINUTES_A_DAY):
                return "too_long", day
    for day in sorted(week):
        spans = sorted(week[day])
        # A night that runs into a holiday is cut by nobody: only weekdays follow each other for sure.
        if day < HOLIDAY:
            tomorrow = sorted(week.get((day + 1) % 7, ()))[:1]
            spans += [(a + MINUTES_A_DAY, b + MINUTES_A_DAY) for a, b in tomorrow]
        if any(b > c for (_a, b), (c, _d) in itertools.pairwise(spans)):
            return "overlap", day
    return None


def read_intervals(text: str) -> tuple[Interval, ...]:
    """Read ``09:00-12:00, 13:00-18:00`` as minutes; an end at or before its start is on the next day.

    ``24:00`` is the midnight a day ends with; an end that equals the start is kept as of no length.
    Raises ``ValueError`` for anything else.
    """
    found = []
    for part in text.replace("，", ",").replace("、", ",").replace("–", "-").split(","):
        if not part.strip():
            continue
        opens, dash, closes = part.partition("-")
        if not dash:
            raise ValueError(part.strip())
        start, end = _minutes(opens), _minutes(closes)
        if start == MINUTES_A_DAY:
            raise ValueError(part.strip())
        found.append((start, end + MINUTES_A_DAY if end < start else end))
    return tuple(sorted(found))


def say_intervals(intervals: Iterable[Interval]) -> str:
    """Write intervals the way :func:`read_intervals` reads them."""
    return ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in intervals)


def _minutes(text: str) -> int:
    hours, colon, minutes = text.strip().replace("：", ":").partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and len(minutes) == 2):
        raise ValueError(text.strip())
    at = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or at > MINUTES_A_DAY:
        raise ValueError(text.strip())
    return at


def _clock(minutes: int) -> str:
    shown = minutes if minutes <= MINUTES_A_DAY else minutes - MINUTES_A_DAY
    return f"{shown // 60:02}:{shown % 60:02}"


def _utc(span: Span) -> Span:
    return span[0].astimezone(UTC), span[1].astimezone(UTC)


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif end > start:
            found.append((start, end))
    return found


def _without(spans: list[Span], gaps: list[Span]) -> list[Span]:
    ends = [end for _start, end in gaps]
    found = []
    for opens, closes in spans:
        at = opens
        for start, end in gaps[bisect.bisect_right(ends, opens) :]:
            if start >= closes:
                break
            if start > at:
                found.append((at, start))
            at = max(at, end)
        if at < closes:
            found.append((at, closes))
    return found
