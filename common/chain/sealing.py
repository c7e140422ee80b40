"""Sealing: from the noted lines to the chain, one worker at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction

GENESIS = bytes(32)
"""What stands before the first seal."""

BATCH = 5_000
_LOCK = 0x78_69_63_68  # any number of ours

# The bytes that are sealed: PostgreSQL writes jsonb in one way only, whatever the session's
# settings are, and an array of JSON values cannot be read in two ways. Never change this line;
# a new form gets a new name in front and a column that says which one a link used.
LINE = """
jsonb_build_array('xiaoer.event/1', e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
    e.actor_id, e.action, e.subject_type, e.subject_id, e.before, e.after, e.reason)::text
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of the chain; position 0 and :data:`GENESIS` while there is none."""

    position: int
    hash: bytes


def seal_of(previous: bytes, line: str) -> bytes:
    """Return the seal of a history line that follows ``previous``."""
    return sha256(previous + line.encode()).digest()


def head() -> Head:
    """Return the last link."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, hash FROM common_chainlink ORDER BY position DESC LIMIT 1")
        row = cursor.fetchone()
    return Head(row[0], bytes(row[1])) if row else Head(0, GENESIS)


@transaction.atomic
def seal(limit: int = BATCH) -> int | None:
    """Seal up to ``limit`` noted lines; return how many, or None while another worker is at it.

    A line whose transaction commits late is noted late and sealed late: it is never skipped.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(
            f"SELECT e.id, {LINE} FROM common_event e WHERE e.id = ANY(ARRAY("
            "SELECT event_id FROM common_unsealedevent ORDER BY event_id LIMIT %s)) ORDER BY e.id",
            [limit],
        )
        rows = cursor.fetchall()
        if rows:
            _append(cursor, head(), rows)
    return len(rows)


def seal_all(limit: int = BATCH) -> int:
    """Seal until nothing is noted or another worker is at it; return how many lines."""
    sealed = 0
    while batch := seal(limit):
        sealed += batch
    return sealed


def _append(cursor: Any, last: Head, rows: Sequence[tuple[UUID, str]]) -> None:
    previous = last.hash
    before, after = [], []
    for _id, line in rows:
        before.append(previous)
        previous = seal_of(previous, line)
        after.append(previous)
    ids = [row[0] for row in rows]
    positions = list(range(last.position + 1, last.position + 1 + len(rows)))
    cursor.execute(
        "INSERT INTO common_chainlink (position, event_id, previous, hash, sealed_at) "
        "SELECT position, event_id, previous, hash, clock_timestamp() FROM unnest("
        "%s::bigint[], %s::uuid[], %s::bytea[], %s::bytea[]) "
        "AS link (position, event_id, previous, hash)",
        [positions, ids, before, after],
    )
    cursor.execute("DELETE FROM common_unsealedevent WHERE event_id = ANY(%s)", [ids])


def note(ids: Iterable[UUID]) -> None:
    """Note lines for sealing by hand: what was written while the trigger was away."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO common_unsealedevent (event_id, noted_at) "
            "SELECT id, clock_timestamp() FROM unnest(%s::uuid[]) AS missing (id) "
            "WHERE NOT EXISTS (SELECT 1 FROM common_chainlink c WHERE c.event_id = missing.id) "
            "ON CONFLICT DO NOTHING",
            [list(ids)],
        )


def note_older(after: UUID, limit: int) -> UUID | None:
    """Note up to ``limit`` lines with ids beyond ``after`` that have no seal; return the last id, None at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM common_event WHERE id > %s ORDER BY id LIMIT %s", [after, limit]
        )
        ids = [row[0] for row in cursor.fetchall()]
    note(ids)
    return ids[-1] if ids else None
