"""Pages of what was said, in the shape the sockets use."""

from typing import Any

from tickets.models import Message, Note
from tickets.models.conversations import Conversation
from tickets.queries.frames import MESSAGE_COLUMNS, stored_frame

PAGE = 50
LARGEST_PAGE = 200


def message_page(
    conversation: Conversation, *, before: int | None = None, limit: int = PAGE
) -> tuple[list[dict[str, Any]], bool]:
    """Return up to ``limit`` messages ahead of number ``before`` in order, and whether older ones exist."""
    limit = min(max(limit, 1), LARGEST_PAGE)
    rows = Message.objects.filter(conversation_id=conversation.pk)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    newest = list(rows.order_by("-seq").values_list(*MESSAGE_COLUMNS)[: limit + 1])
    return [stored_frame(row) for row in reversed(newest[:limit])], len(newest) > limit


def notes_of(conversation: Conversation) -> list[dict[str, Any]]:
    """Return the internal notes, oldest first. For staff alone: the door asks before it calls."""
    rows = (
        Note.objects.filter(conversation=conversation)
        .order_by("id")
        .values(
            "id", "after_seq", "author__public_id", "author__display_name", "body", "written_at"
        )
    )
    return [
        {
            "id": row["id"],
            "after_seq": row["after_seq"],
            "author": {"id": row["author__public_id"], "name": row["author__display_name"]},
            "body": row["body"],
            "at": row["written_at"],
        }
        for row in rows
    ]
