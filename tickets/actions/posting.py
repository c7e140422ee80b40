"""Every word that anybody says to a requester enters here: one statement for one message or five hundred."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import rules as account_rules
from accounts.actions import emit_gathered
from accounts.models import User
from common.errors import DomainError, NotFound
from common.ids import public_key
from common.masking import mask_name
from common.parameters import value
from common.push import carries_frames, push, send_now
from common.text import clean
from tickets.models import AuthorKind, Conversation, MessageKind, conversation_topic
from tickets.queries.cards import card_payload
from tickets.webhooks import MESSAGES, tell_reopened
from trade.rollouts import may_send_products

POST_SQL = (
    "SELECT ord, outcome, seq, at, detail FROM tickets_post("
    "%s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], "
    "%s::int[], %s::timestamptz, %s::interval, %s::text[], %s::text)"
)
REPLY_ROLES = sorted(
    role for role, rights in account_rules.RIGHTS.items() if "tickets.reply" in rights
)
SEND_ANYWAY = -1
OF_THE_HOUSE = {MessageKind.SYSTEM, MessageKind.GOODWILL_CARD}
"""Kinds that nobody sends: the house says them."""


class Speaker(Protocol):
    """Who says something: a person, or what a socket keeps of one."""

    @property
    def pk(self) -> int: ...
    @property
    def display_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it has a number. ``payload`` is JSON text or None."""

    conversation: uuid.UUID
    client_id: uuid.UUID
    author_kind: str
    author_id: int | None
    author_name: str
    kind: str
    body: str
    payload: str | None = None
    seen_seq: int = SEND_ANYWAY


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands in its conversation. ``duplicate``: it was stored by an earlier try."""

    seq: int
    at: datetime
    duplicate: bool = False
    reopened: bool = False


def draft(
    conversation: uuid.UUID,
    *,
    by: Speaker | None,
    author_kind: str,
    kind: str = MessageKind.TEXT,
    body: str = "",
    payload: dict[str, Any] | None = None,
    client_id: uuid.UUID | None = None,
    seen_seq: int | None = None,
    anyway: bool = False,
    max_chars: int | None = None,
) -> Draft:
    """Check what somebody wants to say and return it ready for the batch.

    Raises the text gate's codes (``text.*``), ``message.unknown_kind``, ``message.empty``, and for
    cards and files the codes of :func:`tickets.queries.cards.card_payload`, which reads the database.
    With ``max_chars`` given, plain text and stickers read nothing.
    """
    if (
        kind not in MessageKind.values
        or (kind in OF_THE_HOUSE and author_kind != AuthorKind.SYSTEM)
        or (kind == MessageKind.PRODUCT_CARD and not _is_open(conversation, author_kind))
    ):
        raise DomainError("message.unknown_kind", _("There is no such kind of message."))
    text = clean(body, max_chars=max_chars or value("chat.message_characters"), required=False)
    if kind in {MessageKind.TEXT, MessageKind.STICKER, MessageKind.SYSTEM}:
        if not text:
            raise DomainError("message.empty", _("Write something first."))
        stored = None
    else:
        stored = orjson.dumps(
            card_payload(
                conversation,
                kind,
                payload or {},
                uploaded_by=by.pk if by else None,
                by_member=author_kind == AuthorKind.MEMBER,
            ),
            option=orjson.OPT_UTC_Z,
        ).decode()
    return Draft(
        conversation=conversation,
        client_id=client_id or uuid.uuid4(),
        author_kind=author_kind,
        author_id=by.pk if by else None,
        author_name=spoken_name(author_kind, by),
        kind=kind,
        body=text,
        payload=stored,
        seen_seq=SEND_ANYWAY if anyway or seen_seq is None else max(seen_seq, 0),
    )


def _is_open(conversation: uuid.UUID, author_kind: str) -> bool:
    """Tell whether products may be sent here: to members they are opened step by step."""
    if author_kind != AuthorKind.MEMBER:
        return True
    talks = Conversation.objects.filter(pk=conversation)
    return may_send_products(talks.values_list("member_id", flat=True).first())


def spoken_name(author_kind: str, by: Speaker | None) -> str:
    """Return the name shown beside a message: members are masked, staff speak with their name."""
    if by is None:
        return ""
    return mask_name(by.display_name) if author_kind == AuthorKind.MEMBER else by.display_name


def columns(
    drafts: Sequence[Draft],
    *,
    now: datetime,
    origin: str | None,
    reopen_window: timedelta | None = None,
) -> list[Any]:
    """Return the statement's arguments for a batch. ``origin`` None leaves the bus silent.

    With ``reopen_window`` given, no parameter is read: the batch writer may not wait for one.
    """
    return [
        [d.conversation for d in drafts],
        [d.client_id for d in drafts],
        [d.author_kind for d in drafts],
        [d.author_id for d in drafts],
        [d.author_name for d in drafts],
        [d.kind for d in drafts],
        [d.body for d in drafts],
        [d.payload for d in drafts],
        [d.seen_seq for d in drafts],
        now,
        value("chat.reopen_window") if reopen_window is None else reopen_window,
        REPLY_ROLES,
        origin,
    ]


def frame(draft: Draft, seq: int, at: datetime) -> dict[str, Any]:
    """Return the message as clients hear it; the same shape the statement puts on the bus."""
    return {
        "op": "message",
        "conversation": public_key("cnv", draft.conversation),
        "seq": seq,
        "client_id": str(draft.client_id),
        "author": {"kind": draft.author_kind, "name": draft.author_name},
        "kind": draft.kind,
        "body": draft.body,
        "payload": orjson.loads(draft.payload) if draft.payload else None,
        "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "recalled": False,
    }


def refusal(outcome: str, detail: str | None) -> DomainError:
    """Return the refusal that the statement's ``outcome`` means."""
    match outcome:
        case "closed":
            return DomainError("closed", _("This conversation is closed. Please start a new one."))
        case "not_owner":
            message = (
                _("%(name)s is answering this conversation. Take it over before you reply.")
                % {"name": detail}
                if detail
                else _("Accept the conversation before you reply.")
            )
            return DomainError("not_owner", message, owner=detail)
        case "unseen":
            return DomainError(
                "unseen",
                _("The customer has just said something more. Read it, then send."),
                last_seq=int(detail or 0),
            )
        case "blocked":
            return DomainError(
                "contact.blocked",
                _(
                    "This talk is over and your contact is limited. A written complaint is still taken."
                ),
            )
        case "text_only":
            return DomainError(
                "contact.text_only",
                _("Only words can be sent for now. Please write what it is about."),
            )
        case "too_soon":
            return DomainError(
                "contact.too_soon",
                _("Your next message can go in %(seconds)s seconds.") % {"seconds": detail or "1"},
                wait_seconds=int(detail or 1),
            )
        case _:
            return NotFound("not_found", _("No such conversation, or it is not yours to see."))


@transaction.atomic
def post_message(
    conversation: Conversation | uuid.UUID,
    *,
    by: User | None,
    author_kind: str,
    kind: str = MessageKind.TEXT,
    body: str = "",
    payload: dict[str, Any] | None = None,
    client_id: uuid.UUID | None = None,
    seen_seq: int | None = None,
    anyway: bool = False,
    now: datetime | None = None,
) -> Posted:
    """Say one thing in ``conversation``: a batch of one through the same statement as live chat.

    A second call with the same ``client_id`` stores nothing and returns the first number. Raises
    what :func:`draft` and :func:`refusal` name.
    """
    key = conversation.pk if isinstance(conversation, Conversation) else conversation
    one = draft(
        key,
        by=by,
        author_kind=author_kind,
        kind=kind,
        body=body,
        payload=payload,
        client_id=client_id,
        seen_seq=seen_seq,
        anyway=anyway,
    )
    origin = "" if carries_frames() else None
    with connection.cursor() as cursor:
        cursor.execute(POST_SQL, columns([one], now=now or timezone.now(), origin=origin))
        _ord, outcome, seq, at, detail = cursor.fetchone()
    if outcome not in {"stored", "duplicate"}:
        raise refusal(outcome, detail)
    posted = Posted(seq, at, duplicate=outcome == "duplicate", reopened=detail == "reopened")
    if origin is None and not posted.duplicate:
        topic, message = (
            conversation_topic(key),
            {"type": "frame", "key": seq, "frame": frame(one, seq, at)},
        )
        transaction.on_commit(lambda: send_now(topic, message), robust=True)
    if posted.reopened:
        announce_reopened(key)
    if not posted.duplicate and kind not in OF_THE_HOUSE:
        tell_of_messages([key])
    return posted


def announce_reopened(conversation: uuid.UUID) -> None:
    """Tell the team's queue and the people in it that a conversation came back."""
    row = Conversation.objects.only("pk", "team_id").select_related("team").get(pk=conversation)
    push(row.topic, "conversation.reopened", conversation=row.public_key)
    push(row.team.topic, "conversation.queued", conversation=row.public_key)
    tell_reopened(conversation)


def tell_of_messages(conversations: Iterable[uuid.UUID]) -> None:
    """Say to who wants to hear it that something was posted in these conversations."""
    emit_gathered(MESSAGES, model=Conversation, keys=conversations)
