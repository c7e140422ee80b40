from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.rules import (
    SHANGHAI,
    WorkingHours,
    add_workdays,
    add_working_time,
    is_working_time,
    last_day,
    next_workday,
    previous_workday,
    workdays_between,
    working_time_between,
)

HOURS = WorkingHours(((time(9), time(12)), (time(13), time(18))))
NIGHT = WorkingHours(((time(22), time(6)),))
ALWAYS = WorkingHours(((time(0), time(0)),), ((time(0), time(0)),))
CENTRE = WorkingHours(((time(9), time(21)),), ((time(10), time(16)),))


def weekday(day):
    return day.weekday() < 5


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "following", "preceding"),
    [
        ("2026-11-18", "2026-11-19", "2026-11-17"),  # Wednesday
        ("2026-11-20", "2026-11-23", "2026-11-19"),  # Friday
        ("2026-11-21", "2026-11-23", "2026-11-20"),  # Saturday
    ],
)
def test_neighbouring_workdays(day, following, preceding):
    day = date.fromisoformat(day)
    assert next_workday(day, weekday) == date.fromisoformat(following)
    assert previous_workday(day, weekday) == date.fromisoformat(preceding)


def test_the_day_itself_is_never_counted():
    friday = date(2026, 11, 20)
    assert add_workdays(friday, 0, weekday) == friday
    assert add_workdays(friday, 1, weekday) == date(2026, 11, 23)
    assert add_workdays(friday, -1, weekday) == date(2026, 11, 19)
    assert workdays_between(friday, friday, weekday) == 0
    assert workdays_between(friday, date(2026, 11, 23), weekday) == 1
    assert workdays_between(date(2026, 11, 23), friday, weekday) == 0


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(1, 400))
def test_counting_undoes_adding(day, count):
    assert workdays_between(day, add_workdays(day, count, weekday), weekday) == count


def test_a_calendar_without_workdays_is_an_error():
    with pytest.raises(ValueError, match="400 days"):
        next_workday(date(2026, 1, 1), lambda day: False)
    with pytest.raises(ValueError, match="400 days"):
        add_working_time(at("2026-11-20 09:00"), timedelta(1), HOURS, lambda day: False)


@pytest.mark.parametrize(
    ("start", "hours", "minutes", "due"),
    [
        ("2026-11-20 09:00", HOURS, 60, "2026-11-20 10:00"),
        ("2026-11-20 11:30", HOURS, 60, "2026-11-20 13:30"),  # over lunch
        ("2026-11-20 11:30", HOURS, 30, "2026-11-20 12:00"),  # exactly at closing
        ("2026-11-20 12:30", HOURS, 30, "2026-11-20 13:30"),  # begins during lunch
        ("2026-11-20 17:30", HOURS, 60, "2026-11-23 09:30"),  # over the weekend
        ("2026-11-21 12:00", HOURS, 0, "2026-11-23 09:00"),  # nothing, from a Saturday
        ("2026-11-20 09:00", HOURS, 8 * 60 * 5, "2026-11-26 18:00"),  # a whole week
        ("2026-11-19 23:00", NIGHT, 60, "2026-11-20 00:00"),
        ("2026-11-20 05:00", NIGHT, 120, "2026-11-20 23:00"),  # in Thursday's night
        ("2026-11-21 05:00", NIGHT, 120, "2026-11-23 23:00"),  # Friday's night ends on Saturday
        ("2026-11-20 10:00", ALWAYS, 72 * 60, "2026-11-23 10:00"),
        ("2026-11-20 20:30", CENTRE, 60, "2026-11-21 10:30"),  # shorter hours on days off
    ],
)
def test_working_time_is_added(start, hours, minutes, due):
    delta = timedelta(minutes=minutes)
    assert add_working_time(at(start), delta, hours, weekday) == at(due)
    assert working_time_between(at(start), at(due), hours, weekday) == delta


def test_moments_of_other_zones_mean_the_same():
    due = add_working_time(
        datetime(2026, 11, 20, 1, tzinfo=UTC), timedelta(hours=1), HOURS, weekday
    )
    assert due == at("2026-11-20 10:00")
    assert due.tzinfo is SHANGHAI


def test_closing_time_is_not_worked():
    assert is_working_time(at("2026-11-20 09:00"), HOURS, weekday)
    assert not is_working_time(at("2026-11-20 12:00"), HOURS, weekday)
    assert not is_working_time(at("2026-11-21 10:00"), HOURS, weekday)
    assert is_working_time(at("2026-11-21 03:00"), NIGHT, weekday)


def test_time_runs_forward_only():
    assert working_time_between(at("2026-11-20 12:00"), at("2026-11-20 09:00"), HOURS, weekday) == (
        timedelta(0)
    )
    with pytest.raises(ValueError, match="negative"):
        add_working_time(at("2026-11-20 12:00"), timedelta(-1), HOURS, weekday)


@pytest.mark.parametrize(
    ("workday", "day_off"),
    [
        ((), ()),
        (((time(9), time(12)), (time(11), time(13))), ()),
        (((time(13), time(18)), (time(9), time(12))), ()),
        (((time(9), time(9)), (time(10), time(11))), ()),
        (((time(9), time(18)), (time(22), time(10))), ()),  # into its own morning
        (((time(22), time(6)),), ((time(5), time(8)),)),  # into a day off's morning
    ],
)
def test_hours_that_overlap_are_refused(workday, day_off):
    with pytest.raises(ValueError, match="interval"):
        WorkingHours(workday, day_off)


@given(
    st.timedeltas(timedelta(0), timedelta(days=3_650)),
    st.timedeltas(timedelta(0), timedelta(days=20)),
    st.sampled_from([HOURS, NIGHT, ALWAYS, CENTRE]),
)
def test_measuring_undoes_adding(since, delta, hours):
    start = at("2020-01-01") + since
    due = add_working_time(start, delta, hours, weekday)
    assert due >= start
    assert working_time_between(start, due, hours, weekday) == delta


@pytest.mark.parametrize(
    ("end", "day"),
    [
        ("2026-11-21 00:00", "2026-11-20"),  # what ends at midnight ends with the day before
        ("2026-11-20 00:00:00.000001", "2026-11-20"),
        ("2026-11-20 23:59", "2026-11-20"),
        ("2027-01-01 00:00", "2026-12-31"),
    ],
)
def test_the_last_day_is_the_one_before_the_end(end, day):
    assert last_day(at(end)) == date.fromisoformat(day)
    assert last_day(at(end).astimezone(UTC)) == date.fromisoformat(day)
