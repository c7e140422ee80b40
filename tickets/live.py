"""What one ``live`` process shares among its sockets: hub, writer, reader, a thread pool, limits."""

import asyncio
import logging
import os
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import orjson
from django.db import close_old_connections, connections
from django.utils import timezone

from accounts.actions import user_topic
from accounts.queries import access_ended
from common.hub import Hub
from common.ids import parse_key
from common.models import Heartbeat
from common.parameters import value
from tickets.actions.posting import announce_reopened, tell_of_messages
from tickets.reader import Reader
from tickets.writer import Writer
from workforce.actions import tell_lines

log = logging.getLogger(__name__)

PROCESS = f"live@{socket.gethostname()}:{os.getpid()}"
THREADS = 8
REFRESH_SECONDS = 2.0
BEAT_EVERY = 5  # refreshes
# Longer than any transaction: what was ended in one that commits late is still seen.
ENDED_WITHIN = timedelta(seconds=20)

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters a socket needs on the loop, where nobody may wait for the database."""

    message_characters: int
    rate: float
    burst: float


class Live:
    """The shared parts; one per event loop."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.writer = Writer(self.hub, reopened=self._reopened)
        self.reader = Reader()
        self.limits = Limits(4000, 5, 20)
        self.sockets = 0
        # The agents among them, by person: whoever has none here may be away.
        self._lines: Counter[int] = Counter()
        self._ended: set[UUID] = set()
        # Our own bounded pool: one slow query must not stop every other socket of the process.
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="live-db")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ready: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Be ready for sockets; callers that come while it starts wait for it."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_task(self._start())
        await asyncio.shield(self._ready)

    async def stop(self) -> None:
        """Write what is queued, then let go of everything."""
        for task in list(self._tasks):
            task.cancel()
        await self.writer.stop()
        await self._tell_of_messages()
        await self.reader.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def in_pool(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a database function in the pool."""

        def run() -> R:
            close_old_connections()
            try:
                return function(*args, **kwargs)
            finally:
                connections.close_all()

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)

    async def open_line(self, user: int) -> None:
        """Count one more socket of an agent; with the first one they are there again."""
        self._lines[user] += 1
        if self._lines[user] == 1:
            await self.in_pool(tell_lines, PROCESS, {user: 1}, now=timezone.now())

    def close_line(self, user: int) -> None:
        """Count one socket of an agent less; after the last one the clock waits for them."""
        self._lines[user] -= 1
        if self._lines[user] <= 0:
            del self._lines[user]
            self.spawn(self.in_pool(self._lost_line, user))

    def _lost_line(self, user: int) -> None:
        # Asked when it is written: they may be back, and a beat may have said so in between.
        tell_lines(PROCESS, {user: self._lines.get(user, 0)}, now=timezone.now())

    def spawn(self, coroutine: Any) -> None:
        """Run ``coroutine`` beside everything else and keep it from being forgotten."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a live task failed", exc_info=task.exception())

    async def _start(self) -> None:
        self.hub.missing = self._fetch_missing
        await self.hub.start()
        await self._refresh(0)
        self.writer.start()
        self.reader.start()
        self.spawn(self._keep_fresh())

    async def _keep_fresh(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            turn += 1
            try:
                await self._refresh(turn)
            except Exception:
                log.exception("limits not refreshed; the old ones stay in force")

    async def _refresh(self, turn: int) -> None:
        self.limits, window = await self.in_pool(self._read_limits, turn % BEAT_EVERY == 0)
        self.writer.set_reopen_window(window)
        await self._notice_ended()
        await self._tell_of_messages()

    async def _tell_of_messages(self) -> None:
        # Beside the writer, every few seconds: no message waits for who listens from outside.
        # What a killed process has not said is said with the conversation's next message.
        if spoken := self.writer.take_spoken():
            await self.in_pool(tell_of_messages, spoken)

    async def _notice_ended(self) -> None:
        """Have the sockets of whoever lost access ask again: nothing is pushed when time runs out."""
        now = timezone.now()
        ended = await self.in_pool(access_ended, since=now - ENDED_WITHIN, until=now)
        for person in {ended[row] for row in ended.keys() - self._ended}:
            changed = {"name": "rights.changed", "ids": {"user": person.public_key}}
            frame = orjson.dumps({"op": "event", "topic": "me", **changed})
            self.hub.deliver(user_topic(person), None, frame)
        self._ended = set(ended)

    def _read_limits(self, beat: bool) -> tuple[Limits, timedelta]:
        if beat:
            Heartbeat.objects.update_or_create(
                instance=PROCESS,
                defaults={
                    "process": "live",
                    "at": timezone.now(),
                    "detail": {"sockets": self.sockets, "stored": self.writer.stored},
                },
            )
            # What a killed process held is no longer said by anybody, and so is lost.
            if lines := dict(self._lines):
                tell_lines(PROCESS, lines, now=timezone.now())
        limits = Limits(
            value("chat.message_characters"), value("chat.socket_rate"), value("chat.socket_burst")
        )
        return limits, value("chat.reopen_window")

    def _reopened(self, conversation: UUID) -> None:
        self.spawn(self.in_pool(announce_reopened, conversation))

    def _fetch_missing(self, topic: str, key: int) -> None:
        self.spawn(self._bring(topic, key))

    async def _bring(self, topic: str, key: int) -> None:
        page = await self.reader.after(parse_key("cnv", topic.partition(".")[2]), key - 1)
        for seq, frame in page.messages:
            if seq == key:
                self.hub.deliver(topic, seq, frame)


_current: dict[int, Live] = {}


def live() -> Live:
    """Return the shared parts of the running loop."""
    key = id(asyncio.get_running_loop())
    if key not in _current:
        _current[key] = Live()
    return _current[key]


def forget_live() -> None:
    """Let go of the running loop's shared parts (after :meth:`Live.stop`)."""
    _current.pop(id(asyncio.get_running_loop()), None)
