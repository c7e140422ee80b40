"""How a socket is opened and closed: by a page's cookie, a ticket, or a hello that brings one."""

import asyncio
import logging
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from common.addresses import address_in
from common.rest.rates import TooFast
from tickets.consumers import frames
from tickets.consumers.base import ORIGIN, SIGN_IN, TRY_LATER, SocketBase
from tickets.consumers.frames import FRAME_BYTES, Refused
from tickets.consumers.identity import (
    Arrival,
    Hold,
    arrival_by,
    arrival_with,
    cookies_of,
    same_host,
)
from tickets.queries.frames import stamp

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS, SYNC_SECONDS = 20, 15
HELLO_SECONDS = 5.0
SUBPROTOCOL, TICKET = "xiaoer.v1", "ticket."

_LANGUAGES = dict(settings.LANGUAGES)


class Arriving(SocketBase):
    """Lets in who may come, and clears up behind who leaves."""

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        headers = dict(self.scope["headers"])
        offered = self.scope.get("subprotocols") or []
        ticket = next((o[len(TICKET) :] for o in offered if o.startswith(TICKET)), None)
        # A ticket is nothing that a foreign page could borrow; a cookie is.
        if ticket is None and not same_host(headers.get(b"origin"), headers.get(b"host", b"")):
            await self.base_send({"type": "websocket.close", "code": ORIGIN})
            return
        cookies = cookies_of(headers.get(b"cookie", b""))
        hold = cookies.get(settings.SESSION_COOKIE_NAME, "") if ticket is None else ""
        address = address_in(self.scope)
        language = cookies.get(settings.LANGUAGE_COOKIE_NAME, "")
        # The handshake is over: what was sent with it need not be kept for hours.
        self.scope["headers"].clear()
        self.scope = None
        await self.live.start()
        try:
            arrival = await self._arrival(ticket, hold, address)
        except (DatabaseError, TooFast) as error:
            log.warning("nobody can be let in: %s", error)
            await self.base_send({"type": "websocket.close", "code": TRY_LATER})
            return
        accept = {"type": "websocket.accept"}
        if SUBPROTOCOL in offered:
            accept["subprotocol"] = SUBPROTOCOL
        await self.base_send(accept)
        if arrival is not None:
            await self.let_in(arrival, language)
        elif ticket is None and not hold:
            # Neither cookie nor ticket: an app that will say hello with one.
            self.address = address
            loop = asyncio.get_running_loop()
            self.waiting = loop.call_later(HELLO_SECONDS, self.drop, SIGN_IN, "sign in")
        else:
            self.drop(SIGN_IN, "sign in")

    async def _arrival(self, ticket: str | None, hold: Hold, address: str) -> Arrival | None:
        if ticket is not None:
            return await self.live.in_pool(arrival_with, ticket, address)
        return await self.live.in_pool(arrival_by, hold) if hold else None

    async def let_in(self, arrival: Arrival, language: object) -> None:
        self.hold, self.user = arrival.hold, arrival.identity
        spoken = (said for said in (language, arrival.user.language) if said in _LANGUAGES)
        self.language = next(spoken, settings.LANGUAGE_CODE)
        self.live.sockets += 1
        self.line = self.user.pk if self.user.is_agent else None
        if self.line is not None:
            await self.live.open_line(self.line)
        await self.live.hub.subscribe(f"user.{self.user.pk}", self)
        self.tokens, self.filled_at = self.live.limits.burst, monotonic()
        self.tell(
            op="hello",
            user=self.user.public_key,
            name=self.user.display_name,
            roles=arrival.user.roles,
            now=stamp(timezone.now()),
            heartbeat=HEARTBEAT_SECONDS,
            sync=SYNC_SECONDS,
            limits={"frame": FRAME_BYTES, "body": self.live.limits.message_characters},
        )

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
        if self.user is None:
            return
        self.live.sockets -= 1
        if self.line is not None:
            self.live.close_line(self.line)
        hub = self.live.hub
        await hub.unsubscribe(f"user.{self.user.pk}", self)
        for subscription in self.subscriptions.values():
            await hub.unsubscribe(subscription.topic, self)
            if subscription.topic.startswith("notes."):
                await hub.publish(subscription.topic, self.viewing(subscription.topic, "left"))
        self.subscriptions.clear()

    async def say_hello(self, message: dict[str, Any]) -> None:
        """Let in whoever says hello with a ticket; anything else said first closes the socket."""
        if self.closed or self.waiting is None:
            return
        self.waiting.cancel()
        self.waiting = None
        try:
            frame = frames.parse(message)
        except Refused:
            frame = {"op": ""}
        ticket = frame.get("ticket")
        if frame["op"] != "hello" or not isinstance(ticket, str):
            self.drop(SIGN_IN, "sign in")
            return
        try:
            arrival = await self.live.in_pool(arrival_with, ticket, self.address)
        except (DatabaseError, TooFast) as error:
            log.warning("nobody can be let in: %s", error)
            self.drop(TRY_LATER, "try again")
            return
        if arrival is None:
            self.drop(SIGN_IN, "sign in")
        elif not self.closed:
            await self.let_in(arrival, frame.get("language"))
