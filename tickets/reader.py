"""The batch reader of a ``live`` process: all who ask at the same moment are answered by two queries."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import psycopg

from common.layer import conninfo
from tickets.queries.frames import HEADS_SQL, MISSED_SQL, stored_frame

log = logging.getLogger(__name__)

PAGE = 200
_ASKED_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Page:
    """Messages after a number, in order, as (seq, frame); ``heads`` are the conversation's counters."""

    messages: list[tuple[int, bytes]]
    heads: dict[str, int]

    @property
    def is_full(self) -> bool:
        """Tell whether there may be more."""
        return len(self.messages) >= PAGE


@dataclass(slots=True)
class Asked:
    conversation: UUID
    after: int
    answer: asyncio.Future[Page] = field(repr=False)


class Reader:
    """Answers "what did I miss" for the sockets of this process."""

    def __init__(self) -> None:
        self._asked: list[Asked] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._conn: psycopg.AsyncConnection[Any] | None = None

    def start(self) -> None:
        """Begin to answer."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop; who still waits is cancelled and asks again after reconnecting."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for asked in self._asked:
            asked.answer.cancel()
        if self._conn is not None:
            await self._conn.close()

    async def after(self, conversation: UUID, seq: int) -> Page:
        """Return the messages of ``conversation`` after ``seq`` (at most :data:`PAGE`) and its counters.

        Waits as long as the database is away.
        """
        asked = Asked(conversation, seq, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        self._wake.set()
        return await asked.answer

    async def _run(self) -> None:
        pause = 0.1
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._asked:
                batch, self._asked = self._asked[:_ASKED_AT_ONCE], self._asked[_ASKED_AT_ONCE:]
                try:
                    await self._answer(batch)
                    pause = 0.1
                except (psycopg.Error, OSError) as error:
                    log.warning("reading again in %.1f s: %s", pause, error)
                    self._asked = batch + self._asked
                    if self._conn is not None:
                        await self._conn.close()
                        self._conn = None
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 2)
                except Exception as error:
                    # Those who asked learn of it; the reader lives for everybody else.
                    log.exception("%d questions could not be answered", len(batch))
                    for asked in batch:
                        if not asked.answer.done():
                            asked.answer.set_exception(error)

    async def _answer(self, batch: list[Asked]) -> None:
        if self._conn is None or self._conn.closed:
            self._conn = await psycopg.AsyncConnection.connect(
                conninfo(), autocommit=True, prepare_threshold=1
            )
        # One question per conversation serves all who asked: from the lowest number anybody named.
        lowest: dict[UUID, int] = {}
        for asked in batch:
            lowest[asked.conversation] = min(
                asked.after, lowest.get(asked.conversation, asked.after)
            )
        keys = list(lowest)
        heads_rows = await (await self._conn.execute(HEADS_SQL, [keys])).fetchall()
        rows = await (
            await self._conn.execute(MISSED_SQL, [keys, [lowest[key] for key in keys], PAGE])
        ).fetchall()
        messages: dict[UUID, list[tuple[int, bytes]]] = {key: [] for key in keys}
        for row in rows:
            messages[row[0]].append((row[1], orjson.dumps({"op": "message", **stored_frame(row)})))
        heads = {
            row[0]: {
                "last_seq": row[1],
                "member_read": row[2],
                "staff_read": row[3],
                "member_delivered": row[4],
                "staff_delivered": row[5],
            }
            for row in heads_rows
        }
        for asked in batch:
            if asked.answer.done():
                continue
            found = [one for one in messages[asked.conversation] if one[0] > asked.after]
            asked.answer.set_result(Page(found, heads.get(asked.conversation, {"last_seq": 0})))
