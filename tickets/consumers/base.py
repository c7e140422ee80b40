"""What a socket is, whatever it does: who is at the other end, what it hears, and how it answers."""

import asyncio
import logging
from collections.abc import Coroutine
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.utils import translation

from common.errors import DomainError
from common.sockets import LeanConsumer
from tickets.consumers import frames
from tickets.consumers.frames import Refused
from tickets.consumers.identity import Hold, Identity
from tickets.consumers.subscriptions import Subscription
from tickets.live import Live, live
from tickets.writer import Busy

log = logging.getLogger(__name__)

SIGN_IN, ORIGIN, IDLE, TOO_MANY_BAD = 4401, 4403, 4408, 4429
TRY_LATER = 1013
"""With which codes a socket is closed; docs/asyncapi.yaml says what each asks of the client."""

BAD_FRAMES_A_MINUTE = 60


class SocketBase(LeanConsumer):
    """The state of one socket, and what all its parts need."""

    def __init__(self) -> None:
        super().__init__()
        self.live: Live = live()
        self.user: Identity | None = None
        self.line: int | None = None  # the agent who is there because of this socket
        self.language = settings.LANGUAGE_CODE
        self.hold: Hold = ""
        self.address = ""  # of those who have yet to say hello
        self.waiting: asyncio.TimerHandle | None = None
        # How often rights became doubtful, and up to which doubt they were asked about since.
        self.doubts = self.settled = 0
        # What is heard while it is asked again who may hear it; None while nothing was.
        self.held: list[tuple[str, int | None, bytes]] | None = None
        self.subscriptions: dict[str, Subscription] = {}
        self.tokens = 0.0
        self.filled_at = 0.0
        self.opened_at = monotonic()
        self.bad_frames: tuple[float, ...] = ()
        self.typed_at: dict[UUID, float] | None = None

    @property
    def is_doubtful(self) -> bool:
        """Tell whether it is not known at this moment who this is and what they may hear."""
        return self.settled < self.doubts

    def me(self) -> Identity:
        """Return who is at the other end. Raises ``not_found`` before they have come in."""
        if self.user is None:
            raise Refused("not_found", frames.GONE)
        return self.user

    def answer(self, frame: dict[str, Any]) -> None:
        """Send what became of a message, in the words of this client."""
        if "message" in frame:
            message = frame["message"]
            frame["message"] = self.words(message) if message else self.words(frames.INTERNAL)
        self.offer(orjson.dumps(frame))

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do ``work`` beside the frames. When it fails the client reconnects and resumes.

        A socket that went on would be deaf, or would hear what was withdrawn.
        """
        self.live.spawn(self.or_drop(work))

    async def or_drop(self, work: Coroutine[Any, Any, None]) -> None:
        """Do ``work``; close the socket when it fails otherwise than by a refusal."""
        try:
            await work
        except DomainError:
            raise
        except Exception:
            log.exception("a socket is closed and comes back: what it needs could not be read")
            self.drop(TRY_LATER, "try again")

    def viewing(self, topic: str, state: str) -> dict[str, Any]:
        """Return the frame by which colleagues learn that one looks at a conversation, writes, or left."""
        _kind, _dot, conversation = topic.partition(".")
        user = {"id": self.me().public_key, "name": self.me().display_name}
        return {"op": "viewing", "conversation": conversation, "user": user, "state": state}

    def refuse(
        self, frame: dict[str, Any], code: str, message: Any, details: dict[str, Any]
    ) -> None:
        """Answer ``frame`` with an error that names what it was about; too many bad ones end the socket."""
        named = {
            key: frame[key]
            for key in ("client_id", "conversation", "topic", "id")
            if isinstance(frame.get(key), str) and len(frame[key]) <= 80
        }
        self.tell(op="error", code=code, message=self.words(message), **(named | details))
        if code in frames.BAD_FRAME_CODES:
            now = monotonic()
            self.bad_frames = (*(at for at in self.bad_frames if now - at < 60), now)
            if len(self.bad_frames) > BAD_FRAMES_A_MINUTE:
                self.drop(TOO_MANY_BAD, "too many bad frames")

    def words(self, message: object) -> str:
        """Return ``message`` in the language of this client."""
        if isinstance(message, Busy):
            message = frames.BUSY
        with translation.override(self.language):
            return message.message if isinstance(message, DomainError) else str(message)
