"""The consumer: takes frames, asks who may, and relays.

Who may hear or say something is asked of ``common.topics`` and of the posting statement; what is
said goes to the writer, what was missed comes from the reader.
"""

import asyncio
import logging
from collections.abc import Coroutine
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone, translation

from accounts.models import User
from common.addresses import address_in
from common.errors import DomainError, NotFound
from common.ids import parse_key, public_key
from common.rest.rates import TooFast
from common.sockets import LeanConsumer
from common.text import TextRefused
from common.topics import resolve
from tickets.actions.posting import Draft, draft, refusal
from tickets.actions.reading import DELIVERED, MEMBER, READ, STAFF, Mark
from tickets.actions.recall import recall_message
from tickets.consumers import frames
from tickets.consumers.frames import (
    FRAME_BYTES,
    Refused,
    conversation_of,
    echo,
    number_of,
    uuid_of,
)
from tickets.consumers.identity import (
    Arrival,
    Hold,
    Identity,
    arrival_by,
    arrival_with,
    cookies_of,
    resolve_for,
    same_host,
)
from tickets.consumers.subscriptions import Subscription
from tickets.live import Live, live
from tickets.models import (
    AuthorKind,
    Conversation,
    MessageKind,
    conversation_topic,
    notes_topic,
)
from tickets.queries.frames import stamp
from tickets.queries.queues import place_in_queue
from tickets.writer import Busy

log = logging.getLogger(__name__)

TOPICS_PER_SOCKET = 200
BAD_FRAMES_A_MINUTE = 60
TYPING_SECONDS = 3.0
HEARTBEAT_SECONDS, SYNC_SECONDS = 20, 15
SOCKET_HOURS = 8

SUBPROTOCOL, TICKET = "xiaoer.v1", "ticket."
HELLO_SECONDS = 5.0

SIGN_IN, ORIGIN, IDLE, TOO_MANY_BAD = 4401, 4403, 4408, 4429
TRY_LATER = 1013
NOTHING_AFTER = 2**31 - 1


class ClientSocket(LeanConsumer):
    """The door of every browser and app."""

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

    # --- Opening and closing --------------------------------------------------------------------

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
            await self._let_in(arrival, language)
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

    async def _let_in(self, arrival: Arrival, language: object) -> None:
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
                await hub.publish(subscription.topic, self._viewing(subscription.topic, "left"))
        self.subscriptions.clear()

    # --- What the hub brings --------------------------------------------------------------------

    def hear(self, topic: str, key: int | None, frame: bytes) -> None:
        if self.is_doubtful:
            # Nothing said after a change is heard before it is known who may hear it.
            self.held = self.held or []
            self.held.append((topic, key, frame))
            if len(self.held) > self.outbox_limit:
                self.drop(TRY_LATER, "try again")
            return
        subscription = self.subscriptions.get(topic)
        if subscription is not None:
            subscription.hear(key, frame)
            return
        if self.user is not None and self.user.allows_topic("me"):
            self.offer(frame)
        if b'"rights.changed"' in frame:
            self.ask_again()

    def resync(self) -> None:
        self.tell(op="resync", reason="bus")
        for subscription in self.subscriptions.values():
            subscription.catch_up()
        # A withdrawn right may be among what was missed.
        self.ask_again()

    @property
    def is_doubtful(self) -> bool:
        """Tell whether it is not known at this moment who this is and what they may hear."""
        return self.settled < self.doubts

    def ask_again(self) -> None:
        """Ask again who this is; until that is known, what is heard and said waits."""
        self.doubts += 1
        self.beside(self.check_rights())

    async def check_rights(self) -> None:
        """Ask again who this is and what they may hear; close what was withdrawn.

        Several may be asking at one moment: an answer counts for the doubts there were before it was
        asked for, and one that a newer answer has overtaken counts for nothing.
        """
        if self.user is None or self.closed:
            return
        doubts = self.doubts
        arrival = await self.live.in_pool(arrival_by, self.hold)
        if arrival is None:
            self.drop(SIGN_IN, "rights withdrawn")
            return
        for topic, subscription in list(self.subscriptions.items()):
            if await self.live.in_pool(resolve, arrival.user, subscription.name) == topic:
                continue
            if self.settled < doubts and self.subscriptions.get(topic) is subscription:
                del self.subscriptions[topic]
                await self.live.hub.unsubscribe(topic, self)
                self.tell(
                    op="error",
                    code="not_found",
                    topic=subscription.name,
                    message=self._words(frames.GONE),
                )
        if self.settled < doubts:
            self.user, self.settled = arrival.identity, doubts
        if not self.is_doubtful:
            held, self.held = self.held or [], None
            for heard in held:
                self.hear(*heard)

    # --- What the client says -------------------------------------------------------------------

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.user is None:
            await self._say_hello(message)
            return
        # What became doubtful while it was asked is asked about once more, before anything is done.
        while self.is_doubtful and not self.closed:
            await self._or_drop(self.check_rights())
        if self.closed:
            return
        frame: dict[str, Any] = {}
        try:
            frame = frames.parse(message)
            handler = _OPS.get(frame["op"])
            if handler is None:
                raise Refused("unknown_op", frames.UNKNOWN)
            self._require_scope(frame["op"])
            await handler(self, frame)
        except TextRefused as refused:
            self._refuse(frame, "bad_text", refused.message, {"reason": refused.code})
        except DomainError as refused:
            with translation.override(self.language):
                self._refuse(frame, refused.code, refused.message, refused.details)
        except Exception:
            log.exception("a frame of %s failed", frame.get("op"))
            self._refuse(frame, "internal", self._words(frames.INTERNAL), {})

    async def _say_hello(self, message: dict[str, Any]) -> None:
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
            await self._let_in(arrival, frame.get("language"))

    async def op_hello(self, frame: dict[str, Any]) -> None:
        self.tell(op="pong", now=stamp(timezone.now()), **echo(frame))

    async def op_subscribe(self, frame: dict[str, Any]) -> None:
        await self._or_drop(self._subscribe(frame))

    async def _subscribe(self, frame: dict[str, Any]) -> None:
        name, after = frame.get("topic"), frame.get("after")
        if not isinstance(name, str) or not (after is None or frames.is_number(after)):
            raise Refused("bad_frame", frames.BAD_FRAME)
        if len(self.subscriptions) >= TOPICS_PER_SOCKET:
            raise Refused("too_many", frames.TOO_MANY, topic=name)
        topic = await self.live.in_pool(resolve_for, self._me(), name)
        if topic is None:
            raise Refused("not_found", frames.GONE, topic=name)
        if name == "me":
            self.tell(op="subscribed", topic=name, **echo(frame))
            return
        kind, _colon, argument = name.partition(":")
        subscription = self.subscriptions.get(topic)
        if subscription is None:
            key = parse_key("cnv", argument) if kind == "conversation" else None
            subscription = Subscription(
                self,
                name,
                topic,
                conversation=key,
                side=STAFF if await self._is_staff_in(key) else MEMBER,
            )
            self.subscriptions[topic] = subscription
        if subscription.conversation is None:
            await self.live.hub.subscribe(topic, self)
            self.tell(op="subscribed", topic=name, **echo(frame))
            return
        # Listen first, then read: what is said in between waits in ``held``.
        subscription.held = []
        await self.live.hub.subscribe(topic, self)
        page = await self.live.reader.after(
            subscription.conversation, after if after is not None else NOTHING_AFTER
        )
        self.tell(op="subscribed", topic=name, **page.heads, **echo(frame))
        subscription.last = page.heads["last_seq"] if after is None else after
        await subscription.hand_over(page)

    async def _is_staff_in(self, conversation: UUID | None) -> bool:
        """Tell whether one stands on the house's side: in one's own talk an agent is the member."""
        me = self._me()
        if conversation is None or not me.is_both:
            return me.is_agent
        return not await self.live.in_pool(_is_own, conversation, me)

    async def op_unsubscribe(self, frame: dict[str, Any]) -> None:
        name = frame.get("topic")
        if not isinstance(name, str):
            raise Refused("bad_frame", frames.BAD_FRAME)
        for topic, subscription in list(self.subscriptions.items()):
            if subscription.name == name:
                del self.subscriptions[topic]
                await self.live.hub.unsubscribe(topic, self)
        self.tell(op="unsubscribed", topic=name, **echo(frame))

    async def op_send(self, frame: dict[str, Any]) -> None:
        me = self._me()
        self._take_token()
        conversation, client_id = conversation_of(frame), uuid_of(frame, "client_id")
        kind, body = frame.get("kind", "text"), frame.get("body", "")
        payload, seen = frame.get("payload"), frame.get("seen_seq")
        if (
            not isinstance(kind, str)
            or not isinstance(body, str)
            or not isinstance(payload, dict | None)
            or not (seen is None or frames.is_number(seen))
        ):
            raise Refused("bad_frame", frames.BAD_FRAME)
        as_agent = frame.get("as") != MEMBER and await self._is_staff_in(conversation)
        # Why an agent may not reply, and whose order it is, is told to who may know of the conversation.
        if (as_agent or kind not in _PLAIN) and not await self._knows(conversation):
            raise refusal("not_found", None)
        said: dict[str, Any] = {
            "by": me,
            "author_kind": AuthorKind.AGENT if as_agent else AuthorKind.MEMBER,
            "kind": kind,
            "body": body,
            "payload": payload,
            "client_id": client_id,
            "seen_seq": seen if as_agent else None,
            "anyway": frame.get("anyway") is True,
            "max_chars": self.live.limits.message_characters,
        }
        one: Draft = (
            draft(conversation, **said)
            if kind in _PLAIN
            else await self.live.in_pool(draft, conversation, **said)
        )
        self.live.writer.submit(one, self.answer)

    def answer(self, frame: dict[str, Any]) -> None:
        """Send what became of a message, in the words of this client."""
        if "message" in frame:
            message = frame["message"]
            frame["message"] = self._words(message) if message else self._words(frames.INTERNAL)
        self.offer(orjson.dumps(frame))

    async def op_receipt(self, frame: dict[str, Any]) -> None:
        subscription, seq = self._of(frame), number_of(frame, "seq")
        what = READ if frame["op"] == "read" else DELIVERED
        self.live.writer.mark(
            Mark(conversation_of(frame), subscription.side, what, seq, self._me().pk)
        )

    async def op_typing(self, frame: dict[str, Any]) -> None:
        subscription, key = self._of(frame), conversation_of(frame)
        now = monotonic()
        if self.typed_at is None:
            self.typed_at = {}
        if now - self.typed_at.get(key, -TYPING_SECONDS) < TYPING_SECONDS:
            return
        self.typed_at[key] = now
        author = {
            "kind": AuthorKind.AGENT if subscription.side == STAFF else AuthorKind.MEMBER,
            "name": self._me().display_name if subscription.side == STAFF else "",
        }
        await self.live.hub.publish(
            subscription.topic,
            {"op": "typing", "conversation": public_key("cnv", key), "author": author},
        )

    async def op_viewing(self, frame: dict[str, Any]) -> None:
        topic, state = notes_topic(conversation_of(frame)), frame.get("state")
        if not isinstance(state, str) or state not in frames.VIEWING_STATES:
            raise Refused("bad_frame", frames.BAD_FRAME)
        if topic not in self.subscriptions:
            raise Refused("not_found", frames.GONE, conversation=frame["conversation"])
        await self.live.hub.publish(topic, self._viewing(topic, state))

    async def op_recall(self, frame: dict[str, Any]) -> None:
        key, seq = conversation_of(frame), number_of(frame, "seq")
        await self.live.in_pool(_recall, key, seq, self._me())

    async def op_queue(self, frame: dict[str, Any]) -> None:
        key = conversation_of(frame)
        place = await self.live.in_pool(_place_of, key, self._me())
        self.tell(op="queue", conversation=public_key("cnv", key), **place, **echo(frame))

    async def op_sync(self, frame: dict[str, Any]) -> None:
        asked = frame.get("conversations")
        if not isinstance(asked, dict) or len(asked) > TOPICS_PER_SOCKET:
            raise Refused("bad_frame", frames.BAD_FRAME)
        if monotonic() - self.opened_at > SOCKET_HOURS * 3600:
            self.drop(IDLE, "reconnect")
            return
        wanted = []
        for key, seen in asked.items():
            subscription = self._named(key)
            if subscription is not None and subscription.conversation and frames.is_number(seen):
                wanted.append((subscription, seen))
        pages = await asyncio.gather(
            *(self.live.reader.after(s.conversation, seen) for s, seen in wanted if s.conversation)
        )
        heads = {}
        for (subscription, seen), page in zip(wanted, pages, strict=True):
            for seq, missed in await subscription.readable(page.messages):
                if seq > seen:
                    self.offer(missed)
                    subscription.last = max(subscription.last, seq)
            if page.is_full:
                subscription.catch_up()
            _kind, _dot, name = subscription.topic.partition(".")
            heads[name] = page.heads["last_seq"]
        self.tell(op="synced", conversations=heads, **echo(frame))

    async def op_ping(self, frame: dict[str, Any]) -> None:
        self.tell(op="pong", now=stamp(timezone.now()), **echo(frame))

    # --- Inside ---------------------------------------------------------------------------------

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do ``work`` beside the frames. When it fails the client reconnects and resumes.

        A socket that went on would be deaf, or would hear what was withdrawn.
        """
        self.live.spawn(self._or_drop(work))

    async def _or_drop(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except DomainError:
            raise
        except Exception:
            log.exception("a socket is closed and comes back: what it needs could not be read")
            self.drop(TRY_LATER, "try again")

    def _me(self) -> Identity:
        if self.user is None:
            raise Refused("not_found", frames.GONE)
        return self.user

    def _require_scope(self, op: str) -> None:
        # An operation that is in neither table is closed to integration tokens.
        if not (op in _OPEN_OPS or self._me().allows(_OP_SCOPES.get(op, ""))):
            raise Refused("forbidden", frames.OUT_OF_SCOPE, scope=_OP_SCOPES.get(op, ""))

    def _of(self, frame: dict[str, Any]) -> Subscription:
        subscription = self.subscriptions.get(conversation_topic(conversation_of(frame)))
        if subscription is None:
            raise Refused("not_found", frames.GONE, conversation=frame.get("conversation"))
        return subscription

    async def _knows(self, conversation: UUID) -> bool:
        if conversation_topic(conversation) in self.subscriptions:
            return True
        return bool(await self.live.in_pool(_sees, conversation, self._me()))

    def _named(self, key: object) -> Subscription | None:
        try:
            return self.subscriptions.get(conversation_topic(parse_key("cnv", key)))
        except ValueError:
            return None

    def _viewing(self, topic: str, state: str) -> dict[str, Any]:
        _kind, _dot, conversation = topic.partition(".")
        user = {"id": self._me().public_key, "name": self._me().display_name}
        return {"op": "viewing", "conversation": conversation, "user": user, "state": state}

    def _take_token(self) -> None:
        limits, now = self.live.limits, monotonic()
        self.tokens = min(limits.burst, self.tokens + (now - self.filled_at) * limits.rate)
        self.filled_at = now
        if self.tokens < 1:
            raise Refused(
                "too_fast",
                frames.TOO_FAST,
                retry_ms=int((1 - self.tokens) / limits.rate * 1000) + 1,
            )
        self.tokens -= 1

    def _refuse(
        self, frame: dict[str, Any], code: str, message: Any, details: dict[str, Any]
    ) -> None:
        named = {
            key: frame[key]
            for key in ("client_id", "conversation", "topic", "id")
            if isinstance(frame.get(key), str) and len(frame[key]) <= 80
        }
        self.tell(op="error", code=code, message=self._words(message), **(named | details))
        if code in frames.BAD_FRAME_CODES:
            now = monotonic()
            self.bad_frames = (*(at for at in self.bad_frames if now - at < 60), now)
            if len(self.bad_frames) > BAD_FRAMES_A_MINUTE:
                self.drop(TOO_MANY_BAD, "too many bad frames")

    def _words(self, message: object) -> str:
        if isinstance(message, Busy):
            message = frames.BUSY
        with translation.override(self.language):
            return message.message if isinstance(message, DomainError) else str(message)


_OPS: dict[str, Any] = {
    "hello": ClientSocket.op_hello,
    "subscribe": ClientSocket.op_subscribe,
    "unsubscribe": ClientSocket.op_unsubscribe,
    "send": ClientSocket.op_send,
    "read": ClientSocket.op_receipt,
    "delivered": ClientSocket.op_receipt,
    "typing": ClientSocket.op_typing,
    "viewing": ClientSocket.op_viewing,
    "recall": ClientSocket.op_recall,
    "queue": ClientSocket.op_queue,
    "sync": ClientSocket.op_sync,
    "ping": ClientSocket.op_ping,
}

_LANGUAGES = dict(settings.LANGUAGES)

# Messages that say nothing but their words: no row is read to check them.
_PLAIN = frozenset({MessageKind.TEXT, MessageKind.STICKER})

# What an integration token needs for an operation; topics have scopes of their own.
_OPEN_OPS = frozenset({"hello", "subscribe", "unsubscribe", "sync", "ping"})
_OP_SCOPES = {
    "send": "messages:write",
    "read": "messages:write",
    "delivered": "messages:write",
    "typing": "messages:write",
    "recall": "messages:write",
    "viewing": "notes:write",
    "queue": "conversations:read",
}


def _recall(key: UUID, seq: int, who: Identity) -> None:
    recall_message(Conversation(pk=key), seq, by=User.objects.get(pk=who.pk))


def _is_own(key: UUID, who: Identity) -> bool:
    return Conversation.objects.filter(pk=key, member__user=who.pk).exists()


def _sees(key: UUID, who: Identity) -> bool:
    user = User.objects.get(pk=who.pk)
    return Conversation.objects.visible_to(user).filter(pk=key).exists()


def _place_of(key: UUID, who: Identity) -> dict[str, int | None]:
    user = User.objects.get(pk=who.pk)
    conversation = Conversation.objects.visible_to(user).filter(pk=key).first()
    if conversation is None:
        raise NotFound("not_found", frames.GONE)
    place = place_in_queue(conversation, timezone.now())
    return {
        "position": place.position if place else None,
        "wait_seconds": place.wait_seconds if place else None,
    }
