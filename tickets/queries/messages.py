"""Pages of what was said, in the shape the sockets use."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tickets.models import Message, Note
from tickets.models.conversations import Conversation

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
    newest = list(
        rows.order_by("-seq").values(
            "seq", "client_id", "author_kind", "author_name", "kind", "body", "payload", "sent_at",
            "recalled_at",
        )[: limit + 1]
    )  # fmt: skip
    return [_frame(conversation.pk, row) for row in reversed(newest[:limit])], len(newest) > limit


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


def _frame(conversation_id: uuid.UUID, row: Mapping[str, Any]) -> dict[str, Any]:
    recalled = row["recalled_at"] is not None
    return {
        "conversation": conversation_id,
        "seq": row["seq"],
        "client_id": row["client_id"],
        "author": {"kind": row["author_kind"], "name": row["author_name"]},
        "kind": row["kind"],
        "body": "" if recalled else row["body"],
        "payload": None if recalled else row["payload"],
        "at": _stamp(row["sent_at"]),
        "recalled": recalled,
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
