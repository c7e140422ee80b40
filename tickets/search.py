"""Conversations, what was said in them, and what staff noted: as they are searched."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.masks import shown
from accounts.models import User
from common.ids import public_key
from common.models import SearchLine
from common.search import Hit, LinedKind, Query, normalise, register, snippet_of
from common.search.kinds import ADMIN, ME, Found, Key
from tickets.models import (
    AuthorKind,
    Conversation,
    ConversationLine,
    Message,
    MessageLine,
    Note,
    NoteLine,
    State,
)
from tickets.queries.parties import PARTY_COLUMNS, Parties

SHOWN_IN_CARDS = ("name", "title", "product", "order_no", "product_no")
"""What the payload of a file or a card shows to both sides."""


SEARCHED_OF_TALKS = ("order__product", "conversation_no", "member__member_no", "order__order_no")


def is_staff(user: User) -> bool:
    """Tell whether conversations of others may be ``user``'s business at all."""
    return user.can("desk.use") or user.can("tickets.see_all")


def searched(user: User) -> QuerySet[Conversation]:
    """Return what ``user`` searches: staff their work and never their own case, members their own."""
    rows = Conversation.objects
    return rows.for_work_of(user) if is_staff(user) else rows.visible_to(user)


def address(conversation: uuid.UUID, door: str) -> str:
    """Return where a conversation opens."""
    if door == ADMIN:
        return reverse("admin:tickets_conversation_change", args=[conversation])
    if door == ME:
        return reverse("chat", args=[conversation])
    return f"{reverse('desk')}?c={public_key('cnv', conversation)}"


def spoken(body: str, payload: dict[str, Any] | None) -> str:
    """Return everything of a message that can be read."""
    shown = [str(payload[name]) for name in SHOWN_IN_CARDS if payload and payload.get(name)]
    return "\n".join([body, *shown]).strip()


def customers(user: User, keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return what hits say of their conversations, by id: of those alone that ``user`` may see."""
    rows = (
        searched(user)
        .filter(pk__in=set(keys))
        .values(
            "id", "conversation_no", "subject", "state", "opened_at", "member__member_no",
            "shop__name", "order__product", "order__order_no", *PARTY_COLUMNS,
        )
    )  # fmt: skip
    return {row["id"]: dict(row) for row in rows}


def name_of(row: dict[str, Any], user: User) -> str:
    """Return who asked, as ``user`` may read it; what it is about to whom it is who asked."""
    if row["member__user_id"] == user.pk:
        return row["shop__name"] or _("Customer service")
    name = shown("name", row["member__display_name"] or "", to=user, own=row["member__user_id"])
    return name or row["member__member_no"] or _("Guest")


class TalkKind(LinedKind):
    """What lies in conversations and is seen by whoever sees these."""

    scope = "conversation_id"
    has_sounds = False

    def is_for(self, user: User) -> bool:
        """Members search their own, the desk and the back office what they see."""
        return is_staff(user) or user.can("me.use")

    def has_few(self, user: User) -> bool:
        """Tell whether it is a member, who has a handful of conversations."""
        return not is_staff(user)

    def visible(self, user: User) -> QuerySet[Conversation]:
        """Return the conversations ``user`` may see: staff search at work, members their own."""
        return searched(user)


@register
class ConversationKind(TalkKind):
    """A conversation, by what it is about and by the numbers people name."""

    name = "conversation"
    label = gettext_lazy("Talks")
    icon = "headset"
    position = 10
    thing = Conversation
    line = ConversationLine
    columns = ("conversation_id",)
    types = (uuid.UUID,)
    number = "conversation_no"

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what the conversations are found by."""
        rows = Conversation.objects.filter(pk__in=[key[0] for key in keys]).values_list(
            "pk", "opened_at", "subject", *SEARCHED_OF_TALKS
        )
        return [
            ConversationLine(
                conversation_id=pk,
                at=opened_at,
                words="\n".join(normalise(text) for text in said if text),
            )
            for pk, opened_at, *said in rows
        ]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say who asked and what about."""
        rows = customers(user, [one.key[0] for one in found])
        found = [one for one in found if one.key[0] in rows]
        subjects = Parties(user).readable(
            [(rows[one.key[0]], rows[one.key[0]]["subject"]) for one in found]
        )
        hits = {}
        for one, subject in zip(found, subjects, strict=True):
            row = rows[one.key[0]]
            said = [subject, *(row[name] for name in SEARCHED_OF_TALKS)]
            if not query.is_in("\n".join(normalise(text) for text in said if text)):
                continue
            about = subject or row["order__product"] or ""
            title = " · ".join(filter(None, [name_of(row, user), about]))
            numbers = [row["conversation_no"], row["order__order_no"]]
            hits[one.key] = Hit(
                kind=self.name,
                id=public_key("cnv", row["id"]),
                title=snippet_of(title, query),
                line=" · ".join(filter(None, [*numbers, str(State(row["state"]).label)])),
                at=row["opened_at"],
                url=address(row["id"], door),
                facts={"conversation": public_key("cnv", row["id"])},
            )
        return hits


@register
class MessageKind(TalkKind):
    """One thing that was said, or the name of a file that was sent."""

    name = "message"
    label = gettext_lazy("Said in talks")
    icon = "chat"
    position = 20
    line = MessageLine
    columns = ("conversation_id", "seq")
    types = (uuid.UUID, int)
    by_months = True

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what messages are found by; a recalled one says nothing."""
        return [
            MessageLine(conversation_id=conversation, seq=seq, at=at, words=words)
            for conversation, seq, at, body, payload in _messages(keys)
            if (words := normalise(spoken(body, payload)))
        ]

    def earlier(self, before: Key | None, limit: int) -> list[Key]:
        """Return messages from the newest conversation and its last one on."""
        where, values = (
            ("WHERE (conversation_id, seq) < (%s, %s)", list(before)) if before else ("", [])
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT conversation_id, seq FROM tickets_message {where} "
                "ORDER BY conversation_id DESC, seq DESC LIMIT %s",
                [*values, limit],
            )
            return [tuple(row) for row in cursor.fetchall()]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say who said it to whom; what was taken back meanwhile is left out."""
        rows = customers(user, [one.key[0] for one in found])
        spoken_there = [
            ((conversation, seq), at, spoken(body, payload), kind, author)
            for conversation, seq, at, body, payload, kind, author in _messages(
                [one.key for one in found if one.key[0] in rows], "author_kind", "author_name"
            )
        ]
        texts = Parties(user).readable(
            [(rows[key[0]], text) for key, _at, text, *_ in spoken_there]
        )
        said = {
            key: (at, text, kind, author)
            for (key, at, _text, kind, author), text in zip(spoken_there, texts, strict=True)
        }
        hits = {}
        for one in found:
            row, message = rows.get(one.key[0]), said.get(one.key)
            if row is None or message is None or not query.is_in(normalise(message[1])):
                continue
            at, text, kind, author = message
            hits[one.key] = Hit(
                kind=self.name,
                id=f"{public_key('cnv', row['id'])}:{one.key[1]}",
                title=snippet_of(name_of(row, user), query),
                line=" · ".join([self._speaker(kind, author, row, user), row["conversation_no"]]),
                at=at,
                snippet=snippet_of(text, query),
                url=address(row["id"], door),
                facts={"conversation": public_key("cnv", row["id"]), "seq": one.key[1]},
            )
        return hits

    def _speaker(self, kind: str, author: str, row: dict[str, Any], user: User) -> str:
        if kind == AuthorKind.MEMBER:
            return _("You") if row["member__user_id"] == user.pk else name_of(row, user)
        return author or str(AuthorKind(kind).label)


@register
class NoteKind(TalkKind):
    """What staff wrote to each other inside a conversation."""

    name = "note"
    label = pgettext_lazy("search", "Internal notes")
    icon = "lock"
    position = 30
    thing = Note
    line = NoteLine
    columns = ("note_id",)
    types = (uuid.UUID,)

    def is_for(self, user: User) -> bool:
        """Staff alone: to everybody else there are no notes."""
        return is_staff(user)

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what notes are found by."""
        rows = Note.objects.filter(pk__in=[key[0] for key in keys]).values_list(
            "pk", "conversation_id", "written_at", "body"
        )
        return [
            NoteLine(note_id=pk, conversation_id=conversation, at=at, words=words)
            for pk, conversation, at, body in rows
            if (words := normalise(body))
        ]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say who noted it and where."""
        notes = {
            note.pk: note
            for note in Note.objects.filter(pk__in=[one.key[0] for one in found]).select_related(
                "author"
            )
        }
        rows = customers(user, [note.conversation_id for note in notes.values()])
        seen = [note for note in notes.values() if note.conversation_id in rows]
        texts = Parties(user).readable([(rows[note.conversation_id], note.body) for note in seen])
        readable = {note.pk: text for note, text in zip(seen, texts, strict=True)}
        hits = {}
        for one in found:
            text = readable.get(one.key[0], "")
            if not query.is_in(normalise(text)) or not text:
                continue
            note = notes[one.key[0]]
            row = rows[note.conversation_id]
            author = note.author.display_name if note.author else ""
            hits[one.key] = Hit(
                kind=self.name,
                id=public_key("nte", note.pk),
                title=snippet_of(name_of(row, user), query),
                line=" · ".join(filter(None, [author, row["conversation_no"]])),
                at=note.written_at,
                snippet=snippet_of(text, query),
                url=address(row["id"], door),
                facts={"conversation": public_key("cnv", row["id"])},
            )
        return hits


def _messages(keys: Sequence[Key], *more: str) -> Iterable[tuple[Any, ...]]:
    """Return key, moment, body and payload of living messages, and ``more`` columns."""
    columns = ["conversation_id", "seq", "sent_at", "body", "payload", *more]
    by_key = Q()
    for conversation, numbers in _numbers(keys).items():
        by_key |= Q(conversation_id=conversation, seq__in=numbers)
    if not by_key:
        return []
    return Message.objects.filter(by_key, recalled_at=None).values_list(*columns)


def _numbers(keys: Sequence[Key]) -> dict[uuid.UUID, list[int]]:
    numbers: dict[uuid.UUID, list[int]] = {}
    for conversation, seq in keys:
        numbers.setdefault(conversation, []).append(seq)
    return numbers
