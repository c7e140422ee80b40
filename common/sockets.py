"""What makes a Channels consumer lean: no thread hop per frame, no layer queue per socket, a bounded outbox."""

import asyncio
import contextlib
from collections.abc import Coroutine, Generator
from functools import partial
from typing import Any, ClassVar

import orjson
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

OUTBOX_FRAMES = 512
OUTBOX_BYTES = 1_048_576
_COALESCE = 64


class LeanConsumer(AsyncConsumer):
    """A consumer whose frames are handled on the loop; handlers must not touch the ORM there.

    The stock ``dispatch`` hops to a thread for every frame to close old database connections, and
    a layer needs a second receiving task per socket; here the hub calls :meth:`offer` instead.
    """

    channel_layer_alias: ClassVar[Any] = None
    outbox_limit: ClassVar[int] = OUTBOX_FRAMES

    def __init__(self) -> None:
        # A list and not a deque: an empty one costs 56 bytes, not 760, and most sockets are idle.
        self.outbox: list[bytes] = []
        self.outbox_bytes = 0
        self.flushing = False
        self.flusher: asyncio.Task[None] | None = None
        self.closed = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.base_send = send
        try:
            while True:
                message = await receive()
                match message["type"]:
                    case "websocket.receive":
                        await self.websocket_receive(message)
                    case "websocket.connect":
                        await self.websocket_connect(message)
                    case "websocket.disconnect":
                        self.closed = True
                        await self.websocket_disconnect(message)
                        return
        except StopConsumer:
            return
        finally:
            self.closed = True
            if self.flusher is not None and not self.flusher.done():
                self.flusher.cancel()

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        """Accept or refuse."""
        raise NotImplementedError

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Take one frame of the client."""
        raise NotImplementedError

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Clean up."""

    def offer(self, frame: bytes) -> None:
        """Queue ``frame`` for the client; a client too slow to read is dropped and resumes."""
        if self.closed:
            return
        if len(self.outbox) >= self.outbox_limit or self.outbox_bytes > OUTBOX_BYTES:
            self.drop(1013, "slow")
            return
        self.outbox.append(frame)
        self.outbox_bytes += len(frame)
        if not self.flushing:
            # At the end of this turn of the loop: all frames of one batch leave together.
            self.flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    @property
    def is_backed_up(self) -> bool:
        """Tell whether a sender that can wait should wait."""
        return self.outbox_bytes > OUTBOX_BYTES // 4 or len(self.outbox) > self.outbox_limit // 4

    async def eased(self) -> None:
        """Wait until the client has read; one that reads nothing for ten seconds is dropped."""
        for _ in range(1_000):
            if self.closed or not self.is_backed_up:
                return
            await asyncio.sleep(0.01)
        self.drop(1013, "slow")

    def tell(self, **frame: Any) -> None:
        """Queue an answer given as fields."""
        self.offer(orjson.dumps(frame))

    def drop(self, code: int, reason: str) -> None:
        """Close the socket without waiting for what it has not read."""
        if self.closed:
            return
        self.closed = True
        self.outbox = []
        if self.flusher is not None:
            self.flusher.cancel()
        self.flusher = asyncio.get_running_loop().create_task(self._close(code, reason))

    def _flush(self) -> None:
        while self.outbox and not self.closed:
            outbox = self.outbox
            if len(outbox) == 1:
                text = outbox[0].decode()
                self.outbox, self.outbox_bytes = [], 0
            else:
                # Several waiting frames travel as one array: one system call, one wake-up.
                some, self.outbox = outbox[:_COALESCE], outbox[_COALESCE:]
                self.outbox_bytes -= sum(map(len, some))
                text = "[" + b",".join(some).decode() + "]"
            sending = self.base_send({"type": "websocket.send", "text": text})
            try:
                # A writable socket takes the frame without suspending: no task is needed then.
                waiting_for = sending.send(None)
            except StopIteration:
                continue
            except (RuntimeError, OSError):
                self.outbox = []  # The peer is gone; its disconnect message follows.
                break
            self.flusher = asyncio.get_running_loop().create_task(self._drain(sending, waiting_for))
            return
        self.flushing = False

    async def _drain(self, sending: Coroutine[Any, Any, None], waiting_for: Any) -> None:
        try:
            await _Rest(sending, waiting_for)
        except (RuntimeError, OSError):
            self.outbox = []
        self.flusher = None
        self._flush()

    async def _close(self, code: int, reason: str) -> None:
        with contextlib.suppress(RuntimeError, OSError):
            await self.base_send({"type": "websocket.close", "code": code, "reason": reason})


class _Rest:
    """What is left of a coroutine whose first step has already been taken outside a task."""

    def __init__(self, sending: Coroutine[Any, Any, None], waiting_for: Any) -> None:
        self.sending, self.waiting_for = sending, waiting_for

    def __await__(self) -> Generator[Any, Any, None]:
        waiting_for = self.waiting_for
        while True:
            try:
                value = yield waiting_for
            except BaseException as error:
                step = partial(self.sending.throw, error)
            else:
                step = partial(self.sending.send, value)
            try:
                waiting_for = step()
            except StopIteration:
                return
