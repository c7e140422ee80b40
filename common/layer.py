"""The bus: a Channels layer over PostgreSQL LISTEN/NOTIFY with an in-process hub.

Each process listens once and fans out to its own receivers; membership lives in the process, so
nothing expires and nothing is stale after a crash. Delivery is at most once: rows are the truth,
a message is a nudge, and after an interruption receivers hear :data:`RESYNC`.
"""

import asyncio
import logging
import random
import string
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
import psycopg
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer
from django.db import connection

from common.ids import uuid7

log = logging.getLogger(__name__)

NOTIFY_CHANNEL = "xiaoer_bus"
INLINE_BYTES = 7_600  # PostgreSQL refuses notifications of 8,000 bytes and more.
RESYNC = "resync"
_REFERENCE = "@"
_PER_STATEMENT = 200

# Who only listens never learns that the other host is gone, unless it asks.
KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}

_LIBPQ = {known.keyword.decode() for known in psycopg.pq.Conninfo.get_defaults()} - {"options"}

Tap = Callable[[str, dict[str, Any]], None]
"""Called with (group, message) on the loop of the listener; must not block."""


def conninfo() -> str:
    """Return the libpq connection string of the default database, for connections of our own.

    Everything libpq knows is kept (``sslmode`` above all) but ``options``: the timeouts of requests
    are not those of listeners and writers.
    """
    params = connection.get_connection_params()
    wanted = {k: params[k] for k in _LIBPQ if params.get(k)}
    return psycopg.conninfo.make_conninfo(**(KEEPALIVES | wanted))


def encode(group: str, message: Mapping[str, Any]) -> str:
    """Return one notification payload."""
    return orjson.dumps([group, message]).decode()


def notify_now(group: str, message: Mapping[str, Any]) -> None:
    """Send ``message`` to ``group`` through Django's connection, in its transaction if one is open."""
    payload = encode(group, message)
    with connection.cursor() as cursor:
        if len(payload.encode()) > INLINE_BYTES:
            key = uuid7()
            cursor.execute(
                "INSERT INTO common_buspayload (id, body, created_at) VALUES (%s, %s, now())",
                [key, payload],
            )
            payload = f"{_REFERENCE}{key}"
        cursor.execute("SELECT pg_notify(%s, %s)", [NOTIFY_CHANNEL, payload])


def notify_many_now(groups: Sequence[str], message: Mapping[str, Any]) -> None:
    """Send one small ``message`` to each of ``groups`` in one statement."""
    payloads = [encode(group, message) for group in groups]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload",
            [NOTIFY_CHANNEL, payloads],
        )


class PostgresChannelLayer(BaseChannelLayer):
    """A Channels layer whose wire is NOTIFY. One listener and one sender per process and loop."""

    extensions = ("groups", "flush")

    def __init__(self, expiry: int = 60, capacity: int = 256, **kwargs: Any) -> None:
        super().__init__(expiry=expiry, capacity=capacity, **kwargs)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._channels: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._groups: dict[str, set[str]] = {}
        self._taps: list[Tap] = []
        self._ignored: tuple[str, ...] = ()
        self._outgoing: deque[str] = deque()
        self._wake = asyncio.Event()
        self._listening = asyncio.Event()

    # --- Channels' interface -------------------------------------------------------------------

    async def new_channel(self, prefix: str = "specific") -> str:
        """Return a fresh channel name of this process."""
        letters = "".join(random.choices(string.ascii_letters, k=12))
        return f"{prefix}.pg!{letters}"

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send to one channel. Raises ``ChannelFull`` when it lives here and its queue is full."""
        await self._ready()
        queue = self._channels.get(channel)
        if queue is None:
            self._queue_payload(encode(f"!{channel}", message))
        elif queue.full():
            raise ChannelFull(channel)
        else:
            queue.put_nowait(dict(message))

    async def receive(self, channel: str) -> dict[str, Any]:
        """Wait for the next message of ``channel``."""
        await self._ready()
        queue = self._channels.get(channel)
        if queue is None:
            queue = self._channels[channel] = asyncio.Queue(self.capacity)
        return await queue.get()

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel of this process to ``group``."""
        await self._ready()
        self._channels.setdefault(channel, asyncio.Queue(self.capacity))
        self._groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take ``channel`` out of ``group``; its queue goes with its last group."""
        members = self._groups.get(group)
        if members is None:
            return
        members.discard(channel)
        if not members:
            del self._groups[group]
        if not any(channel in others for others in self._groups.values()):
            self._channels.pop(channel, None)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to all members of ``group`` in all processes."""
        await self._ready()
        self._queue_payload(encode(group, message))

    async def flush(self) -> None:
        """Forget all members (tests)."""
        self._channels.clear()
        self._groups.clear()

    # --- Ours ----------------------------------------------------------------------------------

    def tap(self, tap: Tap) -> None:
        """Hear every notification of the database, before any queue: the hub's entrance."""
        self._taps.append(tap)

    def ignore(self, prefix: str) -> None:
        """Skip payloads that begin with ``prefix`` unread: what this process itself has sent."""
        self._ignored = (*self._ignored, prefix)

    async def listening(self) -> None:
        """Return once this process hears notifications."""
        await self._ready()
        await self._listening.wait()

    async def close(self) -> None:
        """Stop listener and sender."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._loop = None
        self._listening.clear()

    async def _ready(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        # Marked before the first await: a second caller must not start a second listener.
        self._loop = loop
        self._wake, self._listening = asyncio.Event(), asyncio.Event()
        self._tasks = [loop.create_task(self._listen()), loop.create_task(self._send_outgoing())]

    def _queue_payload(self, payload: str) -> None:
        self._outgoing.append(payload)
        self._wake.set()

    async def _listen(self) -> None:
        pause = 0.1
        interrupted = False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    conninfo(), autocommit=True
                ) as conn:
                    await conn.execute(f"LISTEN {NOTIFY_CHANNEL}")
                    self._listening.set()
                    pause = 0.1
                    if interrupted:
                        self._hand_out(RESYNC, {"type": RESYNC})
                    async for notification in conn.notifies():
                        await self._heard_safely(notification.payload)
            except (psycopg.Error, OSError) as error:
                log.warning("bus interrupted, listening again in %.1f s: %s", pause, error)
            interrupted = True
            self._listening.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)

    async def _heard_safely(self, payload: str) -> None:
        try:
            await self._heard(payload)
        except (psycopg.Error, OSError):
            raise
        except Exception:
            # One strange notification must not make the process deaf.
            log.exception("a notification on %s is not ours or could not be taken", NOTIFY_CHANNEL)

    async def _heard(self, payload: str) -> None:
        if payload.startswith(self._ignored):
            return
        if payload.startswith(_REFERENCE):
            payload = await self._fetch(UUID(payload[1:]))
            if not payload:
                return
        group, message = orjson.loads(payload)
        self._hand_out(group, message)

    def _hand_out(self, group: str, message: dict[str, Any]) -> None:
        for tap in self._taps:
            try:
                tap(group, message)
            except Exception:
                log.exception("a receiver of the bus failed")
        if group.startswith("!"):
            names: list[str] = [group[1:]]
        else:
            names = list(self._groups.get(group, ()))
        for name in names:
            queue = self._channels.get(name)
            if queue is None:
                continue
            if queue.full():
                log.warning("channel %s is full; its reader misses a message and must sync", name)
            else:
                queue.put_nowait(dict(message))

    async def _fetch(self, key: UUID) -> str:
        async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as conn:
            row = await (
                await conn.execute("SELECT body FROM common_buspayload WHERE id = %s", [key])
            ).fetchone()
        return str(row[0]) if row else ""

    async def _send_outgoing(self) -> None:
        conn: psycopg.AsyncConnection[Any] | None = None
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._outgoing:
                batch = [
                    self._outgoing.popleft()
                    for _ in range(min(len(self._outgoing), _PER_STATEMENT))
                ]
                try:
                    if conn is None or conn.closed:
                        conn = await psycopg.AsyncConnection.connect(conninfo(), autocommit=True)
                    await self._notify(conn, batch)
                except (psycopg.Error, OSError) as error:
                    # At most once by design: receivers sync by sequence.
                    log.warning("bus could not send %d messages: %s", len(batch), error)
                    if conn is not None:
                        await conn.close()
                        conn = None
                    await asyncio.sleep(0.2)

    async def _notify(self, conn: psycopg.AsyncConnection[Any], batch: list[str]) -> None:
        large = [p for p in batch if len(p.encode()) > INLINE_BYTES]
        payloads = [p for p in batch if len(p.encode()) <= INLINE_BYTES]
        for body in large:
            key = uuid7()
            await conn.execute(
                "INSERT INTO common_buspayload (id, body, created_at) VALUES (%s, %s, now())",
                [key, body],
            )
            payloads.append(f"{_REFERENCE}{key}")
        await conn.execute(
            "SELECT pg_notify(%s, x) FROM unnest(%s::text[]) x", [NOTIFY_CHANNEL, payloads]
        )
