"""Stored messages as clients read them: one shape for sockets, REST and pages."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from common.ids import public_key

MESSAGE_COLUMNS = (
    "conversation_id",
    "seq",
    "client_id",
    "author_kind",
    "author_name",
    "kind",
    "body",
    "payload",
    "sent_at",
    "recalled_at",
)

MISSED_SQL = f"""
SELECT {", ".join(f"m.{column}" for column in MESSAGE_COLUMNS)}
  FROM unnest(%s::uuid[], %s::int[]) AS asked (conversation_id, after)
 CROSS JOIN LATERAL (
    SELECT * FROM tickets_message m
     WHERE m.conversation_id = asked.conversation_id AND m.seq > asked.after
     ORDER BY m.seq LIMIT %s
 ) m
 ORDER BY m.conversation_id, m.seq
"""

HEADS_SQL = """
SELECT id, last_seq, member_read_seq, staff_read_seq, member_delivered_seq, staff_delivered_seq
  FROM tickets_conversation WHERE id = ANY(%s::uuid[])
"""


def stored_frame(row: Sequence[Any]) -> dict[str, Any]:
    """Return the frame of a row of :data:`MESSAGE_COLUMNS`, without ``op``."""
    (
        conversation,
        seq,
        client_id,
        author_kind,
        author_name,
        kind,
        body,
        payload,
        sent_at,
        recalled_at,
    ) = row
    return {
        "conversation": public_key("cnv", conversation),
        "seq": seq,
        "client_id": str(client_id),
        "author": {"kind": author_kind, "name": author_name},
        "kind": kind,
        "body": body,
        "payload": payload,
        "at": stamp(sent_at),
        "recalled": recalled_at is not None,
    }


def stamp(moment: datetime) -> str:
    """Return a moment as UTC with microseconds, the one form in all frames."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
