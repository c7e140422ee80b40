"""One topic of one socket, and how a socket catches up on a conversation without losing its place."""

from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from tickets.actions.reading import STAFF
from tickets.queries.messages import masked_live
from tickets.reader import Page

if TYPE_CHECKING:
    from tickets.consumers.base import SocketBase

Key = TypeVar("Key", int, int | None)


class Subscription:
    """What one socket hears of one topic.

    Messages of a conversation are numbered: ``last`` is the number the client has. While ``held``
    is a list, live frames wait in it behind the missed ones that are being read.
    """

    __slots__ = ("conversation", "ended", "held", "last", "name", "side", "socket", "topic")

    def __init__(
        self, socket: "SocketBase", name: str, topic: str, *, conversation: UUID | None, side: str
    ) -> None:
        self.socket = socket
        self.name = name
        self.topic = topic
        self.conversation = conversation
        self.side = side
        self.last = 0
        self.held: list[tuple[int | None, bytes]] | None = None
        self.ended = False

    @property
    def is_masked(self) -> bool:
        """Tell whether its messages are masked: a partner's person reads the talk at work."""
        user = self.socket.user
        return (
            self.conversation is not None and self.side == STAFF and bool(user and user.is_partner)
        )

    def hear(self, key: int | None, frame: bytes) -> None:
        """Pass a live frame on; ``key`` is its number where frames are numbered."""
        if self.held is not None:
            self.held.append((key, frame))
        elif key is None:
            self.socket.offer(frame)
        elif key == self.last + 1 and not self.is_masked:
            self.last = key
            self.socket.offer(frame)
        elif key > self.last:
            # The bus lost something, or it has to be masked first: the table has it.
            self.catch_up((key, frame))

    def catch_up(self, *held: tuple[int | None, bytes]) -> None:
        """Read what follows ``last`` from the table, unless that is under way already."""
        if self.conversation is not None and self.held is None:
            self.held = list(held)
            self.socket.beside(self._read())

    def end(self) -> None:
        """Pass nothing on any more, also of what is being read at this moment."""
        self.ended = True

    async def hand_over(self, page: Page) -> None:
        """Send the missed messages, page by page, then what was held back, and go live."""
        assert self.conversation is not None
        while not (self.socket.closed or self.ended):
            for seq, frame in await self.readable(page.messages):
                if self.socket.is_backed_up:
                    await self.socket.eased()
                self._pass_on(seq, frame)
            if not page.is_full:
                break
            page = await self.socket.live.reader.after(self.conversation, self.last)
        # While these are masked, more may be held back.
        while self.held:
            held, self.held = self.held, []
            for key, frame in await self.readable(self._news_of(held)):
                self._pass_on(key, frame)
        self.held = None

    async def readable(self, said: list[tuple[Key, bytes]]) -> list[tuple[Key, bytes]]:
        """Return frames as this socket may read them."""
        if not said or not self.is_masked:
            return said
        assert self.conversation is not None
        frames = [frame for _key, frame in said]
        masked = await self.socket.live.in_pool(masked_live, self.conversation, frames)
        return [(key, frame) for (key, _frame), frame in zip(said, masked, strict=True)]

    def _news_of(self, held: list[tuple[int | None, bytes]]) -> list[tuple[int | None, bytes]]:
        """Leave out what the client has by now: masking it would be work for nothing."""
        news, last = [], self.last
        for key, frame in held:
            if key is None or key > last:
                news.append((key, frame))
                last = last if key is None else key
        return news

    async def _read(self) -> None:
        assert self.conversation is not None
        await self.hand_over(await self.socket.live.reader.after(self.conversation, self.last))

    def _pass_on(self, key: int | None, frame: bytes) -> None:
        if self.ended:
            return
        if key is None:
            self.socket.offer(frame)
        elif key > self.last:
            self.last = key
            self.socket.offer(frame)
