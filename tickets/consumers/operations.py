"""What a client may say: each operation takes the socket it came by and its frame.

Who may hear or say something is asked of ``common.topics`` and of the posting statement; what is said
goes to the writer, what was missed comes from the reader.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from common.errors import NotFound
from common.ids import parse_key, public_key
from tickets.actions.posting import Draft, draft, refusal
from tickets.actions.reading import DELIVERED, MEMBER, READ, STAFF, Mark
from tickets.actions.recall import recall_message
from tickets.consumers import frames
from tickets.consumers.base import IDLE, SocketBase
from tickets.consumers.frames import Refused, conversation_of, echo, number_of, uuid_of
from tickets.consumers.identity import Identity, resolve_for
from tickets.consumers.subscriptions import Subscription
from tickets.models import AuthorKind, Conversation, MessageKind, conversation_topic, notes_topic
from tickets.queries.frames import stamp
from tickets.queries.queues import place_in_queue

TOPICS_PER_SOCKET = 200
TYPING_SECONDS = 3.0
SOCKET_HOURS = 8
NOTHING_AFTER = 2**31 - 1

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


def require_scope(socket: SocketBase, op: str) -> None:
    """Refuse (``forbidden``) an operation that the socket's integration token is not made for."""
    # An operation that is in neither table is closed to integration tokens.
    if not (op in _OPEN_OPS or socket.me().allows(_OP_SCOPES.get(op, ""))):
        raise Refused("forbidden", frames.OUT_OF_SCOPE, scope=_OP_SCOPES.get(op, ""))


async def hello(socket: SocketBase, frame: dict[str, Any]) -> None:
    socket.tell(op="pong", now=stamp(timezone.now()), **echo(frame))


async def subscribe(socket: SocketBase, frame: dict[str, Any]) -> None:
    await socket.or_drop(_subscribe(socket, frame))


async def _subscribe(socket: SocketBase, frame: dict[str, Any]) -> None:
    name, after = frame.get("topic"), frame.get("after")
    if not isinstance(name, str) or not (after is None or frames.is_number(after)):
        raise Refused("bad_frame", frames.BAD_FRAME)
    if len(socket.subscriptions) >= TOPICS_PER_SOCKET:
        raise Refused("too_many", frames.TOO_MANY, topic=name)
    topic = await socket.live.in_pool(resolve_for, socket.me(), name)
    if topic is None:
        raise Refused("not_found", frames.GONE, topic=name)
    if name == "me":
        socket.tell(op="subscribed", topic=name, **echo(frame))
        return
    kind, _colon, argument = name.partition(":")
    subscription = socket.subscriptions.get(topic)
    if subscription is None:
        key = parse_key("cnv", argument) if kind == "conversation" else None
        subscription = Subscription(
            socket,
            name,
            topic,
            conversation=key,
            side=STAFF if await _is_staff_in(socket, key) else MEMBER,
        )
        socket.subscriptions[topic] = subscription
    if subscription.conversation is None:
        await socket.live.hub.subscribe(topic, socket)
        socket.tell(op="subscribed", topic=name, **echo(frame))
        return
    # Listen first, then read: what is said in between waits in ``held``.
    subscription.held = []
    await socket.live.hub.subscribe(topic, socket)
    page = await socket.live.reader.after(
        subscription.conversation, after if after is not None else NOTHING_AFTER
    )
    socket.tell(op="subscribed", topic=name, **page.heads, **echo(frame))
    subscription.last = page.heads["last_seq"] if after is None else after
    await subscription.hand_over(page)


async def _is_staff_in(socket: SocketBase, conversation: UUID | None) -> bool:
    """Tell whether one stands on the house's side: in one's own talk an agent is the member."""
    me = socket.me()
    if conversation is None or not me.is_both:
        return me.is_agent
    return not await socket.live.in_pool(is_own, conversation, me)


async def unsubscribe(socket: SocketBase, frame: dict[str, Any]) -> None:
    name = frame.get("topic")
    if not isinstance(name, str):
        raise Refused("bad_frame", frames.BAD_FRAME)
    for topic, subscription in list(socket.subscriptions.items()):
        if subscription.name == name:
            del socket.subscriptions[topic]
            subscription.end()
            await socket.live.hub.unsubscribe(topic, socket)
    socket.tell(op="unsubscribed", topic=name, **echo(frame))


async def send(socket: SocketBase, frame: dict[str, Any]) -> None:
    me = socket.me()
    _take_token(socket)
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
    as_agent = frame.get("as") != MEMBER and await _is_staff_in(socket, conversation)
    # Why an agent may not reply, and whose order it is, is told to who may know of the conversation.
    if (as_agent or kind not in _PLAIN) and not await _knows(socket, conversation):
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
        "max_chars": socket.live.limits.message_characters,
    }
    one: Draft = (
        draft(conversation, **said)
        if kind in _PLAIN
        else await socket.live.in_pool(draft, conversation, **said)
    )
    socket.live.writer.submit(one, socket.answer)


async def receipt(socket: SocketBase, frame: dict[str, Any]) -> None:
    subscription, seq = _of(socket, frame), number_of(frame, "seq")
    what = READ if frame["op"] == "read" else DELIVERED
    socket.live.writer.mark(
        Mark(conversation_of(frame), subscription.side, what, seq, socket.me().pk)
    )


async def typing(socket: SocketBase, frame: dict[str, Any]) -> None:
    subscription, key = _of(socket, frame), conversation_of(frame)
    now = monotonic()
    if socket.typed_at is None:
        socket.typed_at = {}
    if now - socket.typed_at.get(key, -TYPING_SECONDS) < TYPING_SECONDS:
        return
    socket.typed_at[key] = now
    author = {
        "kind": AuthorKind.AGENT if subscription.side == STAFF else AuthorKind.MEMBER,
        "name": socket.me().display_name if subscription.side == STAFF else "",
    }
    await socket.live.hub.publish(
        subscription.topic,
        {"op": "typing", "conversation": public_key("cnv", key), "author": author},
    )


async def viewing(socket: SocketBase, frame: dict[str, Any]) -> None:
    topic, state = notes_topic(conversation_of(frame)), frame.get("state")
    if not isinstance(state, str) or state not in frames.VIEWING_STATES:
        raise Refused("bad_frame", frames.BAD_FRAME)
    if topic not in socket.subscriptions:
        raise Refused("not_found", frames.GONE, conversation=frame["conversation"])
    await socket.live.hub.publish(topic, socket.viewing(topic, state))


async def recall(socket: SocketBase, frame: dict[str, Any]) -> None:
    key, seq = conversation_of(frame), number_of(frame, "seq")
    await socket.live.in_pool(_recall, key, seq, socket.me())


async def queue(socket: SocketBase, frame: dict[str, Any]) -> None:
    key = conversation_of(frame)
    place = await socket.live.in_pool(_place_of, key, socket.me())
    socket.tell(op="queue", conversation=public_key("cnv", key), **place, **echo(frame))


async def sync(socket: SocketBase, frame: dict[str, Any]) -> None:
    asked = frame.get("conversations")
    if not isinstance(asked, dict) or len(asked) > TOPICS_PER_SOCKET:
        raise Refused("bad_frame", frames.BAD_FRAME)
    if monotonic() - socket.opened_at > SOCKET_HOURS * 3600:
        socket.drop(IDLE, "reconnect")
        return
    wanted = []
    for key, seen in asked.items():
        subscription = _named(socket, key)
        if subscription is not None and subscription.conversation and frames.is_number(seen):
            wanted.append((subscription, seen))
    pages = await asyncio.gather(
        *(socket.live.reader.after(s.conversation, seen) for s, seen in wanted if s.conversation)
    )
    heads = {}
    for (subscription, seen), page in zip(wanted, pages, strict=True):
        for seq, missed in await subscription.readable(page.messages):
            if seq > seen:
                socket.offer(missed)
                subscription.last = max(subscription.last, seq)
        if page.is_full:
            subscription.catch_up()
        _kind, _dot, name = subscription.topic.partition(".")
        heads[name] = page.heads["last_seq"]
    socket.tell(op="synced", conversations=heads, **echo(frame))


async def ping(socket: SocketBase, frame: dict[str, Any]) -> None:
    socket.tell(op="pong", now=stamp(timezone.now()), **echo(frame))


def _of(socket: SocketBase, frame: dict[str, Any]) -> Subscription:
    subscription = socket.subscriptions.get(conversation_topic(conversation_of(frame)))
    if subscription is None:
        raise Refused("not_found", frames.GONE, conversation=frame.get("conversation"))
    return subscription


async def _knows(socket: SocketBase, conversation: UUID) -> bool:
    if conversation_topic(conversation) in socket.subscriptions:
        return True
    return bool(await socket.live.in_pool(_sees, conversation, socket.me()))


def _named(socket: SocketBase, key: object) -> Subscription | None:
    try:
        return socket.subscriptions.get(conversation_topic(parse_key("cnv", key)))
    except ValueError:
        return None


def _take_token(socket: SocketBase) -> None:
    limits, now = socket.live.limits, monotonic()
    socket.tokens = min(limits.burst, socket.tokens + (now - socket.filled_at) * limits.rate)
    socket.filled_at = now
    if socket.tokens < 1:
        raise Refused(
            "too_fast",
            frames.TOO_FAST,
            retry_ms=int((1 - socket.tokens) / limits.rate * 1000) + 1,
        )
    socket.tokens -= 1


OPS: dict[str, Callable[[SocketBase, dict[str, Any]], Awaitable[None]]] = {
    "hello": hello,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "send": send,
    "read": receipt,
    "delivered": receipt,
    "typing": typing,
    "viewing": viewing,
    "recall": recall,
    "queue": queue,
    "sync": sync,
    "ping": ping,
}
"""What a client may ask for, by the word of its frame."""


def _recall(key: UUID, seq: int, who: Identity) -> None:
    recall_message(Conversation(pk=key), seq, by=User.objects.get(pk=who.pk))


def is_own(key: UUID, who: Identity) -> bool:
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
