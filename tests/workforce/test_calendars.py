"""Working hours of teams: holidays and make-up days of the house's calendar, refusals, doors."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from common import calendars
from common.errors import DomainError, Forbidden
from common.history import history_of
from common.hours import HOLIDAY, MAKE_UP, read_intervals
from workforce.actions import (
    add_calendar,
    add_exception,
    set_hours,
    set_team_hours,
    withdraw_exception,
)
from workforce.admin.drawing import drawing
from workforce.models import CalendarException, WorkInterval
from workforce.queries import hours_of
from workforce.queries.calendars import day_of

pytestmark = pytest.mark.django_db

OFFICE = read_intervals("09:00-12:00, 13:00-18:00")
WEEK = dict.fromkeys(range(5), OFFICE) | {MAKE_UP: OFFICE, HOLIDAY: read_intervals("10:00-16:00")}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


NOW = at("2026-09-28 10:00")  # the Monday before National Day


def refused(code, verb, *args, **kwargs):
    with pytest.raises(DomainError) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code
    return refusal.value


@pytest.fixture
def calendar(ops):
    return add_calendar("day", "白班", WEEK, by=ops, reason="开班", now=NOW)


def set_week(calendar, ops, week, *, follows=True, now=NOW):
    return set_hours(calendar, week, follows_holidays=follows, by=ops, reason="改班", now=now)


def close(calendar, ops, start, end, kind="closure", now=NOW, words="盘点"):
    return add_exception(calendar, kind, at(start), at(end), words, by=ops, reason="x", now=now)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 9, 28), 0),
        (date(2026, 9, 25), HOLIDAY),  # Mid-Autumn
        (date(2026, 9, 26), HOLIDAY),  # its Saturday
        (date(2026, 10, 1), HOLIDAY),
        (date(2026, 10, 4), HOLIDAY),  # the Sunday among seven days
        (date(2026, 10, 10), MAKE_UP),  # a Saturday that is worked
        (date(2026, 10, 17), 5),
        (date(2026, 10, 18), 6),
    ],
)
def test_the_kind_of_a_day_comes_from_the_published_list(day, kind):
    assert day_of(day) == kind


def test_the_house_corrects_the_list(ops):
    calendars.set_day(date(2026, 11, 30), is_off=True, name="店庆", by=ops, reason="放假")
    assert day_of(date(2026, 11, 30)) == HOLIDAY


def test_holidays_and_make_up_days_have_hours_of_their_own(calendar):
    hours = hours_of(calendar)
    assert not hours.is_open(at("2026-10-01 09:30"))
    assert hours.is_open(at("2026-10-01 10:00"))
    assert hours.is_open(at("2026-10-10 09:00"))
    assert not hours.is_open(at("2026-10-17 10:00"))


def test_without_holidays_the_weekday_counts(calendar, ops):
    hours = hours_of(set_week(calendar, ops, WEEK, follows=False))
    assert hours.is_open(at("2026-10-01 09:30"))
    assert not hours.is_open(at("2026-10-10 09:00"))


def test_hours_are_written_whole_and_leave_a_line(calendar, ops):
    set_week(calendar, ops, {0: read_intervals("22:00-02:00")})
    assert list(WorkInterval.objects.values_list("day", "opens", "closes")) == [(0, 1320, 1560)]
    event = history_of(calendar).filter(action="hours.set").first()
    assert event.after["monday"] == "22:00-02:00"
    assert event.before["monday"] == "09:00-12:00, 13:00-18:00"
    lines = history_of(calendar).count()
    set_week(calendar, ops, {0: read_intervals("22:00-02:00")})
    assert history_of(calendar).count() == lines


@pytest.mark.parametrize(
    ("code", "week"),
    [
        ("hours.overlap", {0: ((540, 700), (690, 800))}),
        ("hours.no_length", {0: ((540, 540),)}),
        ("hours.too_long", {0: ((540, 2000),)}),
        ("hours.never_open", {}),
        ("hours.never_open", {MAKE_UP: ((540, 600),)}),
    ],
)
def test_hours_that_cannot_be_kept_are_refused_whole(calendar, ops, code, week):
    before = list(WorkInterval.objects.values_list("day", "opens", "closes"))
    # No make-up workday within 30 days of November.
    refused(code, set_week, calendar, ops, week, now=at("2026-11-01 10:00"))
    assert list(WorkInterval.objects.values_list("day", "opens", "closes")) == before


def test_a_refusal_names_the_day(calendar, ops):
    error = refused("hours.no_length", set_week, calendar, ops, {2: ((540, 540),)})
    assert "周三" in error.message or "星期三" in error.message or "Wednesday" in error.message


def test_a_closure_and_an_opening(calendar, ops):
    close(calendar, ops, "2026-09-29 09:00", "2026-09-29 11:00")
    close(calendar, ops, "2026-10-17 09:00", "2026-10-17 12:00", kind="opening")
    hours = hours_of(calendar)
    assert hours.next_opening(at("2026-09-29 08:00")) == at("2026-09-29 11:00")
    assert hours.is_open(at("2026-10-17 10:00"))


@pytest.mark.parametrize(
    ("code", "start", "end", "kind", "words"),
    [
        ("exception.past", "2026-09-28 09:00", "2026-09-28 12:00", "closure", "盘点"),
        ("exception.no_length", "2026-09-29 09:00", "2026-09-29 09:00", "closure", "盘点"),
        ("exception.no_words", "2026-09-29 09:00", "2026-09-29 10:00", "closure", " "),
        ("exception.unknown", "2026-09-29 09:00", "2026-09-29 10:00", "holiday", "盘点"),
        ("hours.never_open", "2026-09-28 10:00", "2026-12-01 00:00", "closure", "停业"),
    ],
)
def test_one_off_hours_that_are_refused(calendar, ops, code, start, end, kind, words):
    refused(code, close, calendar, ops, start, end, kind=kind, words=words)
    assert not CalendarException.objects.exists()


def test_a_closure_is_taken_back_until_it_is_over(calendar, ops):
    row = close(calendar, ops, "2026-09-29 09:00", "2026-09-29 11:00")
    over = at("2026-09-29 11:00")
    refused("exception.over", withdraw_exception, row, by=ops, reason="x", now=over)
    assert withdraw_exception(row, by=ops, reason="x", now=NOW)
    assert not withdraw_exception(row, by=ops, reason="x", now=NOW)


def test_who_may_not_change_hours(calendar, bo, lin, mei):
    for who in (bo, lin, mei):
        with pytest.raises(Forbidden):
            set_week(calendar, who, {0: OFFICE})
        with pytest.raises(Forbidden):
            close(calendar, who, "2026-09-29 09:00", "2026-09-29 11:00")


def test_two_weeks_are_drawn(calendar):
    picture = drawing(hours_of(calendar), NOW)
    assert picture.count("<g>") == 14
    assert "style=" not in picture
    assert "国庆节" in picture
    # Days of two bars before, and one bar on each of the seven days of the holiday, its weekend
    # among them.
    assert picture.count("<title>09:00–12:00</title>") == picture.count(
        "<title>13:00–18:00</title>"
    )
    assert picture.count("<title>10:00–16:00</title>") == 7


def test_the_editor_draws_before_anything_is_kept(calendar, ops, browser_of):
    url = reverse("admin:workforce_workcalendar_act", args=[calendar.pk, "set_hours"])
    browser = browser_of(ops)
    assert b"<svg" in browser.get(url).content
    sent = {f"day_{day}": "10:00-11:00" for day in range(9)} | {"reason": "试试", "step": "try"}
    page = browser.post(url, sent).content.decode()
    assert page.count("<title>10:00–11:00</title>") == 14
    assert hours_of(calendar).is_open(at("2026-09-28 09:30"))
    browser.post(url, sent | {"step": "do"})
    assert not hours_of(calendar).is_open(at("2026-09-28 09:30"))


def test_the_editor_says_what_is_no_interval(calendar, ops, browser_of):
    url = reverse("admin:workforce_workcalendar_act", args=[calendar.pk, "set_hours"])
    page = browser_of(ops).post(url, {"day_0": "9-12", "reason": "试试", "step": "do"})
    assert "9-12" in page.content.decode()
    assert history_of(calendar).filter(action="hours.set").count() == 1


def test_the_api_says_when_a_team_is_open(calendar, ops, team, bo, browser_of):
    set_team_hours(team, calendar, by=ops, reason="排班")
    (card,) = browser_of(bo).get("/api/v1/teams/").json()["data"]
    hours = card["hours"]
    assert set(hours) == {"is_open", "closes_at", "opens_at"}
    assert bool(hours["opens_at"]) is not hours["is_open"]
    assert browser_of(bo).get("/api/v1/teams/fresh/").json()["hours"] == hours


def test_a_team_without_hours_is_open_day_and_night(team, bo, browser_of):
    (card,) = browser_of(bo).get("/api/v1/teams/").json()["data"]
    assert card["hours"] == {"is_open": True, "closes_at": None, "opens_at": None}


def test_a_team_takes_no_hours_that_never_open(ops, team, calendar):
    WorkInterval.objects.all().delete()
    refused("hours.never_open", set_team_hours, team, calendar, by=ops, reason="x")
