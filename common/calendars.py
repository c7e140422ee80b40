"""The Chinese working calendar: the published list of the pinned package, corrected by our table.

The table wins, day by day. It is written by :func:`set_day` and :func:`update_days` only, so that
every correction leaves a line of history.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any

import holidays
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import rules
from common.errors import DomainError
from common.history import record
from common.models import CalendarDay
from common.rules import WorkingHours

_RECHECK_SECONDS = 1.0
_DAY = timedelta(days=1)
_MAKE_UP = "调休"  # the package leaves make-up workdays nameless
_official = holidays.country_holidays("CN", language="zh_CN")
_official_lock = Lock()
_known: dict[date, tuple[bool, str]] = {}
_checked_at = float("-inf")


@dataclass(frozen=True)
class DayRow:
    """One line of an official list: a holiday, or a make-up working day."""

    day: date
    name: str
    is_off: bool


@dataclass(frozen=True)
class Change:
    """What an update does to one day; ``before`` is None for a day the table did not have."""

    row: DayRow
    before: DayRow | None


def day_start(now: datetime, days_back: int = 0) -> datetime:
    """Return the midnight in the time zone of the pages, ``days_back`` days before today's."""
    local = timezone.localtime(now) - timedelta(days=days_back)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def is_workday(day: date) -> bool:
    """Answer whether ``day`` is worked in China, holidays and make-up workdays (调休) included.

    Years without a published list yet are estimated from fixed and lunar holidays.
    """
    known = _table().get(day)
    return not known[0] if known else _is_official_workday(day)


def day_name(day: date) -> str:
    """Return the holiday's name (``春节``), for a make-up workday too; empty on ordinary days.

    The official list names the days that differ from their weekday; a weekend inside a holiday's
    run of days off belongs to it all the same.
    """
    own = _own_name(day)
    return _name_of_break(day) if own is None else own


def is_published(year: int) -> bool:
    """Answer whether the official list of ``year`` is known; otherwise its days are estimates."""
    made_up = any(day.year == year and not off for day, (off, _name) in _table().items())
    return made_up or bool(official_days(year))


def next_workday(day: date) -> date:
    """Return the first working day after ``day``."""
    return rules.next_workday(day, is_workday)


def previous_workday(day: date) -> date:
    """Return the last working day before ``day``."""
    return rules.previous_workday(day, is_workday)


def add_workdays(day: date, count: int) -> date:
    """Return the ``count``-th working day after ``day`` (day 1 is the first after it)."""
    return rules.add_workdays(day, count, is_workday)


def workdays_between(start: date, end: date) -> int:
    """Return how many working days lie after ``start`` up to and including ``end``."""
    return rules.workdays_between(start, end, is_workday)


def is_working_time(moment: datetime, hours: WorkingHours) -> bool:
    """Answer whether work is done at ``moment`` (aware)."""
    return rules.is_working_time(moment, hours, is_workday)


def add_working_time(start: datetime, delta: timedelta, hours: WorkingHours) -> datetime:
    """Return the moment when ``delta`` of working time has passed since ``start`` (aware)."""
    return rules.add_working_time(start, delta, hours, is_workday)


def working_time_between(start: datetime, end: datetime, hours: WorkingHours) -> timedelta:
    """Return how much working time lies between two aware moments."""
    return rules.working_time_between(start, end, hours, is_workday)


def official_days(year: int) -> list[DayRow]:
    """Return what the package knows of the published list of ``year``; empty when it does not.

    Only days that differ from their weekday are listed.
    """
    with _official_lock:
        _official.is_working_day(date(year, 1, 1))
        made_up = {day for day in _official.weekend_workdays if day.year == year}
        off = {day: name for day, name in _official.items() if day.year == year}
    # Every published list since 2007 moves at least one weekend; without one it is an estimate.
    if not made_up:
        return []
    rows = [DayRow(day, name[:40], True) for day, name in off.items() if day not in made_up]
    rows += [DayRow(day, _MAKE_UP, False) for day in made_up]
    return sorted(rows, key=lambda row: row.day)


@transaction.atomic
def set_day(day: date, *, is_off: bool, name: str, by: Any, reason: str) -> CalendarDay:
    """Correct one day of the calendar. Saying the same again changes nothing.

    Raises ``calendar.no_reason``.
    """
    if not reason.strip():
        raise DomainError("calendar.no_reason", _("Write why the day changes."))
    update_days([DayRow(day, name, is_off)], source="", by=by, reason=reason)
    return CalendarDay.objects.get(pk=day)


@transaction.atomic
def update_days(
    rows: Iterable[DayRow], *, source: str, by: Any = None, reason: str = "", dry_run: bool = False
) -> list[Change]:
    """Write an official list into the table and return what changed; a second time, nothing.

    One line of history for every changed day. With ``dry_run`` nothing is written.
    """
    wanted = {row.day: row for row in rows}
    stored = CalendarDay.objects.select_for_update().order_by("day").in_bulk(wanted)
    before = {day: DayRow(day, row.name, row.is_off) for day, row in stored.items()}
    changes = [
        Change(row, before.get(day))
        for day, row in sorted(wanted.items())
        if before.get(day) != row
    ]
    if dry_run:
        return changes
    for change in changes:
        _write(change, source, by, reason)
    forget()
    transaction.on_commit(forget)
    return changes


def forget() -> None:
    """Drop what this process remembers, so that the next question reads the table."""
    global _checked_at
    _checked_at = float("-inf")


def _own_name(day: date) -> str | None:
    """Return what our table or else the official list calls ``day``; None when neither names it."""
    known = _table().get(day)
    if known:
        return known[1]
    with _official_lock:
        return _official.get(day) or None


def _name_of_break(day: date) -> str:
    """Return the holiday whose run of days off holds the weekend day ``day``; empty without one."""
    if is_workday(day):
        return ""
    for step in (-_DAY, _DAY):
        near = day + step
        while not is_workday(near):
            if name := _own_name(near):
                return name
            near += step
    return ""


def _write(change: Change, source: str, by: Any, reason: str) -> None:
    row = change.row
    day, _created = CalendarDay.objects.update_or_create(
        day=row.day, defaults={"name": row.name, "is_off": row.is_off, "source": source}
    )
    old = change.before
    record(
        day,
        "calendar_day.changed",
        by=by,
        before={"name": old.name, "is_off": old.is_off} if old else None,
        after={"name": row.name, "is_off": row.is_off, "source": source},
        reason=reason,
    )


def _table() -> dict[date, tuple[bool, str]]:
    global _known, _checked_at
    if time.monotonic() - _checked_at > _RECHECK_SECONDS:
        rows = CalendarDay.objects.values_list("day", "is_off", "name")
        # Swapped whole: other threads read either the old or the new table, never half of one.
        _known, _checked_at = {day: (off, name) for day, off, name in rows}, time.monotonic()
    return _known


@lru_cache(maxsize=16_384)
def _is_official_workday(day: date) -> bool:
    # The package fills in a year when it is first asked for it.
    with _official_lock:
        return bool(_official.is_working_day(day))
