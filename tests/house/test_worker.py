"""The watchdog knows a hanging cluster from a busy one, and work goes on."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from django.db import connection
from django_q.models import OrmQ, Task
from django_q.tasks import async_task

from common import watchdog
from common.models import Heartbeat
from common.tasks import beat
from common.watchdog import GRACE_SECONDS, PATIENCE_SECONDS, START_SECONDS, Watch
from tests.house.conftest import ROOT, state, wait_until

LATER = 100.0
ALIVE, GONE = os.getpid(), 2**22 + 1


class TestWatch:
    """Seconds since the cluster was started; tasks may take 20."""

    @pytest.fixture
    def watch(self):
        made = Watch(started=0.0)
        made.hear(f"up {ALIVE}", 1.0)
        made.hear(f"busy {ALIVE}", 2.0)
        made.hear(f"idle {ALIVE}", 2.0)
        return made

    def test_all_is_well_while_beats_are_answered(self, watch):
        watch.asked = LATER
        watch.hear(f"busy {ALIVE}", LATER + 1)
        watch.hear(f"idle {ALIVE}", LATER + 2)
        assert watch.asked is None
        assert watch.trouble(LATER + 100, 20) is None

    def test_an_unanswered_beat_is_trouble_after_a_while(self, watch):
        watch.asked = LATER
        assert watch.trouble(LATER + PATIENCE_SECONDS, 20) is None
        assert "beat" in watch.trouble(LATER + PATIENCE_SECONDS + 1, 20)

    def test_a_starting_cluster_is_given_time_and_not_asked(self):
        starting = Watch(started=0.0)
        assert not starting.wants_beat(START_SECONDS)
        assert starting.trouble(START_SECONDS, 20) is None
        assert "nothing" in starting.trouble(START_SECONDS + 1, 20)

    def test_a_new_cluster_proves_itself_at_once(self):
        starting = Watch(started=0.0)
        starting.hear(f"up {ALIVE}", 1.0)
        assert starting.wants_beat(1.0)

    def test_a_database_that_was_away_is_an_excuse(self, watch):
        watch.asked = LATER
        watch.excuse(LATER + 60)
        assert watch.trouble(LATER + 60 + GRACE_SECONDS, 20) is None
        assert not watch.wants_beat(LATER + 60 + GRACE_SECONDS)
        assert watch.wants_beat(LATER + 60 + GRACE_SECONDS + 5)

    def test_a_busy_cluster_is_left_alone_until_its_task_should_have_ended(self, watch):
        watch.hear(f"busy {ALIVE}", LATER)
        watch.asked = LATER
        assert watch.trouble(LATER + 29, 20) is None
        assert watch.trouble(LATER + 31, 20)

    def test_a_dead_worker_is_not_busy(self, watch):
        watch.hear(f"busy {GONE}", LATER)
        watch.asked = LATER
        assert watch.trouble(LATER + PATIENCE_SECONDS + 1, 20)

    def test_a_flood_of_short_tasks_is_no_trouble_though_the_beat_waits(self, watch):
        watch.asked = LATER
        for second in range(60):
            watch.hear(f"taken {second}", LATER + second)
            watch.hear(f"finished {second}", LATER + second)
        assert watch.trouble(LATER + 60, 20) is None

    def test_results_that_are_never_written_down_are_trouble(self, watch):
        watch.hear("taken 7", LATER)
        watch.hear("ran 7", LATER + 1)
        assert watch.trouble(LATER + PATIENCE_SECONDS + 2, 20)
        watch.hear("finished 7", LATER + PATIENCE_SECONDS + 2)
        assert watch.trouble(LATER + PATIENCE_SECONDS + 2, 20) is None
        assert watch.held == {}

    def test_it_asks_once_and_only_after_silence(self, watch):
        watch.hear("taken 1", 10.0)
        assert not watch.wants_beat(11.0)
        assert watch.wants_beat(15.0)
        watch.asked = 15.0
        assert not watch.wants_beat(25.0)


class TestBeat:
    def test_it_is_written_down_by_the_cluster_that_was_asked(self, db):
        beat("worker@here:1", watchdog.group_name(), 0.0)
        assert Heartbeat.objects.get(pk="worker@here:1").process == "worker"

    def test_another_cluster_passes_it_on(self, db):
        beat("worker@here:1", "elsewhere:1", asked=2e12)
        assert not Heartbeat.objects.filter(pk="worker@here:1").exists()
        assert OrmQ.objects.count() == 1

    def test_an_old_or_far_travelled_one_is_dropped(self, db):
        beat("worker@here:1", "elsewhere:1", asked=0.0)
        beat("worker@here:1", "elsewhere:1", asked=2e12, hops=20)
        assert not OrmQ.objects.exists()


QUICK = """
import django; django.setup()
from common import watchdog
watchdog.BEAT_EVERY_SECONDS, watchdog.PATIENCE_SECONDS = 0.5, 4.0
watchdog.Watchdog().run()
"""


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def database_address() -> str:
    """Return the address of this process's test database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path="/" + quote(connection.settings_dict["NAME"])))


@pytest.mark.skipif(sys.platform != "linux", reason="finds the cluster's processes in /proc")
@pytest.mark.django_db(transaction=True)
def test_idle_workers_are_killed_and_work_goes_on(tmp_path):
    environment = os.environ | {
        "DATABASE_URL": database_address(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "XIAOER_PROCESS": "worker",
    }
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", QUICK], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    beats = Heartbeat.objects.filter(pk=f"worker@{socket.gethostname()}:{process.pid}")
    try:
        wait_until(beats.exists, 90)
        (cluster,) = children(process.pid)
        (sentinel,) = children(cluster)
        for worker in children(sentinel)[:2]:  # both workers; the lock dies with one of them
            os.kill(worker, signal.SIGKILL)
        names = [async_task("accounts.tasks.clear_old_sessions", save=True) for _ in range(5)]
        wait_until(lambda: Task.objects.filter(id__in=names, success=True).count() == 5, 90)
        group = children(process.pid)[0]
        process.terminate()
        assert process.wait(90) == 0
        assert state(group) in ("", "Z")
        assert not beats.exists()
    except AssertionError:
        print((tmp_path / "log").read_text())
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
