"""The task queue runs what the code allows and nothing else."""

import os
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import Failure, OrmQ, Schedule, Task
from django_q.scheduler import scheduler
from django_q.tasks import async_task

from common.models import Event
from common.schedules import sync_schedules
from common.task_guard import GuardedBroker, dotted
from common.tasks import prune_task_results
from common.watchdog import WatchedBroker

TABLES = ("schedule", "ormq", "success", "failure")


@pytest.fixture
def broker(db):
    return GuardedBroker(Conf.CLUSTER_NAME)


def test_the_cluster_uses_the_guard():
    assert issubclass(WatchedBroker, GuardedBroker)
    assert Conf.BROKER_CLASS == "common.task_guard.GuardedBroker"


def test_a_schedule_row_of_any_function_does_not_run_it(broker, tmp_path, monkeypatch):
    # The scheduler is used to a connection of its own; here it shares the test's.
    monkeypatch.setattr("django_q.scheduler.close_old_django_connections", lambda: None)
    Schedule.objects.all().delete()
    target = tmp_path / "made-by-a-row"
    Schedule.objects.create(
        name="harmless",
        func="os.mkdir",
        args=repr((str(target),)),
        schedule_type=Schedule.ONCE,
        next_run=timezone.now() - timedelta(minutes=1),
    )
    scheduler(broker=broker)
    queued = OrmQ.objects.get(payload__isnull=False)
    assert dotted(queued.task["func"]) == "os.mkdir"
    assert broker.dequeue() == []
    assert not target.exists()
    assert OrmQ.objects.count() == 0
    assert "refused: os.mkdir" in Failure.objects.get().result
    line = Event.objects.get(action="task.refused")
    assert line.after == {"func": "os.mkdir"}


@pytest.mark.parametrize("options", [{"hook": "os.abort"}, {}])
def test_hooks_and_given_functions_are_asked_too(options, broker):
    async_task("common.tasks.beat" if options else os.getcwd, **options)
    assert broker.dequeue() == []
    assert Failure.objects.count() == 1


def test_what_is_allowed_passes(broker):
    async_task("common.tasks.beat", "here", "there", 0.0)
    ((number, _payload),) = broker.dequeue()
    assert OrmQ.objects.get().pk == number
    assert not Failure.objects.exists()


def test_schedules_come_from_code_alone(db):
    sync_schedules()
    Schedule.objects.create(name="foreign", func="common.tasks.beat", schedule_type=Schedule.DAILY)
    Schedule.objects.filter(name="clear old sessions").update(func="os.mkdir")
    written, removed = sync_schedules()
    assert set(removed) == {"foreign", "clear old sessions"}
    assert written == ["clear old sessions"]
    found = set(Schedule.objects.values_list("name", "func"))
    assert found == {(it.name, it.func) for it in settings.SCHEDULES}
    assert sync_schedules() == ([], [])


def test_the_next_run_survives_a_sync(db):
    sync_schedules()
    moment = timezone.now() + timedelta(hours=5)
    Schedule.objects.filter(name="clear old sessions").update(next_run=moment)
    sync_schedules()
    assert Schedule.objects.get(name="clear old sessions").next_run == moment


@pytest.mark.parametrize("table", TABLES)
def test_the_machine_room_is_for_superusers_to_look_at(table, browser_of, ops, root):
    url = reverse(f"admin:django_q_{table}_changelist")
    assert browser_of(ops).get(url).status_code == 404
    assert browser_of(root).get(url).status_code == 200


@pytest.mark.parametrize("table", TABLES)
def test_nobody_adds_or_changes_anything_there(table, browser_of, root):
    browser = browser_of(root)
    assert browser.get(reverse(f"admin:django_q_{table}_add")).status_code == 404


def test_a_schedule_cannot_be_edited(browser_of, root):
    sync_schedules()
    row = Schedule.objects.first()
    url = reverse("admin:django_q_schedule_change", args=[row.pk])
    browser = browser_of(root)
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"func": "os.mkdir"}).status_code == 404
    row.refresh_from_db()
    assert row.func != "os.mkdir"


def test_old_results_are_forgotten(db):
    now = timezone.now()
    for name, well, days in (("a", True, 8), ("b", True, 1), ("c", False, 8), ("d", False, 91)):
        stopped = now - timedelta(days=days)
        Task.objects.create(
            id=name, name=name, func="f", success=well, started=stopped, stopped=stopped
        )
    assert prune_task_results() == 2
    assert set(Task.objects.values_list("name", flat=True)) == {"b", "c"}


def test_functions_are_named_by_their_path():
    assert dotted("os.mkdir") == "os.mkdir"
    assert dotted(prune_task_results) == "common.tasks.prune_task_results"
