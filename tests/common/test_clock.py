"""The clock process: what is due happens once, soon, and nothing stops it for good."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from common import clock, deadlines
from common.clock import LONGEST_SLEEP, Clock, upkeep
from common.deadlines import deadline_handler, deadline_looker, drop_deadline, set_deadline, sweep
from common.models import BusPayload, Deadline, Heartbeat
from tests.waiting import Beside, Halt

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """Register a kind of timer for one test; return what its handler heard."""
    monkeypatch.setattr(deadlines, "_handlers", {})
    monkeypatch.setattr(deadlines, "_lookers", {})
    monkeypatch.setattr(deadlines, "_reconcilers", [])
    calls = []

    @deadline_handler("test.ring")
    def ring(subject_id, payload, now):
        calls.append((subject_id, payload))

    return calls


def test_what_is_due_runs_once(heard):
    now = timezone.now()
    set_deadline("test.ring", "7", now, {"why": "x"})
    set_deadline("test.ring", "8", now + timedelta(seconds=1))
    assert (sweep(now).ran, sweep(now).ran) == (1, 0)
    assert heard == [("7", {"why": "x"})]


def test_a_moved_timer_rings_at_its_new_time_alone(heard):
    now = timezone.now()
    set_deadline("test.ring", "7", now)
    set_deadline("test.ring", "7", now + timedelta(minutes=1))
    assert sweep(now).ran == 0
    assert sweep(now + timedelta(minutes=1)).ran == 1


def test_a_dropped_timer_does_not_ring(heard):
    now = timezone.now()
    set_deadline("test.ring", "7", now)
    assert drop_deadline("test.ring", "7") is True
    assert drop_deadline("test.ring", "7") is False
    assert sweep(now).ran == 0


def test_a_timer_nobody_handles_waits_for_who_does(heard):
    set_deadline("later.app", "1", timezone.now())
    assert sweep(timezone.now()) == deadlines.Swept(0, 0)
    assert Deadline.objects.get().done_at is None


def test_a_failing_handler_is_tried_again_and_stops_no_other(heard):
    now, fails = timezone.now(), []

    @deadline_handler("test.broken")
    def broken(subject_id, payload, moment):
        fails.append(moment)
        if len(fails) < 3:
            raise RuntimeError("no")

    set_deadline("test.broken", "1", now - timedelta(seconds=1))
    set_deadline("test.ring", "7", now)
    assert sweep(now) == deadlines.Swept(ran=1, failed=1)
    assert sweep(now).ran == 0  # it pauses
    assert sweep(now + timedelta(seconds=1)).failed == 1
    assert sweep(now + timedelta(seconds=3)).ran == 1
    row = Deadline.objects.get(kind="test.broken")
    assert (row.attempts, row.last_error) == (2, "RuntimeError('no')")
    assert row.done_at is not None


def test_a_handler_may_set_its_own_timer_anew(heard):
    now = timezone.now()

    @deadline_handler("test.daily")
    def daily(subject_id, payload, moment):
        set_deadline("test.daily", subject_id, moment + timedelta(days=1))

    set_deadline("test.daily", "1", now)
    sweep(now)
    row = Deadline.objects.get(kind="test.daily")
    assert (row.due_at, row.done_at) == (now + timedelta(days=1), None)


def test_a_tick_beats_and_sleeps_until_the_next_timer(heard):
    now = timezone.now()
    one = Clock()
    assert one.tick(now) == LONGEST_SLEEP
    set_deadline("test.ring", "7", now + timedelta(milliseconds=200))
    assert one.tick(now) <= timedelta(milliseconds=200)
    assert Heartbeat.objects.get(pk=one.instance).at == now
    one.tick(now + timedelta(seconds=5))
    assert Heartbeat.objects.get(pk=one.instance).at == now + timedelta(seconds=5)


def test_each_clock_makes_up_for_what_was_missed_when_it_starts(heard):
    seen = []
    deadlines.at_clock_start(seen.append)
    one, now = Clock(), timezone.now()
    one.tick(now)
    one.tick(now)
    assert seen == [now]


def test_trouble_with_the_database_is_waited_for(heard, monkeypatch, caplog):
    def away(now, limit):
        raise OperationalError("the server is gone")

    one = Clock()
    monkeypatch.setattr(clock, "close_old_connections", lambda: None)
    monkeypatch.setattr(connection, "close", lambda: None)
    with monkeypatch.context() as broken:
        broken.setattr(clock, "sweep", away)
        assert one.tick_safely() == clock.AFTER_TROUBLE
    assert "the server is gone" in caplog.text
    set_deadline("test.ring", "7", timezone.now())
    one.tick_safely()
    assert len(heard) == 1


def test_upkeep_makes_partitions_and_drops_what_nobody_reads():
    now = timezone.now()
    old = BusPayload.objects.create(body="x")
    BusPayload.objects.filter(pk=old.pk).update(created_at=now - timedelta(minutes=11))
    fresh = BusPayload.objects.create(body="y")
    Heartbeat.objects.create(instance="gone", process="live", at=now - timedelta(days=2))
    assert upkeep(now) is True
    assert list(BusPayload.objects.all()) == [fresh]
    # A house that runs beside this test beats as well.
    assert not Heartbeat.objects.filter(instance="gone").exists()
    ahead = now + timedelta(days=90)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"common_event_{ahead:%Y%m}"])
        assert cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_two_clocks_share_the_timers_and_ring_each_once(heard):
    now = timezone.now()
    for number in range(60):
        set_deadline("test.ring", str(number), now)

    def run():
        sweep(now)
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(subject) for subject, _payload in heard) == list(range(60))


@pytest.mark.django_db(transaction=True)
def test_who_cancels_a_timer_never_waits_for_the_clock_that_is_at_it(heard):
    """The handler waits for the subject, which whoever cancels holds: waiting both ways is a deadlock."""
    now = timezone.now()
    at_it, cancelled = threading.Event(), threading.Event()

    @deadline_handler("test.slow")
    def slow(subject_id, payload, moment):
        at_it.set()
        cancelled.wait(20)

    def run():
        sweep(now)
        connections.close_all()

    set_deadline("test.slow", "7", now)
    one = threading.Thread(target=run)
    one.start()
    assert at_it.wait(20)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            assert drop_deadline("test.slow", "7") is False
    finally:
        cancelled.set()
        one.join()
    assert Deadline.objects.get(kind="test.slow").done_at == now


@pytest.mark.django_db(transaction=True)
def test_who_sets_a_timer_never_waits_for_the_clock_that_looks(heard):
    """What takes long is looked at before the timer is held, and counts for nothing when it was set anew."""
    now, halt, done = timezone.now(), Halt(), []

    @deadline_looker("test.look")
    def look(subject_id, payload, moment):
        return halt.before(lambda: lambda: done.append(payload))()

    set_deadline("test.look", "7", now, {"turn": 1})
    clock_at_it = Beside(lambda: sweep(now))
    halt.reached()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        set_deadline("test.look", "7", now - timedelta(seconds=1), {"turn": 2})
    halt.go_on()
    assert (clock_at_it.done(), done) == (deadlines.Swept(0, 0), [])
    assert sweep(now) == deadlines.Swept(1, 0)
    assert done == [{"turn": 2}]
    assert sweep(now) == deadlines.Swept(0, 0)


def test_a_look_that_fails_is_tried_again(heard):
    now, looks = timezone.now(), []

    @deadline_looker("test.look")
    def look(subject_id, payload, moment):
        looks.append(moment)
        if len(looks) == 1:
            raise ValueError("the figures are not there")
        return lambda: None

    set_deadline("test.look", "7", now)
    assert sweep(now) == deadlines.Swept(0, 1)
    assert deadlines.next_due() == now + timedelta(seconds=1)
    assert sweep(now + timedelta(seconds=1)) == deadlines.Swept(1, 0)


@pytest.mark.django_db(transaction=True)
def test_the_process_beats_and_stops_cleanly_on_a_signal():
    params = connection.get_connection_params()
    query = urlencode({key: params[key] for key in ("host", "port") if params.get(key)})
    who = quote(params["user"]) + (
        f":{quote(params['password'])}" if params.get("password") else ""
    )
    url = f"postgresql://{who}@/{params['dbname']}?{query}"
    environment = os.environ | {"DATABASE_URL": url, "XIAOER_PROCESS": "clock"}
    clocks = [
        subprocess.Popen(
            [sys.executable, "manage.py", "clock"], env=environment, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    beats = Heartbeat.objects.filter(
        pk__in=[f"clock {socket.gethostname()}:{one.pid}" for one in clocks]
    )
    try:
        patience = time.monotonic() + 60
        while beats.count() < 2:
            assert time.monotonic() < patience, "the clocks do not beat"
            assert all(one.poll() is None for one in clocks), "a clock ended by itself"
            time.sleep(0.05)
        for one in clocks:
            one.send_signal(signal.SIGTERM)
        errors = [one.communicate(timeout=20)[1].decode() for one in clocks]
    finally:
        for one in clocks:
            if one.poll() is None:
                one.kill()
    assert [one.returncode for one in clocks] == [0, 0]
    assert not beats.exists()
    assert all("Traceback" not in text for text in errors)
