"""Pages of what was said, in the shape the sockets use."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from accounts.masks import names_of, shown_texts
from accounts.models import User
from common.ids import public_key
from tickets.models import Message, Note
from tickets.models.conversations import Conversation
from tickets.queries.frames import MESSAGE_COLUMNS, stored_frame
from tickets.queries.parties import reads_whole

PAGE = 50
LARGEST_PAGE = 200


def message_page(
    conversation: Conversation,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
    to: User | None = None,
) -> tuple[list[dict[str, Any]], bool]:
    """Return up to ``limit`` messages in order, and whether there are more of them.

    The newest; with ``before`` those ahead of a number, with ``after`` the first ones behind it.
    Words are masked unless ``to`` is a party of the conversation; None reads as one.
    """
    limit = min(max(limit, 1), LARGEST_PAGE)
    rows = Message.objects.filter(conversation_id=conversation.pk)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    if after is not None:
        rows = rows.filter(seq__gt=after)
    found = list(
        rows.order_by("-seq" if after is None else "seq").values_list(*MESSAGE_COLUMNS)[: limit + 1]
    )
    page = [stored_frame(row) for row in found[:limit]]
    if after is None:
        page.reverse()
    if to is not None and not reads_whole(to, conversation, timezone.now()):
        mask_frames(page, names_of(conversation.member))
    return page, len(found) > limit


def message_of(conversation: Conversation, seq: int, *, to: User) -> dict[str, Any]:
    """Return message ``seq`` of ``conversation`` as ``to`` reads it."""
    rows = Message.objects.filter(conversation_id=conversation.pk, seq=seq)
    frame = stored_frame(rows.values_list(*MESSAGE_COLUMNS).get())
    if not reads_whole(to, conversation, timezone.now()):
        mask_frames([frame], names_of(conversation.member))
    return frame


def masked_live(conversation: UUID, frames: Sequence[bytes]) -> list[bytes]:
    """Return message frames of a socket as who reads masked hears them; other frames as they are."""
    heard = [orjson.loads(frame) for frame in frames]
    said = [frame for frame in heard if frame["op"] == "message"]
    row = Conversation.objects.select_related("member__user").get(pk=conversation)
    mask_frames(said, names_of(row.member))
    return [orjson.dumps(frame) for frame in heard]


def mask_frames(frames: list[dict[str, Any]], names: list[str]) -> None:
    """Mask, in place, what frames say to a reader who is no party: words, and names of files."""
    files = [str((frame["payload"] or {}).get("name") or "") for frame in frames]
    texts = [*(frame["body"] for frame in frames), *files]
    masked = shown_texts(texts, is_party=False, names=names)
    for place, frame in enumerate(frames):
        frame["body"], file = masked[place], masked[len(frames) + place]
        if file:
            frame["payload"] = frame["payload"] | {"name": file}


def notes_of(conversation: Conversation, *, to: User | None = None) -> list[dict[str, Any]]:
    """Return the internal notes, oldest first. For staff alone: the door asks before it calls.

    Masked like the messages for who is no party (``to``).
    """
    rows = list(
        Note.objects.filter(conversation=conversation)
        .order_by("id")
        .values(
            "id", "after_seq", "author__public_id", "author__display_name", "body", "written_at"
        )
    )
    is_party = to is None or reads_whole(to, conversation, timezone.now())
    names = [] if is_party else names_of(conversation.member)
    bodies = shown_texts((row["body"] for row in rows), is_party=is_party, names=names)
    return [
        {
            "id": public_key("nte", row["id"]),
            "after_seq": row["after_seq"],
            "author": _author(row["author__public_id"], row["author__display_name"]),
            "body": body,
            "at": row["written_at"],
        }
        for row, body in zip(rows, bodies, strict=True)
    ]


def note_card(note: Note) -> dict[str, Any]:
    """Return one note as colleagues read it."""
    author = note.author
    return {
        "id": note.public_key,
        "after_seq": note.after_seq,
        "author": _author(author.public_id, author.display_name) if author else None,
        "body": note.body,
        "at": note.written_at,
    }


def _author(key: UUID | None, name: str | None) -> dict[str, Any] | None:
    return {"id": public_key("usr", key), "name": name} if key else None
