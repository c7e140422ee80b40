import threading
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from common.calendars import set_day
from common.deadlines import reconcile, sweep
from common.history import history_of
from common.models import Deadline, Event
from radio.actions import (
    air_edition,
    close_channel,
    deliver_edition,
    lay_out_editions,
    mute_channel,
    open_channel,
    reopen_channel,
    select_case,
    submit_case,
    subscribe,
)
from radio.models import Edition, Reading
from radio.tasks import deliver_edition as deliver_task
from tests.radio.conftest import at


def days_of(channel):
    return [str(day) for day in channel.editions.order_by("day").values_list("day", flat=True)]


def only_edition(channel) -> Edition:
    return channel.editions.get()


def asked_for(function: str) -> int:
    return sum(SignedPackage.loads(row.payload)["func"] == function for row in OrmQ.objects.all())


def at_once(*jobs):
    """Run each job in its own thread and connection, all beginning together."""
    barrier, failures = threading.Barrier(len(jobs)), []

    def run(job):
        barrier.wait()
        try:
            job()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# --- when it can be read ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "is_there"),
    [("2026-11-20 08:59:59", False), ("2026-11-20 09:00:00", True), ("2026-11-20 09:00:01", True)],
)
def test_an_edition_is_there_at_nine_sharp_without_any_clock(fresh, he, moment, is_there):
    assert Edition.objects.visible_to(he, at(moment)).exists() is is_there
    assert Edition.objects.published(at(moment)).exists() is is_there


def test_the_clock_announces_at_nine_and_not_before(fresh):
    assert sweep(at("2026-11-20 08:59:59")).ran == 0
    assert sweep(at("2026-11-20 09:00:00")).ran == 1
    edition = Edition.objects.get(day=date(2026, 11, 20))
    assert edition.aired_at == at("2026-11-20 09:00:00")
    assert [line.action for line in history_of(edition)] == ["edition.aired"]
    assert asked_for("radio.tasks.deliver_edition") == 1


def test_announcing_lays_out_the_next_working_day(fresh):
    sweep(at("2026-11-20 09:00:00"))
    assert days_of(fresh) == ["2026-11-20", "2026-11-23"]
    assert list(fresh.editions.order_by("day").values_list("number", flat=True)) == [1, 2]
    assert Deadline.objects.get(kind="edition.air", done_at=None).due_at == at(
        "2026-11-23 09:00:00"
    )


def test_an_edition_is_announced_once(fresh):
    edition, nine = only_edition(fresh), at("2026-11-20 09:00:00")
    assert [
        air_edition(edition, now=nine),
        air_edition(edition, now=nine + timedelta(hours=1)),
    ] == [True, False]
    edition.refresh_from_db()
    assert edition.aired_at == nine


def test_announcing_counts_the_stories_once(fresh):
    with CaptureQueriesContext(connection) as asked:
        air_edition(only_edition(fresh), now=at("2026-11-20 09:00:00"))
    counted = [
        one for one in asked if 'COUNT(*) AS "__count" FROM "radio_editionitem"' in one["sql"]
    ]
    assert len(counted) == 1


def test_nothing_is_announced_before_its_time(fresh):
    assert air_edition(only_edition(fresh), now=at("2026-11-20 08:59:59")) is False


# --- on which days ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "day"),
    [
        ("2026-11-19 17:10:00", "2026-11-20"),  # an ordinary eve
        ("2026-11-20 08:59:59", "2026-11-20"),  # still today's
        ("2026-11-20 09:00:00", "2026-11-23"),  # Friday's is out: Monday
        ("2026-09-30 10:00:00", "2026-10-08"),  # the whole holiday week, Thursday after it
        ("2026-10-09 10:00:00", "2026-10-10"),  # a make-up Saturday
        ("2026-10-10 10:00:00", "2026-10-12"),
        ("2026-12-31 09:00:00", "2027-01-04"),  # New Year's Day and a weekend
    ],
)
def test_editions_come_out_on_working_days(db, holidays, opened, day):
    channel = open_channel(code="fresh", name="生鲜", by=None, now=at(opened))
    assert days_of(channel) == [day]
    assert only_edition(channel).publish_at == at(f"{day} 09:00:00")


def test_there_is_no_edition_on_a_holiday_and_one_on_a_make_up_saturday(db, holidays):
    channel = open_channel(code="fresh", name="生鲜", by=None, now=at("2026-09-29 10:00:00"))
    moment = at("2026-09-29 10:00:00")
    while moment < at("2026-10-13 10:00:00"):
        sweep(moment)
        moment += timedelta(hours=1)
    assert days_of(channel) == [
        "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12", "2026-10-13",
        "2026-10-14",
    ]  # fmt: skip
    assert Edition.objects.filter(aired_at=None).count() == 1


def test_the_year_ends_without_a_gap_or_a_double(db, holidays):
    channel = open_channel(code="fresh", name="生鲜", by=None, now=at("2026-12-30 10:00:00"))
    for day in ("2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04"):
        sweep(at(f"{day} 09:00:00"))
    assert days_of(channel) == ["2026-12-31", "2027-01-04", "2027-01-05"]
    assert list(channel.editions.order_by("day").values_list("number", flat=True)) == [1, 2, 3]


def test_when_a_day_becomes_a_holiday_its_edition_moves_on(fresh, case, sen, thursday):
    (item,) = select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    set_day(date(2026, 11, 20), is_off=True, name="临时放假", by=None, reason="台风")
    reconcile(thursday + timedelta(hours=1))
    item.edition.refresh_from_db()
    assert item.edition.publish_at == at("2026-11-23 09:00:00")
    assert not Edition.objects.published(at("2026-11-20 12:00:00")).exists()
    assert sweep(at("2026-11-20 12:00:00"))
    assert not Edition.objects.exclude(aired_at=None).exists()


def test_when_a_saturday_becomes_a_working_day_the_edition_comes_sooner(fresh):
    sweep(at("2026-11-20 09:00:00"))
    set_day(date(2026, 11, 21), is_off=False, name="调休", by=None, reason="补班")
    reconcile(at("2026-11-20 18:00:00"))
    assert days_of(fresh) == ["2026-11-20", "2026-11-21"]


# --- when something was down --------------------------------------------------------------------


def test_a_clock_that_slept_over_nine_catches_up(fresh):
    assert sweep(at("2026-11-20 09:10:00")).ran == 1
    assert only_aired(fresh) == ["2026-11-20"]


def only_aired(channel):
    rows = channel.editions.exclude(aired_at=None).order_by("day")
    return [str(day) for day in rows.values_list("day", flat=True)]


def test_a_house_down_for_three_days_makes_good_each_of_them(fresh):
    reconcile(at("2026-11-25 14:00:00"))
    assert only_aired(fresh) == ["2026-11-20", "2026-11-23", "2026-11-24", "2026-11-25"]
    assert days_of(fresh)[-1] == "2026-11-26"


def test_a_lost_timer_is_made_good(fresh):
    Deadline.objects.all().delete()
    assert sweep(at("2026-11-20 09:00:00")).ran == 0
    reconcile(at("2026-11-20 09:00:30"))
    assert only_aired(fresh) == ["2026-11-20"]


def test_reconciling_twice_changes_nothing(fresh):
    reconcile(at("2026-11-25 14:00:00"))
    before = list(Edition.objects.order_by("pk").values())
    reconcile(at("2026-11-25 14:00:05"))
    assert list(Edition.objects.order_by("pk").values()) == before


def test_reconciling_goes_on_by_itself(fresh, thursday):
    reconcile(thursday)
    sweep(thursday + timedelta(minutes=10))
    running = Deadline.objects.get(kind="radio.reconcile")
    assert (running.done_at, running.due_at) == (None, thursday + timedelta(minutes=20))


@pytest.mark.django_db(transaction=True)
def test_two_clocks_make_one_edition_and_announce_it_once(fresh, logistics):
    nine = at("2026-11-20 09:00:00")
    at_once(*[lambda: sweep(nine)] * 2, *[lambda: reconcile(nine)] * 2)
    for channel in (fresh, logistics):
        assert days_of(channel) == ["2026-11-20", "2026-11-23"]
    assert Event.objects.filter(action="edition.aired").count() == 2
    assert asked_for("radio.tasks.deliver_edition") == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_deliver_once(fresh, he, case, sen, thursday):
    subscribe(fresh, by=he)
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    sweep(at("2026-11-20 09:00:00"))
    edition = fresh.editions.get(number=1)
    at_once(*[lambda: deliver_task(str(edition.pk))] * 2)
    assert Reading.objects.count() == 1


# --- to whom ------------------------------------------------------------------------------------


def delivered(edition) -> dict[str, int]:
    deliver_edition(edition, now=edition.publish_at)
    found: dict[str, int] = {}
    for name in Reading.objects.values_list("user__username", flat=True):
        found[name] = found.get(name, 0) + 1
    return found


def test_it_is_delivered_to_who_subscribed_and_did_not_mute(
    fresh, case, he, bo, sen, wen, thursday
):
    for reader in (he, bo, wen):
        subscribe(fresh, by=reader)
    mute_channel(fresh, by=wen)
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    assert delivered(only_edition(fresh)) == {"he": 1, "bo": 1}


def test_a_case_in_two_channels_is_delivered_once(fresh, logistics, case, he, sen, thursday):
    subscribe(fresh, by=he)
    subscribe(logistics, by=he)
    select_case(case, channels=[fresh, logistics], headline="坏了六成", by=sen, now=thursday)
    delivered(only_edition(fresh))
    assert delivered(only_edition(logistics)) == {"he": 1}


def test_who_lost_the_right_gets_nothing(secret, case, he, ops, sen, thursday):
    subscribe(secret, by=he)
    secret.people.add(sen)
    select_case(case, channels=[secret], headline="坏了六成", by=sen, now=thursday)
    secret.people.remove(he)
    assert delivered(only_edition(secret)) == {}


def test_a_private_edition_is_announced_to_its_people_alone(
    secret, he, ops, sen, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        sweep(at("2026-11-20 09:00:00"))
    topics = {topic for topic, event in heard if event == "edition.aired"} - {"kitchen"}
    assert topics == {f"user.{he.pk}", f"user.{ops.pk}"}


# --- channels come and go -----------------------------------------------------------------------


def test_a_closed_channel_keeps_only_the_edition_that_holds_something(
    fresh, logistics, case, sen, ops, thursday
):
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    for channel in (fresh, logistics):
        close_channel(channel, by=ops, reason="并了", now=thursday)
    assert (days_of(fresh), days_of(logistics)) == (["2026-11-20"], [])
    sweep(at("2026-11-20 09:00:00"))
    assert days_of(fresh) == ["2026-11-20"]


def test_a_reopened_channel_owes_nothing_for_the_time_between(fresh, ops, thursday):
    close_channel(fresh, by=ops, reason="先停", now=thursday)
    reopen_channel(fresh, by=ops, reason="又开", now=at("2026-11-26 10:00:00"))
    assert days_of(fresh) == ["2026-11-27"]


def test_laying_out_ahead_makes_as_many_as_asked(fresh, thursday):
    lay_out_editions(fresh, now=thursday, ahead=3)
    assert days_of(fresh) == ["2026-11-20", "2026-11-23", "2026-11-24"]
    lay_out_editions(fresh, now=thursday)
    assert days_of(fresh) == ["2026-11-20", "2026-11-23", "2026-11-24"]


def test_a_case_pushed_and_selected_before_nine_is_read_at_nine(fresh, talk, bo, sen, he):
    case, _ = submit_case(talk, reason="值得一听", quotes=[3], by=bo, now=at("2026-11-20 08:50:00"))
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=at("2026-11-20 08:59:59"))
    readers = type(case).objects
    assert not readers.visible_to(he, at("2026-11-20 08:59:59")).exists()
    assert readers.visible_to(he, at("2026-11-20 09:00:00")).exists()
