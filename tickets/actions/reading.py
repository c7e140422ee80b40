"""Receipts: how far each side has received and read a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from common.ids import public_key
from common.push import send_now
from tickets.models import Conversation, conversation_topic

DELIVERED, READ = "delivered", "read"
MEMBER, STAFF = "member", "staff"

# One statement for one receipt or hundreds; numbers only grow and never pass the last message.
# Reading includes having received; for the house only the owner's reading counts, not a
# colleague's. Returns what moved: (conversation, side, what, seq).
MARK_SQL = """
WITH marks AS (
    SELECT t.conversation_id,
           max(seq) FILTER (WHERE side = 'member' AND what = 'read') AS member_read,
           max(seq) FILTER (WHERE side = 'member') AS member_delivered,
           max(seq) FILTER (WHERE side = 'staff' AND what = 'read') AS staff_read,
           max(seq) FILTER (WHERE side = 'staff') AS staff_delivered
      FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::bigint[])
           AS t (conversation_id, side, what, seq, reader_id)
      JOIN tickets_conversation o ON o.id = t.conversation_id
     WHERE t.side = 'member' OR o.owner_id = t.reader_id
     GROUP BY t.conversation_id
), held AS (
    SELECT c.id, c.last_seq, c.last_member_seq, c.member_read_seq, c.member_delivered_seq,
           c.staff_read_seq, c.staff_delivered_seq, m.*
      FROM tickets_conversation c JOIN marks m ON m.conversation_id = c.id
     ORDER BY c.id FOR NO KEY UPDATE OF c
), moved AS (
    UPDATE tickets_conversation c SET
        member_read_seq = greatest(c.member_read_seq, least(coalesce(h.member_read, 0), c.last_seq)),
        member_delivered_seq = greatest(c.member_delivered_seq, least(coalesce(h.member_delivered, 0), c.last_seq)),
        staff_read_seq = greatest(c.staff_read_seq, least(coalesce(h.staff_read, 0), c.last_seq)),
        staff_delivered_seq = greatest(c.staff_delivered_seq, least(coalesce(h.staff_delivered, 0), c.last_seq)),
        member_unread = CASE WHEN h.member_read >= c.last_seq THEN 0 ELSE c.member_unread END,
        staff_unread = CASE WHEN h.staff_read >= c.last_member_seq THEN 0 ELSE c.staff_unread END
      FROM held h WHERE c.id = h.id
    RETURNING c.id, c.member_read_seq, c.member_delivered_seq, c.staff_read_seq, c.staff_delivered_seq,
              h.member_read_seq AS old_mr, h.member_delivered_seq AS old_md,
              h.staff_read_seq AS old_sr, h.staff_delivered_seq AS old_sd
)
SELECT id, 'member', 'read', member_read_seq FROM moved WHERE member_read_seq > old_mr
UNION ALL
SELECT id, 'member', 'delivered', member_delivered_seq FROM moved
 WHERE member_delivered_seq > old_md AND member_read_seq = old_mr
UNION ALL
SELECT id, 'staff', 'read', staff_read_seq FROM moved WHERE staff_read_seq > old_sr
UNION ALL
SELECT id, 'staff', 'delivered', staff_delivered_seq FROM moved
 WHERE staff_delivered_seq > old_sd AND staff_read_seq = old_sr
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """``reader`` on ``side`` (member, staff) has received or read (``what``) up to ``seq``."""

    conversation: UUID
    side: str
    what: str
    seq: int
    reader: int


def mark_columns(marks: Sequence[Mark]) -> list[Any]:
    """Return the statement's arguments."""
    return [
        [m.conversation for m in marks],
        [m.side for m in marks],
        [m.what for m in marks],
        [m.seq for m in marks],
        [m.reader for m in marks],
    ]


def mark_frame(conversation: UUID, side: str, what: str, seq: int) -> dict[str, Any]:
    """Return the receipt as clients hear it."""
    return {"op": what, "conversation": public_key("cnv", conversation), "side": side, "seq": seq}


@transaction.atomic
def mark_read(conversation: Conversation, *, side: str, seq: int, by: User) -> bool:
    """Note that ``side`` has read up to ``seq``; False when it had before."""
    with connection.cursor() as cursor:
        cursor.execute(MARK_SQL, mark_columns([Mark(conversation.pk, side, READ, seq, by.pk)]))
        moved = cursor.fetchall()
    for key, moved_side, what, number in moved:
        frame = mark_frame(key, moved_side, what, number)
        message = {"type": "frame", "key": None, "frame": frame}
        transaction.on_commit(_sender(conversation_topic(key), message), robust=True)
    return bool(moved)


def _sender(topic: str, message: dict[str, Any]) -> Any:
    return lambda: send_now(topic, message)
