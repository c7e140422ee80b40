"""Marks by which two accounts are seen to be one person: only keyed digests are kept."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from accounts.actions.standing import hold_totals, look_again
from accounts.models import Guide, MarkKind, Member
from common.history import record
from common.sealing import fingerprint

_DOUBLES = """
SELECT DISTINCT ON (g.member_id) g.member_id, other.member_id, mine.kind
  FROM accounts_guide g
  JOIN accounts_membermark mine ON mine.member_id = g.member_id
  JOIN accounts_membermark other ON other.kind = mine.kind AND other.digest = mine.digest
                                AND other.member_id <> mine.member_id
  JOIN accounts_member me ON me.id = g.member_id
  JOIN accounts_member elder ON elder.id = other.member_id
 WHERE g.member_id = ANY(%(members)s) AND g.doubled_with_id IS NULL
   AND (coalesce(elder.registered_at, '-infinity'), elder.id)
     < (coalesce(me.registered_at, '-infinity'), me.id)
 ORDER BY g.member_id, elder.registered_at NULLS FIRST, elder.id
"""


def digest_of(kind: str, raw: str) -> bytes:
    """Return what is kept of a device id, an address or a payer: 32 bytes that only this house can make.

    Case, width and spaces do not matter.
    """
    return bytes.fromhex(fingerprint("".join(raw.lower().split()), purpose=f"member mark {kind}"))


@transaction.atomic
def note_marks(marks: Iterable[tuple[int, str, str]], *, now: datetime) -> int:
    """Note that members were seen with things: (member key, ``MarkKind``, the thing itself).

    A newer account that shares one with an older account is flagged: its guide promises nothing
    a second time. Returns how many were flagged now; what is known already changes nothing.
    """
    rows = sorted(
        {(digest_of(kind, raw), kind, pk) for pk, kind, raw in marks if raw.strip()},
        key=lambda row: (row[1], row[0], row[2]),
    )
    if not rows:
        return 0
    hold_totals()
    members = sorted({pk for _digest, _kind, pk in rows})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_membermark (member_id, kind, digest, seen_at) "
            "SELECT pk, kind, digest, %s FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) "
            "AS noted (pk, kind, digest) ON CONFLICT DO NOTHING",
            [now, [r[2] for r in rows], [r[1] for r in rows], [r[0] for r in rows]],
        )
        # The younger account may be the one that was known before.
        cursor.execute(
            "SELECT DISTINCT o.member_id FROM accounts_membermark m "
            "JOIN accounts_membermark o ON o.kind = m.kind AND o.digest = m.digest "
            "WHERE m.member_id = ANY(%s)",
            [members],
        )
        sharing = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_DOUBLES, {"members": sharing})
        doubles = cursor.fetchall()
    for pk, elder, kind in doubles:
        _flag(pk, elder, kind, now=now)
    look_again([pk for pk, _elder, _kind in doubles], now=now, why="doubled")
    return len(doubles)


def _flag(pk: int, elder: int, kind: str, *, now: datetime) -> None:
    flagged = Guide.objects.filter(pk=pk, doubled_with=None).update(
        doubled_with=elder, doubled_by=MarkKind(kind)
    )
    if flagged:
        record(
            Member(pk=pk),
            "guide.doubled",
            by=None,
            after={"with": elder, "kind": kind},
            at=now,
        )
