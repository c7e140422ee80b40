"""The in-process hub of a ``live`` process: topics to sockets, fed by the bus and by the process itself."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any, Protocol

import orjson
from channels.layers import get_channel_layer

from common.layer import RESYNC, PostgresChannelLayer

log = logging.getLogger(__name__)


class Listener(Protocol):
    """A socket's side of the hub. Both calls happen on the loop and must not block."""

    def hear(self, topic: str, key: int | None, frame: bytes) -> None:
        """Take a frame of ``topic``; ``key`` is its number where frames are numbered."""

    def resync(self) -> None:
        """Learn that frames may have been missed."""


class Hub:
    """Who listens to which topic in this process.

    Frames of this process's own writer are handed out by :meth:`deliver` at once; the bus brings
    those of the others. ``missing`` is called with (topic, key) for a frame too large for the bus.
    """

    def __init__(self) -> None:
        self.origin = secrets.token_hex(4)
        self.missing: Callable[[str, int], None] | None = None
        # Most topics have one listener in a process: a set is made for the second one only.
        self._topics: dict[str, Listener | set[Listener]] = {}
        self._started = False
        self._relay: asyncio.Task[None] | None = None
        self._channel = ""

    async def start(self) -> None:
        """Connect to the bus and wait until it is heard."""
        if self._started:
            return
        self._started = True
        layer = get_channel_layer()
        if isinstance(layer, PostgresChannelLayer):
            layer.tap(self._heard)
            layer.ignore(f'["batch",{{"o":"{self.origin}"')
            await layer.listening()
        else:
            self._channel = await layer.new_channel()
            self._relay = asyncio.create_task(self._relay_from(layer))

    def topics(self) -> int:
        """Return how many topics have listeners here."""
        return len(self._topics)

    async def subscribe(self, topic: str, listener: Listener) -> None:
        """Let ``listener`` hear ``topic``."""
        members = self._topics.get(topic)
        if members is None:
            self._topics[topic] = listener
            if self._channel:
                await get_channel_layer().group_add(topic, self._channel)
        elif isinstance(members, set):
            members.add(listener)
        elif members is not listener:
            self._topics[topic] = {members, listener}

    async def unsubscribe(self, topic: str, listener: Listener) -> None:
        """Let ``listener`` hear ``topic`` no more."""
        members = self._topics.get(topic)
        if isinstance(members, set):
            members.discard(listener)
            if members:
                return
        elif members is not listener:
            return
        del self._topics[topic]
        if self._channel:
            await get_channel_layer().group_discard(topic, self._channel)

    def listened(self, topic: str) -> bool:
        """Tell whether anybody here listens to ``topic``: otherwise no frame need be built."""
        return topic in self._topics

    def deliver(self, topic: str, key: int | None, frame: bytes) -> None:
        """Hand ``frame`` to the listeners of ``topic`` in this process."""
        members = self._topics.get(topic)
        if isinstance(members, set):
            for listener in tuple(members):
                listener.hear(topic, key, frame)
        elif members is not None:
            members.hear(topic, key, frame)

    async def publish(self, topic: str, frame: dict[str, Any], *, key: int | None = None) -> None:
        """Send ``frame`` to ``topic`` in all processes, this one included."""
        message = {"type": "frame", "topic": topic, "key": key, "frame": frame}
        await get_channel_layer().group_send(topic, message)

    def _heard(self, topic: str, message: dict[str, Any]) -> None:
        if topic == "batch":
            for one_topic, key, frame in message["f"]:
                if one_topic in self._topics:
                    self._hand(one_topic, key, frame)
            return
        if topic == RESYNC:
            everybody: set[Listener] = set()
            for members in self._topics.values():
                everybody.update(members if isinstance(members, set) else (members,))
            for listener in everybody:
                listener.resync()
            return
        if topic not in self._topics:
            return
        match message.get("type"):
            case "frame":
                self._hand(topic, message.get("key"), message["frame"])
            case "push":
                kind, _dot, rest = topic.partition(".")
                name = "me" if kind == "user" else f"{kind}:{rest}" if rest else kind
                event = {
                    "op": "event",
                    "topic": name,
                    "name": message["event"],
                    "ids": message["ids"],
                }
                self._hand(topic, None, event)

    def _hand(self, topic: str, key: int | None, frame: dict[str, Any] | None) -> None:
        if frame is None:
            if self.missing is not None and key is not None:
                self.missing(topic, key)
            return
        self.deliver(topic, key, orjson.dumps(frame))

    async def _relay_from(self, layer: Any) -> None:
        # A foreign layer's messages do not name their group: it travels inside (see common.push).
        while True:
            try:
                message = await layer.receive(self._channel)
                self._heard(message.get("topic", ""), message)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("the bus failed; listening again")
                await asyncio.sleep(1)
