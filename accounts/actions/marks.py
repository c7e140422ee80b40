"""Marks by which two accounts are seen to be one person: only keyed digests are kept."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django_q.tasks import async_task

from accounts.actions.standing import hold_totals, look_again
from accounts.models import Guide, MarkKind, Member, MemberMark, User
from common.history import record
from common.sealing import fingerprint

NOTE = "accounts.tasks.note_member_marks"
AT_ONCE = 5_000
"""Marks noted by one task."""

Digested = tuple[str, str, int]

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


def note_marks(marks: Iterable[tuple[int, str, str]], *, now: datetime) -> int:
    """Note that members were seen with things: (member key, ``MarkKind``, the thing itself).

    A newer account that shares one with an older account is flagged: its guide promises nothing
    a second time. Returns how many were flagged now; what is known already changes nothing.
    """
    return note_digests(digested(marks), now=now)


def note_marks_later(marks: Iterable[tuple[int, str, str]], *, now: datetime) -> None:
    """Have marks noted by the worker, for doors and loaders that wait for nobody's scores.

    Written in the caller's transaction; what goes through the queue is digests.
    """
    rows = digested(marks)
    for start in range(0, len(rows), AT_ONCE):
        async_task(NOTE, rows[start : start + AT_ONCE], now)


def notice_device(user: User, device: str, *, now: datetime) -> bool:
    """Note, a moment later, with which device a member came in; False when that is known, or nobody's."""
    member = Member.objects.filter(user=user, erased_at=None).only("pk").first()
    if member is None or not device.strip():
        return False
    digest = digest_of(MarkKind.DEVICE, device)
    if MemberMark.objects.filter(member=member, kind=MarkKind.DEVICE, digest=digest).exists():
        return False
    note_marks_later([(member.pk, MarkKind.DEVICE, device)], now=now)
    return True


def digested(marks: Iterable[tuple[int, str, str]]) -> list[Digested]:
    """Return marks as they are kept: the digest (hex), its kind, the key of the member, in order."""
    return sorted(
        {
            (str(kind), digest_of(kind, raw).hex(), pk)
            for pk, kind, raw in marks
            if "".join(raw.split())
        }
    )


@transaction.atomic
def note_digests(rows: Iterable[Digested], *, now: datetime) -> int:
    """Keep what :func:`digested` returned and flag who is seen to be somebody already; return how many."""
    known = [(bytes.fromhex(digest), kind, pk) for kind, digest, pk in rows]
    if not known:
        return 0
    hold_totals()
    members = sorted({pk for _digest, _kind, pk in known})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_membermark (member_id, kind, digest, seen_at) "
            "SELECT pk, kind, digest, %s FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) "
            "AS noted (pk, kind, digest) JOIN accounts_member m ON m.id = noted.pk "
            "WHERE m.erased_at IS NULL ON CONFLICT DO NOTHING",
            [now, [r[2] for r in known], [r[1] for r in known], [r[0] for r in known]],
        )
        # The younger account may be the one that was known before.
        cursor.execute(
            "SELECT DISTINCT o.member_id FROM accounts_membermark m "
            "JOIN accounts_membermark o ON o.kind = m.kind AND o.digest = m.digest "
            "WHERE m.member_id = ANY(%s)",
            [members],
        )
        sharing = [pk for (pk,) in cursor.fetchall()]
    doubles = flag_doubles(sharing, now=now)
    look_again(doubles, now=now, why="doubled")
    return len(doubles)


def flag_doubles(member_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Flag whoever of these led members shares a mark with an older account; return them.

    For actions that hold the totals and look at the members again afterwards.
    """
    if not member_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_DOUBLES, {"members": list(member_ids)})
        doubles = cursor.fetchall()
    for pk, elder, kind in doubles:
        _flag(pk, elder, kind, now=now)
    return [pk for pk, _elder, _kind in doubles]


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
