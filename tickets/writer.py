"""The batch writer of a ``live`` process: one task, one connection, one commit for all that has arrived.

It takes everything that came in while the previous commit was running, stores it with the posting
statement, and only then acknowledges. A lost connection loses nothing: the outcome of the last batch
is unknown, so it is sent again with the same client ids and stored once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.conf import settings

from common.errors import DomainError
from common.hub import Hub
from common.ids import public_key
from common.layer import conninfo
from tickets.actions.posting import POST_SQL, Draft, columns, frame, refusal
from tickets.actions.reading import MARK_SQL, Mark, mark_columns, mark_frame
from tickets.models import conversation_topic

log = logging.getLogger(__name__)

QUEUE_LIMIT = 5_000
BATCH_LIMIT = 500
BUSY_RETRY_MS = 500
COLLECT_ABOVE = 300  # commits a second from which a few milliseconds of collecting pay off
COLLECT_SECONDS = 0.006

Answer = Callable[[dict[str, Any]], None]
"""Takes the ack or error frame of one message."""


class Busy(DomainError):
    """The queue is full: try again after ``retry_ms``."""


@dataclass(slots=True)
class Waiting:
    """A draft and who wants to know what became of it."""

    draft: Draft
    answer: Answer


class Writer:
    """Stores what the sockets of this process say."""

    def __init__(self, hub: Hub, *, reopened: Callable[[UUID], None]) -> None:
        self._hub = hub
        self._reopened = reopened
        self._queue: deque[Waiting] = deque()
        self._marks: dict[tuple[UUID, str, str, int], int] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._conn: psycopg.AsyncConnection[Any] | None = None
        self._reopen_window = timedelta(days=7)
        self._stopping = False
        self._commits: deque[float] = deque(maxlen=64)
        self.stored = 0
        # Conversations in which something was stored since somebody asked (``take_spoken``).
        self._spoken: set[UUID] = set()

    def start(self) -> None:
        """Begin to write."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Write what is queued, then stop."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._conn is not None:
            await self._conn.close()

    def set_reopen_window(self, window: timedelta) -> None:
        """Take the parameter's value; read by the caller, who may wait for the database."""
        self._reopen_window = window

    def take_spoken(self) -> set[UUID]:
        """Return the conversations in which something was stored since the last call."""
        taken, self._spoken = self._spoken, set()
        return taken

    def submit(self, draft: Draft, answer: Answer) -> None:
        """Queue a message. Raises :class:`Busy` when too many wait already."""
        if len(self._queue) >= QUEUE_LIMIT or self._stopping:
            raise Busy("busy", "", retry_ms=BUSY_RETRY_MS)
        self._queue.append(Waiting(draft, answer))
        self._wake.set()

    def mark(self, mark: Mark) -> None:
        """Note that one side has received or read up to a number; the highest wins."""
        key = (mark.conversation, mark.side, mark.what, mark.reader)
        self._marks[key] = max(self._marks.get(key, 0), mark.seq)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            if not self._queue and not self._marks:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            if self._is_hurried() and not self._stopping:
                await asyncio.sleep(COLLECT_SECONDS)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_LIMIT))]
            try:
                await self._write(batch)
            except Exception:
                # Whoever got no answer sends again with the same id; the writer lives for all.
                log.exception("a batch of %d was not dealt with to its end", len(batch))
            self._commits.append(monotonic())

    async def _write(self, batch: list[Waiting]) -> None:
        if batch:
            await self._store(batch)
        if self._marks:
            marks, self._marks = self._marks, {}
            await self._store_marks(
                [Mark(c, side, what, seq, reader) for (c, side, what, reader), seq in marks.items()]
            )

    def _is_hurried(self) -> bool:
        commits = self._commits
        return len(commits) == commits.maxlen and (monotonic() - commits[0]) * COLLECT_ABOVE < len(
            commits
        )

    async def _store(self, batch: list[Waiting]) -> None:
        rows = await self._post([w.draft for w in batch])
        if rows is not None:
            self._distribute(batch, *rows)
            return
        if len(batch) > 1:
            # One of them is poison: find it by halves, so that it spoils nobody else's message.
            middle = len(batch) // 2
            await self._store(batch[:middle])
            await self._store(batch[middle:])
            return
        batch[0].answer(error_frame(batch[0].draft, "internal", "", {}))

    async def _post(self, drafts: list[Draft]) -> tuple[list[Any], datetime] | None:
        """Run the statement until the database has answered; None when it refuses the data itself."""
        pause = 0.1
        while True:
            now = datetime.now(UTC)
            try:
                conn = await self._connection()
                cursor = await conn.execute(POST_SQL, self._columns(drafts, now), binary=True)
                return await cursor.fetchall(), now
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                log.warning("writing again in %.1f s: %s", pause, error)
                await self._disconnect()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2)
            except psycopg.Error:
                log.exception("the database refuses a batch of %d", len(drafts))
                return None

    def _columns(self, drafts: list[Draft], now: datetime) -> list[Any]:
        origin = None if settings.REDIS_URL else self._hub.origin
        return columns(drafts, now=now, origin=origin, reopen_window=self._reopen_window)

    def _distribute(self, batch: list[Waiting], rows: list[Any], now: datetime) -> None:
        hub = self._hub
        for ord_, outcome, seq, at, detail in rows:
            waiting = batch[ord_ - 1]
            one = waiting.draft
            if outcome == "stored":
                self.stored += 1
                self._spoken.add(one.conversation)
                topic = conversation_topic(one.conversation)
                if settings.REDIS_URL:
                    self._hub_task(hub.publish(topic, frame(one, seq, now), key=seq))
                elif hub.listened(topic):
                    hub.deliver(topic, seq, orjson.dumps(frame(one, seq, now)))
                if detail == "reopened":
                    self._reopened(one.conversation)
            if outcome in {"stored", "duplicate"}:
                ack = {
                    "op": "ack",
                    "conversation": public_key("cnv", one.conversation),
                    "client_id": str(one.client_id),
                    "seq": seq,
                    "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                }
                if outcome == "duplicate":
                    ack["duplicate"] = True
                waiting.answer(ack)
            else:
                refused = refusal(outcome, detail)
                waiting.answer(error_frame(one, refused.code, refused, refused.details))

    async def _store_marks(self, marks: list[Mark]) -> None:
        try:
            conn = await self._connection()
            cursor = await conn.execute(MARK_SQL, mark_columns(marks))
            moved = await cursor.fetchall()
        except (psycopg.Error, OSError) as error:
            # Receipts are a courtesy: the next one carries the higher number.
            log.warning("receipts lost: %s", error)
            await self._disconnect()
            return
        for conversation, side, what, seq in moved:
            await self._hub.publish(
                conversation_topic(conversation), mark_frame(conversation, side, what, seq)
            )

    def _hub_task(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        _background.add(task)
        task.add_done_callback(_background.discard)

    async def _connection(self) -> psycopg.AsyncConnection[Any]:
        if self._conn is None or self._conn.closed:
            self._conn = await psycopg.AsyncConnection.connect(
                conninfo(), autocommit=True, prepare_threshold=1
            )
        return self._conn

    async def _disconnect(self) -> None:
        if self._conn is not None:
            await self._conn.close()
            self._conn = None


_background: set[asyncio.Task[Any]] = set()


def error_frame(one: Draft, code: str, message: object, details: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a message that was not stored."""
    return {
        "op": "error",
        "code": code,
        "message": message,
        "conversation": public_key("cnv", one.conversation),
        "client_id": str(one.client_id),
        **details,
    }
