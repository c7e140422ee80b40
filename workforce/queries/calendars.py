"""When teams are open."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from common import calendars
from common.hours import DAYS, HOLIDAY, MAKE_UP, Hours, Interval, by_weekday
from workforce.models import CalendarException, ExceptionKind, Team, WorkCalendar

Week = dict[int, tuple[Interval, ...]]


def day_of(day: date) -> int:
    """Return which hours ``day`` has in China: of its weekday, a public holiday, a make-up workday."""
    is_worked, weekday = calendars.is_workday(day), day.weekday()
    if is_worked:
        return weekday if weekday < 5 else MAKE_UP
    # An ordinary weekend has no name.
    return HOLIDAY if weekday < 5 or calendars.day_name(day) else weekday


def usual_week(calendar: WorkCalendar) -> Week:
    """Return the intervals of ``calendar`` by kind of day."""
    week: Week = dict.fromkeys(DAYS, ())
    for row in calendar.intervals.all():
        week[row.day] += ((row.opens, row.closes),)
    return week


def hours_from(
    week: Week, *, follows_holidays: bool, exceptions: Iterable[CalendarException]
) -> Hours:
    """Return the hours of a week with its exceptions."""
    rows = [(row.kind, (row.starts_at, row.ends_at)) for row in exceptions]
    return Hours(
        week=week,
        openings=tuple(span for kind, span in rows if kind == ExceptionKind.OPENING),
        closures=tuple(span for kind, span in rows if kind == ExceptionKind.CLOSURE),
        day_of=day_of if follows_holidays else by_weekday,
    )


def hours_of(calendar: WorkCalendar) -> Hours:
    """Return the hours of ``calendar``."""
    return hours_from(
        usual_week(calendar),
        follows_holidays=calendar.follows_holidays,
        exceptions=calendar.exceptions.all(),
    )


def hours_of_teams(teams: Iterable[Team]) -> dict[int, Hours | None]:
    """Return the hours of ``teams`` by key, in three queries; None for one open day and night."""
    wanted = {team.pk: team.calendar_id for team in teams}
    rows = WorkCalendar.objects.prefetch_related("intervals", "exceptions").in_bulk(
        {key for key in wanted.values() if key}
    )
    known = {key: hours_of(row) for key, row in rows.items()}
    return {team: known.get(key) if key else None for team, key in wanted.items()}


def hours_facts(hours: Hours | None, now: datetime) -> dict[str, Any]:
    """Return what is told of hours: open now, until when, and when it opens next."""
    if hours is None:
        return {"is_open": True, "closes_at": None, "opens_at": None}
    is_open = hours.is_open(now)
    return {
        "is_open": is_open,
        "closes_at": hours.next_closing(now) if is_open else None,
        "opens_at": None if is_open else hours.next_opening(now),
    }
