"""When it is open: several intervals, midnight, holidays, make-up days, closures, leap days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.hours import (
    HOLIDAY,
    MAKE_UP,
    Hours,
    read_intervals,
    say_intervals,
    why_refused,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = read_intervals("09:00-12:00, 13:00-18:00")
NIGHT = read_intervals("22:00-02:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def days(**special: int):
    """Tell which hours a date has: ``d20261001=HOLIDAY``."""
    return lambda day: special.get(f"d{day:%Y%m%d}", day.weekday())


WEEK = dict.fromkeys(range(5), OFFICE)
HOLIDAYS = days(d20261001=HOLIDAY, d20261010=MAKE_UP)
PLAIN = Hours(WEEK)
FEAST = Hours(
    WEEK | {HOLIDAY: read_intervals("10:00-12:00"), MAKE_UP: read_intervals("09:00-12:00")},
    day_of=HOLIDAYS,
)
LATE = Hours(dict.fromkeys(range(7), NIGHT))
ALWAYS = Hours(dict.fromkeys(range(7), ((0, 1440),)))
CLOSED = Hours(WEEK, closures=((at("2026-11-30 10:00"), at("2026-11-30 11:00")),))
OPENED = Hours(WEEK, openings=((at("2026-11-29 10:00"), at("2026-11-29 12:00")),))
BOTH = Hours(
    WEEK,
    openings=((at("2026-11-29 10:00"), at("2026-11-29 12:00")),),
    closures=((at("2026-11-29 11:00"), at("2026-11-30 09:30")),),
)


@pytest.mark.parametrize(
    ("hours", "moment", "is_open"),
    [
        # 30 November 2026 is a Monday.
        (PLAIN, "2026-11-30 08:59:59.999999", False),
        (PLAIN, "2026-11-30 09:00", True),
        (PLAIN, "2026-11-30 11:59:59.999999", True),
        (PLAIN, "2026-11-30 12:00", False),
        (PLAIN, "2026-11-30 13:00", True),
        (PLAIN, "2026-11-30 18:00", False),
        (PLAIN, "2026-11-29 10:00", False),
        (LATE, "2026-11-30 21:59", False),
        (LATE, "2026-11-30 22:00", True),
        (LATE, "2026-12-01 00:00", True),
        (LATE, "2026-12-01 01:59", True),
        (LATE, "2026-12-01 02:00", False),
        (ALWAYS, "2026-12-01 00:00", True),
        (FEAST, "2026-10-01 09:30", False),  # National Day, a Thursday
        (FEAST, "2026-10-01 10:00", True),
        (FEAST, "2026-10-01 12:00", False),
        (FEAST, "2026-10-10 09:00", True),  # a Saturday that is worked
        (FEAST, "2026-10-10 13:00", False),
        (FEAST, "2026-10-17 10:00", False),  # one that is not
        (CLOSED, "2026-11-30 09:59", True),
        (CLOSED, "2026-11-30 10:00", False),
        (CLOSED, "2026-11-30 11:00", True),
        (OPENED, "2026-11-29 10:00", True),
        (OPENED, "2026-11-29 12:00", False),
        (BOTH, "2026-11-29 10:59", True),
        (BOTH, "2026-11-29 11:30", False),
        (BOTH, "2026-11-30 09:15", False),
        (BOTH, "2026-11-30 09:30", True),
        (PLAIN, "2028-02-29 09:00", True),  # a leap day, a Tuesday
    ],
)
def test_it_is_open_from_the_opening_on_and_no_longer_at_the_closing(hours, moment, is_open):
    assert hours.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("hours", "start", "minutes", "due"),
    [
        (PLAIN, "2026-11-30 09:00", 30, "2026-11-30 09:30"),
        (PLAIN, "2026-11-30 08:00", 30, "2026-11-30 09:30"),
        (PLAIN, "2026-11-30 11:45", 30, "2026-11-30 13:15"),
        (PLAIN, "2026-11-30 09:00", 180, "2026-11-30 12:00"),  # exactly at closing
        (PLAIN, "2026-11-30 09:00", 181, "2026-11-30 13:01"),
        (PLAIN, "2026-11-30 12:00", 1, "2026-11-30 13:01"),
        (PLAIN, "2026-11-30 18:00", 1, "2026-12-01 09:01"),
        (PLAIN, "2026-11-27 17:59", 2, "2026-11-30 09:01"),  # over a weekend
        (PLAIN, "2026-11-30 09:00", 480, "2026-11-30 18:00"),
        (PLAIN, "2026-11-30 09:00", 2400, "2026-12-04 18:00"),
        (PLAIN, "2026-11-28 03:00", 0, "2026-11-30 09:00"),
        (LATE, "2026-11-30 23:30", 60, "2026-12-01 00:30"),
        (LATE, "2026-11-30 23:30", 151, "2026-12-01 22:01"),
        (LATE, "2026-12-01 01:00", 60, "2026-12-01 02:00"),
        (ALWAYS, "2026-11-30 23:59", 2, "2026-12-01 00:01"),
        (ALWAYS, "2028-02-28 12:00", 2880, "2028-03-01 12:00"),  # through the leap day
        (FEAST, "2026-09-30 17:30", 60, "2026-10-01 10:30"),
        (FEAST, "2026-10-09 17:30", 60, "2026-10-10 09:30"),
        (CLOSED, "2026-11-30 09:30", 60, "2026-11-30 11:30"),
        (OPENED, "2026-11-29 11:30", 60, "2026-11-30 09:30"),
        (PLAIN, "2028-02-28 17:30", 60, "2028-02-29 09:30"),
    ],
)
def test_only_open_time_counts(hours, start, minutes, due):
    assert hours.add_open_time(at(start), timedelta(minutes=minutes)) == at(due)
    if minutes:
        assert hours.open_time_between(at(start), at(due)) == timedelta(minutes=minutes)


def test_touching_spans_are_one():
    assert ALWAYS.open_spans(at("2026-11-30 00:00"), at("2026-12-03 00:00")) == [
        (at("2026-11-30 00:00"), at("2026-12-03 00:00"))
    ]
    assert ALWAYS.next_closing(at("2026-11-30 00:00")) is None


def test_spans_are_cut_to_what_was_asked_and_in_utc():
    spans = LATE.open_spans(at("2026-11-30 00:30"), at("2026-11-30 23:00"))
    assert spans == [
        (at("2026-11-30 00:30"), at("2026-11-30 02:00")),
        (at("2026-11-30 22:00"), at("2026-11-30 23:00")),
    ]
    assert {moment.tzinfo for span in spans for moment in span} == {UTC}
    assert LATE.open_spans(at("2026-11-30 12:00"), at("2026-11-30 12:00")) == []


def test_the_next_opening_and_closing():
    assert PLAIN.next_opening(at("2026-11-28 10:00")) == at("2026-11-30 09:00")
    assert PLAIN.next_opening(at("2026-11-30 10:00")) == at("2026-11-30 10:00")
    assert PLAIN.next_closing(at("2026-11-30 10:00")) == at("2026-11-30 12:00")
    assert PLAIN.next_closing(at("2026-11-30 12:00")) is None
    assert LATE.next_closing(at("2026-11-30 23:00")) == at("2026-12-01 02:00")


def test_what_never_opens_says_so():
    assert Hours({}).next_opening(at("2026-11-30 10:00")) is None
    with pytest.raises(ValueError, match="400 days"):
        Hours({}).add_open_time(at("2026-11-30 10:00"), timedelta(minutes=1))
    with pytest.raises(ValueError, match="negative"):
        PLAIN.add_open_time(at("2026-11-30 10:00"), timedelta(minutes=-1))


@pytest.mark.parametrize(
    ("week", "wrong"),
    [
        ({0: ((540, 720), (780, 1080))}, None),
        ({0: ((540, 720), (720, 1080))}, None),  # touching
        ({0: ((540, 721), (720, 1080))}, ("overlap", 0)),
        ({0: ((720, 1080), (540, 721))}, ("overlap", 0)),  # in any order
        ({0: ((1320, 1560),), 1: ((120, 300),)}, None),  # the night ends as the morning begins
        ({0: ((1320, 1561),), 1: ((120, 300),)}, ("overlap", 0)),
        ({6: ((1320, 1561),), 0: ((120, 300),)}, ("overlap", 6)),  # Sunday into Monday
        ({0: ((540, 540),)}, ("no_length", 0)),
        ({0: ((0, 1440),), 1: ((0, 1440),)}, None),
        ({0: ((0, 1441),)}, ("too_long", 0)),
        ({0: ((1440, 1500),)}, ("too_long", 0)),
        ({HOLIDAY: ((540, 720), (700, 800))}, ("overlap", HOLIDAY)),
    ],
)
def test_hours_that_cannot_be_kept(week, wrong):
    assert why_refused(week) == wrong


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("", ()),
        ("09:00-12:00", ((540, 720),)),
        ("13:00-18:00， 09:00–12:00", ((540, 720), (780, 1080))),
        ("22:00-02:00", ((1320, 1560),)),
        ("00:00-24:00", ((0, 1440),)),
        ("09:00-09:00", ((540, 540),)),
    ],
)
def test_intervals_are_read(text, intervals):
    assert read_intervals(text) == intervals


@pytest.mark.parametrize(
    "text", ["9", "09:00", "9-12", "09:60-10:00", "24:01-25:00", "a:b-c:d", "24:00-02:00"]
)
def test_what_is_no_interval(text):
    with pytest.raises(ValueError, match=r".+"):
        read_intervals(text)


def test_intervals_are_said_as_they_are_read():
    for text in ("09:00-12:00, 13:00-18:00", "22:00-02:00", "00:00-24:00"):
        assert say_intervals(read_intervals(text)) == text
