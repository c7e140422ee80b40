"""The worker and the eye on it: a task cluster that is proved alive, not assumed to be.

A worker process killed while idle dies holding the lock of the task queue, and the whole cluster
stands still for good without a word in its log. So the cluster runs in a process group of its own;
from outside a beat is queued every few seconds, and when beats are waiting and nothing moves,
the group is killed and started again. The cluster tells over a pipe what it takes, runs and finishes:
a busy cluster is left alone, and what a killed one had taken is given back at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django_q.cluster import Cluster
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signals import post_execute_in_worker, post_spawn, pre_execute
from django_q.tasks import async_task

from common.models import Heartbeat
from common.task_guard import GuardedBroker

logger = logging.getLogger(__name__)

BEAT = "common.tasks.beat"
PIPE = "XIAOER_WORKER_PIPE"
BEAT_EVERY_SECONDS = 5.0
PATIENCE_SECONDS = 12.0  # a beat waits this long and nothing else moves: the cluster hangs
PATIENCE_MOST = 96.0  # it doubles when restarts do not help: a machine that crawls
START_SECONDS = 120.0  # from the start to the first word
GRACE_SECONDS = 25.0  # after the database was away
CALM_SECONDS = 300.0  # a cluster that lived this long is trusted again
STOP_SECONDS = 55.0  # two rounds of tasks of 20 s each, and some
PAUSES = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)


def group_name() -> str:
    """Return the name of the cluster that this process belongs to: host and process group."""
    return f"{socket.gethostname()}:{os.getpgrp()}"


# --- inside the cluster --------------------------------------------------------------------------


def _tell(sign: str, number: object) -> None:
    """Write one line to the watchdog; a full pipe means that it is busy, and the line is dropped."""
    if pipe := os.environ.get(PIPE):
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(int(pipe), f"{sign} {number}\n".encode())


class WatchedBroker(GuardedBroker):
    """The database queue, telling which rows this cluster has taken and which it has finished."""

    def dequeue(self) -> Any:
        """Take what is due."""
        taken = super().dequeue()
        for number, _payload in taken or ():
            _tell("taken", number)
        return taken

    def delete(self, task_id: Any) -> None:
        """Drop a finished row."""
        super().delete(task_id)
        _tell("finished", task_id)


def _came_up(sender: object, **_kwargs: object) -> None:
    _tell("up", os.getpid())


def _began(sender: object, **_kwargs: object) -> None:
    _tell("busy", os.getpid())


def _ended(sender: object, task: dict[str, Any], **_kwargs: object) -> None:
    confirmed = task["success"] or task.get("ack_failure")
    # A failure that is not confirmed stays queued until its time comes again: no longer ours.
    _tell("ran" if confirmed else "finished", task.get("ack_id") or 0)
    _tell("idle", os.getpid())


def _worth_a_line(record: logging.LogRecord) -> bool:
    told = record.getMessage()
    return BEAT not in told and not told.startswith("Enqueued [")


def run_cluster() -> None:
    """Be the cluster: what the watchdog starts as a process of its own."""
    post_spawn.connect(_came_up, dispatch_uid="watchdog.came_up")
    pre_execute.connect(_began, dispatch_uid="watchdog.began")
    post_execute_in_worker.connect(_ended, dispatch_uid="watchdog.ended")
    logging.getLogger("django-q").addFilter(_worth_a_line)
    Cluster(broker=WatchedBroker(Conf.CLUSTER_NAME)).start()


# --- what the watchdog knows ---------------------------------------------------------------------


@dataclass
class Watch:
    """What was heard from one cluster, and whether it hangs. Times are monotonic seconds."""

    started: float
    patience: float = PATIENCE_SECONDS
    heard: float | None = None
    quiet_until: float = 0.0
    asked: float | None = None
    proved: bool = False
    busy: dict[int, float] = field(default_factory=dict)
    held: dict[int, float] = field(default_factory=dict)
    ran: dict[int, float] = field(default_factory=dict)

    def hear(self, line: str, now: float) -> None:
        """Take in one line of the pipe."""
        sign, _space, text = line.partition(" ")
        number = int(text)
        self.heard = now
        if sign == "busy":
            self.busy[number] = now
            self.asked = None
            self.proved = True
        elif sign == "idle":
            self.busy.pop(number, None)
        elif sign == "taken":
            self.held[number] = now
        elif sign == "ran":
            self.ran[number] = now
        elif sign == "finished":
            self.held.pop(number, None)
            self.ran.pop(number, None)

    def working(self, now: float, timeout: float) -> bool:
        """Say whether some task is under way that may still take its time (``timeout`` seconds)."""
        self.busy = {pid: since for pid, since in self.busy.items() if _exists(pid)}
        return any(now - since < timeout + 10 for since in self.busy.values())

    def wants_beat(self, now: float) -> bool:
        """Say whether it is time to ask for a sign of life."""
        if self.heard is None or self.asked is not None:
            return False
        # A new cluster proves itself at once.
        silence = BEAT_EVERY_SECONDS if self.proved else 0.0
        return now - max(self.heard, self.quiet_until) >= silence

    def excuse(self, now: float) -> None:
        """Expect nothing for a while: the database was away, and the cluster with it."""
        self.asked, self.quiet_until = None, now + GRACE_SECONDS

    def trouble(self, now: float, timeout: float) -> str | None:
        """Return why the cluster must be started again, or None while all is well."""
        if self.heard is None:
            late = now - self.started > START_SECONDS
            return f"it said nothing for {START_SECONDS:.0f} s" if late else None
        if now < self.quiet_until:
            return None
        unconfirmed = min(self.ran.values(), default=now)
        if now - unconfirmed > self.patience:
            return f"a task ran {now - unconfirmed:.0f} s ago and its result was never written down"
        if self.working(now, timeout):
            return None
        if self.asked is not None and now - max(self.asked, self.heard) > self.patience:
            return f"a beat has been waiting for {now - self.asked:.0f} s and nothing moves"
        oldest = min(self.held.values(), default=now)
        if now - oldest > 3 * timeout + self.patience:
            return f"a task was taken {now - oldest:.0f} s ago and never finished"
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- the watchdog --------------------------------------------------------------------------------


@dataclass
class Watchdog:
    """Starts the cluster, watches it, starts it again, and ends it on a signal."""

    stopping: bool = False
    restarts: int = 0
    in_vain: int = 0
    instance: str = field(default_factory=lambda: f"worker@{socket.gethostname()}:{os.getpid()}")
    _process: subprocess.Popen[bytes] | None = None
    _pipe: int = -1
    _rest: bytes = b""
    _watch: Watch = field(default_factory=lambda: Watch(started=time.monotonic()))

    def run(self) -> None:
        """Work until TERM or INT, then let the cluster finish what it holds."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        logging.getLogger("django-q").setLevel(logging.WARNING)  # "Enqueued" for every beat
        Heartbeat.objects.filter(
            process="worker", at__lt=timezone.now() - timedelta(days=1)
        ).delete()
        self._start()
        while not self.stopping:
            self._listen(0.25)
            self._look()
        self._stop()

    @property
    def _timeout(self) -> float:
        return float(Conf.TIMEOUT or 60)

    def _start(self) -> None:
        read, write = os.pipe()
        os.set_blocking(write, False)
        os.set_blocking(read, False)
        self._process = subprocess.Popen(
            [sys.executable, settings.BASE_DIR / "manage.py", "worker", "--cluster"],
            env=os.environ | {PIPE: str(write)},
            pass_fds=[write],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        os.close(write)
        self._pipe, self._rest = read, b""
        self._watch = Watch(
            started=time.monotonic(),
            patience=min(PATIENCE_MOST, PATIENCE_SECONDS * 2**self.in_vain),
        )
        logger.info("cluster started as process group %s", self._process.pid)

    def _listen(self, seconds: float) -> None:
        try:
            ready, _w, _x = select.select([self._pipe], [], [], seconds)
            data = os.read(self._pipe, 65536) if ready else b""
        except InterruptedError:
            return
        if ready and not data:
            time.sleep(seconds)  # every process of the cluster is gone
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._watch.hear(line.decode(), time.monotonic())

    def _look(self) -> None:
        assert self._process is not None
        now = time.monotonic()
        if self._process.poll() is not None:
            # Also with code 0: that is how it ends when its sentinel was killed.
            self._restart(f"it ended with code {self._process.returncode}")
            return
        try:
            if self._watch.wants_beat(now):
                async_task(BEAT, self.instance, self._target(), time.time(), save=False)
                self._watch.asked = now
            trouble = self._watch.trouble(now, self._timeout)
            if trouble:
                OrmQ.objects.exists()  # the database must be there before the cluster is blamed
        except DatabaseError as error:
            logger.warning("the database does not answer: %s", str(error).strip())
            connection.close()
            self._watch.excuse(now)
            time.sleep(1)
        else:
            if trouble:
                self._restart(trouble)

    def _target(self) -> str:
        assert self._process is not None
        return f"{socket.gethostname()}:{self._process.pid}"

    def _restart(self, reason: str) -> None:
        logger.critical("cluster hangs or is gone, starting it again: %s", reason)
        self._kill()
        self._give_back()
        lived = time.monotonic() - self._watch.started
        self.restarts = 1 if lived > CALM_SECONDS else self.restarts + 1
        # A cluster that ran something since its start was worth starting: the next one is watched
        # as closely. One that never did may just be slow.
        self.in_vain = 0 if self._watch.proved else self.in_vain + 1
        until = time.monotonic() + PAUSES[min(self.restarts - 1, len(PAUSES) - 1)]
        while time.monotonic() < until and not self.stopping:
            time.sleep(0.1)
        if not self.stopping:
            self._start()

    def _kill(self) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._listen(0)
        os.close(self._pipe)

    def _give_back(self) -> None:
        """Make due again what the killed cluster had taken; its tasks are safe to run twice."""
        now = timezone.now()
        try:
            count = OrmQ.objects.filter(pk__in=list(self._watch.held), lock__gt=now).update(
                lock=now
            )
        except DatabaseError as error:
            # They come back by themselves after ``retry`` seconds.
            logger.warning("could not give back %d tasks: %s", len(self._watch.held), error)
            connection.close()
        else:
            if count:
                logger.warning("gave back %d tasks that the cluster had taken", count)

    def _stop(self) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            while self._process.poll() is None and time.monotonic() < deadline:
                self._listen(0.1)
        self._kill()
        self._give_back()
        with contextlib.suppress(DatabaseError):
            Heartbeat.objects.filter(pk=self.instance).delete()
        logger.info("cluster stopped")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGTERM)
