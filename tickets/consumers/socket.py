"""The consumer: takes frames, asks who may, and relays."""

import logging
from typing import Any

from django.utils import translation

from common.errors import DomainError
from common.text import TextRefused
from tickets.consumers import frames
from tickets.consumers.arriving import Arriving
from tickets.consumers.frames import Refused
from tickets.consumers.hearing import Hearing
from tickets.consumers.operations import OPS, require_scope

log = logging.getLogger(__name__)


class ClientSocket(Arriving, Hearing):
    """The door of every browser and app."""

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.user is None:
            await self.say_hello(message)
            return
        # What became doubtful while it was asked is asked about once more, before anything is done.
        while self.is_doubtful and not self.closed:
            await self.or_drop(self.check_rights())
        if self.closed:
            return
        frame: dict[str, Any] = {}
        try:
            frame = frames.parse(message)
            operation = OPS.get(frame["op"])
            if operation is None:
                raise Refused("unknown_op", frames.UNKNOWN)
            require_scope(self, frame["op"])
            await operation(self, frame)
        except TextRefused as refused:
            self.refuse(frame, "bad_text", refused.message, {"reason": refused.code})
        except DomainError as refused:
            with translation.override(self.language):
                self.refuse(frame, refused.code, refused.message, refused.details)
        except Exception:
            log.exception("a frame of %s failed", frame.get("op"))
            self.refuse(frame, "internal", self.words(frames.INTERNAL), {})
