import csv
from datetime import date, datetime, time, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from common import calendars
from common.errors import DomainError
from common.history import history_of
from common.models import CalendarDay
from common.rules import SHANGHAI, WorkingHours

OFFICIAL = Path(__file__).parent / "fixtures" / "holiday_cn.csv"
pytestmark = pytest.mark.django_db


def run(**options):
    out, err = StringIO(), StringIO()
    try:
        call_command("update_calendar", stdout=out, stderr=err, **options)
    finally:
        run.out, run.err = out.getvalue(), err.getvalue()
    return run.out


def days_of(years):
    day = date(years[0], 1, 1)
    while day.year in years:
        yield day
        day += timedelta(1)


def official():
    with OFFICIAL.open() as file:
        listed = {row["date"]: row["is_off_day"] == "false" for row in csv.DictReader(file)}
    for day in days_of([2025, 2026]):
        yield day, listed.get(day.isoformat(), day.weekday() < 5)


def test_the_package_agrees_with_the_official_lists():
    assert [day for day, worked in official() if calendars.is_workday(day) != worked] == []


def test_the_table_agrees_with_the_official_lists():
    run(file=OFFICIAL)
    calendars.forget()
    assert [day for day, worked in official() if calendars.is_workday(day) != worked] == []


def test_every_day_off_of_the_official_lists_has_its_name():
    with OFFICIAL.open() as file:
        off = [row for row in csv.DictReader(file) if row["is_off_day"] == "true"]
    assert len(off) > 50
    named = {row["date"]: calendars.day_name(date.fromisoformat(row["date"])) for row in off}
    assert [day for day, name in named.items() if not name] == []


def test_a_make_up_saturday_is_worked_and_has_a_name():
    assert calendars.is_workday(date(2026, 2, 14))
    assert calendars.add_workdays(date(2026, 2, 13), 2) == date(2026, 2, 24)
    assert calendars.day_name(date(2026, 2, 17)) == "春节"
    assert calendars.day_name(date(2026, 3, 3)) == ""


def test_a_clock_skips_the_holiday():
    hours = WorkingHours(((time(9), time(18)),))
    start = datetime(2026, 9, 30, 17, tzinfo=SHANGHAI)
    due = calendars.add_working_time(start, timedelta(hours=2), hours)
    assert due == datetime(2026, 10, 8, 10, tzinfo=SHANGHAI)
    assert calendars.working_time_between(start, due, hours) == timedelta(hours=2)


def test_the_table_wins(ops):
    day = date(2026, 11, 23)
    assert calendars.is_workday(day)
    calendars.set_day(day, is_off=True, name="搬家", by=ops, reason="换办公室")
    assert not calendars.is_workday(day)
    assert calendars.day_name(day) == "搬家"
    line = history_of(CalendarDay.objects.get(day=day)).get()
    assert (line.action, line.actor, line.reason) == ("calendar_day.changed", ops, "换办公室")


def test_saying_the_same_again_leaves_no_trace(ops):
    for _ in range(2):
        row = calendars.set_day(date(2026, 11, 23), is_off=True, name="搬", by=ops, reason="x")
    assert history_of(row).count() == 1


def test_a_correction_needs_a_reason(ops):
    with pytest.raises(DomainError) as refused:
        calendars.set_day(date(2026, 11, 23), is_off=True, name="搬", by=ops, reason=" ")
    assert refused.value.code == "calendar.no_reason"


def test_many_questions_are_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        calendars.workdays_between(date(2025, 1, 1), date(2026, 12, 31))
        calendars.next_workday(date(2026, 2, 13))


def test_it_knows_which_years_are_estimates():
    assert calendars.is_published(2026)
    assert not calendars.is_published(2060)
    assert not calendars.is_workday(date(2060, 10, 1))


def test_the_command_is_idempotent():
    assert "72 days read, 72 changed, 0 rejected" in run(file=OFFICIAL)
    assert "2026-02-14 workday 春节" in run.out
    assert "72 days read, 0 changed" in run(file=OFFICIAL)
    assert CalendarDay.objects.count() == 72


def test_the_command_rehearses():
    assert "72 would change" in run(file=OFFICIAL, dry_run=True)
    assert not CalendarDay.objects.exists()


def test_the_command_takes_one_year():
    run(file=OFFICIAL, year=2025)
    assert {day.year for day in CalendarDay.objects.values_list("day", flat=True)} == {2025}


def test_the_command_reads_the_package():
    run(year=2026)
    calendars.forget()
    assert [day for day, worked in official() if calendars.is_workday(day) != worked] == []
    assert "no official list known yet" in run(year=2060)


def test_bad_lines_are_rejected_with_reasons(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text(
        "\ufeffdate,name,is_off_day\n2026-10-01,国庆节,true\n2026-02-30,x,true\n2026-10-02,,true\n"
        "2026-10-03,x,maybe\n2026-10-01,国庆节,false\n2026-10-04\n"
    )
    with pytest.raises(CommandError, match="5 lines"):
        run(file=path)
    assert [line.split(":")[0] for line in run.err.splitlines()] == [
        "line 3", "line 4", "line 5", "line 6", "line 7",
    ]  # fmt: skip
    assert CalendarDay.objects.get().name == "国庆节"


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\x00", b""])
def test_a_file_that_is_no_list_is_refused(tmp_path, content):
    path = tmp_path / "days.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError):
        run(file=path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.csv"):
        run(file=tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("day", "name"),
    [(date(2026, 2, 17), "春节"), (date(2026, 11, 24), "搬家"), (date(2026, 11, 25), "")],
)
def test_what_a_day_is_called_is_looked_up_once(day, name, monkeypatch):
    """The table wins also where it gives no name."""
    asked = []

    class Known(dict):
        def get(self, key, default=None):
            asked.append(key)
            return super().get(key, default)

    table = Known({date(2026, 11, 24): (True, "搬家"), date(2026, 11, 25): (True, "")})
    monkeypatch.setattr(calendars, "_table", lambda: table)
    assert calendars.day_name(day) == name
    assert asked == [day]
