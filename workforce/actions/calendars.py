"""Working hours: written whole, with one-off closures and openings beside them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_reason
from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.hours import DAYS, Interval, say_intervals, why_refused
from common.rights import require_right
from workforce.models import CalendarException, ExceptionKind, Team, WorkCalendar, WorkInterval
from workforce.models.calendars import DayKind
from workforce.queries.calendars import hours_from, usual_week

LOOKED_AHEAD = timedelta(days=30)
_NO_MINUTE = _("With these hours it is not open for a minute in the next 30 days.")
_REFUSED = {
    "no_length": _("%(day)s: an interval ends where it begins."),
    "too_long": _("%(day)s: an interval begins on the day and lasts a day at most."),
    "overlap": _("%(day)s: two intervals overlap."),
}


@transaction.atomic
def add_calendar(
    code: str,
    name: str,
    week: Mapping[int, Iterable[Interval]],
    *,
    follows_holidays: bool = True,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> WorkCalendar:
    """Make working hours. Raises what :func:`set_hours` raises, and ``hours.code_taken``."""
    require_right(by, "people.manage")
    try:
        with transaction.atomic():
            calendar = WorkCalendar.objects.create(
                code=code, name=name, follows_holidays=follows_holidays
            )
    except IntegrityError:
        raise DomainError("hours.code_taken", _("There are hours of this code.")) from None
    record(calendar, "hours.added", by=by, after={"code": code, "name": name})
    return set_hours(
        calendar, week, follows_holidays=follows_holidays, by=by, reason=reason, now=now
    )


@transaction.atomic
def set_hours(
    calendar: WorkCalendar,
    week: Mapping[int, Iterable[Interval]],
    *,
    follows_holidays: bool,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> WorkCalendar:
    """Write the hours of every kind of day anew; the same again changes nothing.

    Raises ``forbidden``, ``person.no_reason``, ``hours.no_length``, ``hours.too_long``,
    ``hours.overlap``, ``hours.never_open``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    wanted = {day: tuple(sorted(week.get(day, ()))) for day in DAYS}
    if wrong := why_refused(wanted):
        code, day = wrong
        raise DomainError(f"hours.{code}", _REFUSED[code] % {"day": DayKind(day).label}, day=day)
    calendar = WorkCalendar.objects.select_for_update().get(pk=calendar.pk)
    before = usual_week(calendar)
    if (before, calendar.follows_holidays) == (wanted, follows_holidays):
        return calendar
    hours = hours_from(
        wanted, follows_holidays=follows_holidays, exceptions=calendar.exceptions.all()
    )
    now = now or timezone.now()
    if not hours.open_spans(now, now + LOOKED_AHEAD):
        raise DomainError("hours.never_open", _NO_MINUTE)
    old_follows = calendar.follows_holidays
    calendar.follows_holidays = follows_holidays
    calendar.save(update_fields=["follows_holidays"])
    calendar.intervals.all().delete()
    WorkInterval.objects.bulk_create(
        [
            WorkInterval(calendar=calendar, day=day, opens=opens, closes=closes)
            for day, intervals in wanted.items()
            for opens, closes in intervals
        ]
    )
    record(
        calendar,
        "hours.set",
        by=by,
        before=_said(before) | {"follows_holidays": old_follows},
        after=_said(wanted) | {"follows_holidays": follows_holidays},
        reason=reason,
    )
    return calendar


@transaction.atomic
def add_exception(
    calendar: WorkCalendar,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    words: str,
    *,
    by: User | None,
    reason: str,
    now: datetime | None = None,
) -> CalendarException:
    """Close or open once, with the words that say why.

    Raises ``forbidden``, ``person.no_reason``, ``exception.unknown``, ``exception.no_words``,
    ``exception.no_length``, ``exception.past``, ``hours.never_open``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    now = now or timezone.now()
    if kind not in ExceptionKind.values:
        raise DomainError("exception.unknown", _("It is either closed or open."))
    if not words.strip():
        raise DomainError("exception.no_words", _("Write what it is: those who wait read it."))
    if ends_at <= starts_at:
        raise DomainError("exception.no_length", _("It has to end after it begins."))
    if starts_at < now - timedelta(minutes=1):
        raise DomainError("exception.past", _("What is over cannot be closed or opened any more."))
    calendar = WorkCalendar.objects.select_for_update().get(pk=calendar.pk)
    row = CalendarException.objects.create(
        calendar=calendar, kind=kind, starts_at=starts_at, ends_at=ends_at, words=words.strip()
    )
    _require_open(calendar, now)
    record(
        calendar,
        "hours.exception_added",
        by=by,
        after={"kind": kind, "starts_at": starts_at, "ends_at": ends_at, "words": row.words},
        reason=reason,
    )
    return row


@transaction.atomic
def withdraw_exception(
    exception: CalendarException, *, by: User | None, reason: str, now: datetime | None = None
) -> bool:
    """Take back what was to be closed or opened once; False when it is gone already.

    Raises ``forbidden``, ``person.no_reason``, ``exception.over``, ``hours.never_open``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    now = now or timezone.now()
    calendar = WorkCalendar.objects.select_for_update().get(pk=exception.calendar_id)
    row = CalendarException.objects.filter(pk=exception.pk).first()
    if row is None:
        return False
    if row.ends_at <= now:
        raise DomainError("exception.over", _("It is over; what was closed stays in the books."))
    before = {"kind": row.kind, "starts_at": row.starts_at, "ends_at": row.ends_at}
    row.delete()
    _require_open(calendar, now)
    record(
        calendar,
        "hours.exception_withdrawn",
        by=by,
        before=before | {"words": row.words},
        reason=reason,
    )
    return True


@transaction.atomic
def set_team_hours(
    team: Team, calendar: WorkCalendar | None, *, by: User | None, reason: str
) -> Team:
    """Have ``team`` keep the hours of ``calendar``; None: open day and night.

    Raises ``forbidden``, ``person.no_reason``, ``hours.never_open``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    team = Team.objects.select_for_update().get(pk=team.pk)
    if team.calendar_id == (calendar.pk if calendar else None):
        return team
    if calendar is not None:
        _require_open(WorkCalendar.objects.select_for_update().get(pk=calendar.pk), timezone.now())
    before, team.calendar = team.calendar, calendar
    team.save(update_fields=["calendar"])
    record(
        team,
        "team.hours_set",
        by=by,
        before={"calendar": before.code if before else None},
        after={"calendar": calendar.code if calendar else None},
        reason=reason,
    )
    return team


def _require_open(calendar: WorkCalendar, now: datetime) -> None:
    hours = hours_from(
        usual_week(calendar),
        follows_holidays=calendar.follows_holidays,
        exceptions=calendar.exceptions.all(),
    )
    if not hours.open_spans(now, now + LOOKED_AHEAD):
        raise DomainError("hours.never_open", _NO_MINUTE)


def _said(week: Mapping[int, tuple[Interval, ...]]) -> dict[str, str]:
    return {DayKind(day).name.lower(): say_intervals(week.get(day, ())) for day in DAYS}
