"""Scores and tiers of many members at once, in statements over sets; one run at a time."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Member, StandingRun
from accounts.signals import tiers_moved
from accounts.standing import statements as sql
from accounts.standing.numbers import BUILT_IN
from accounts.standing.windows import Windows, windows
from common.history import plain
from common.ids import uuid7
from common.models import Event

CHUNK = 20_000
"""Members settled in one transaction."""

_RUN_LOCK = 0x78_69_61_6F_01
_TOTALS_LOCK = 0x78_69_61_6F_02


@dataclass(frozen=True)
class Taken:
    """What a run did: members looked at, members whose tier moved."""

    members: int
    moved: int


@contextmanager
def one_run_at_a_time() -> Iterator[bool]:
    """Hold the right to run over many members; yield False when another process does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_RUN_LOCK])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_RUN_LOCK])


def take_time() -> None:
    """Let statements of this transaction run longer than those that somebody waits for."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")


def hold_totals() -> None:
    """Keep runs from adding to totals until this transaction ends; before any member is locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_TOTALS_LOCK])


def take_months(cursor: CursorWrapper, *, now: datetime, among: Windows) -> Taken:
    """Take what lies in ``statements.FACTS``: store the months, add what they change, let tiers rise.

    The caller has filled the table in this transaction with one row for each touched (member,
    month); ``orders`` = 0 says that nothing is left of it. Months before the windows are passed over.
    """
    given = among.given(now, why="orders")
    # Whoever computes totals from rows at this moment would miss what is added here.
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TOTALS_LOCK])
    cursor.execute(f"DELETE FROM {sql.FACTS} WHERE month < %s", [among.oldest])
    cursor.execute(f"ANALYZE {sql.FACTS}; DROP TABLE IF EXISTS standing_moves")
    cursor.execute(sql.MOVES, given)
    members = cursor.rowcount
    cursor.execute("ANALYZE standing_moves")
    cursor.execute(sql.STORE_MONTHS, given)
    cursor.execute(sql.DROP_EMPTY_MONTHS)
    cursor.execute(sql.ADD_MOVES, given)
    if cursor.rowcount < members:
        cursor.execute(sql.ADD_NEW, given)
    moved = _settle_tiers(cursor, "m.id IN (SELECT member_id FROM standing_moves)", given)
    return Taken(members, moved)


def store_months(cursor: CursorWrapper, *, now: datetime, among: Windows) -> None:
    """Store what lies in ``statements.FACTS`` and leave the totals alone: a settling follows."""
    cursor.execute(sql.STORE_MONTHS, among.given(now))
    cursor.execute(sql.DROP_EMPTY_MONTHS)


def note_run(
    kind: str, taken: Taken, *, now: datetime, cursor_at: datetime, among: Windows, began: float
) -> StandingRun:
    """Write down a run; the next one starts from it."""
    return StandingRun.objects.create(
        kind=kind,
        at=now,
        cursor=cursor_at,
        settled_on=among.settled_on,
        rules_version=among.rules.version,
        members=taken.members,
        moved=taken.moved,
        seconds=round(time.monotonic() - began, 3),
    )


def settle(among: Windows, *, now: datetime, downwards: bool) -> Taken:
    """Compute everybody's totals from their rows by the rules of ``among``, and let tiers follow.

    ``downwards`` on the recompute day alone: one step at a time. A transaction for each
    ``CHUNK`` members. A second call changes nothing.
    """
    members = moved = 0
    for after, upto in _stretches():
        counted = _settle_stretch(after, upto, among, now=now, downwards=downwards)
        members += counted.members
        moved += counted.moved
    return Taken(members, moved)


def look_again(member_ids: Sequence[int], *, now: datetime, why: str) -> int:
    """Compute the totals of a few members anew from their rows and let tiers rise; return how many moved.

    For members whose rows were changed in this transaction, after :func:`hold_totals`.
    """
    if not member_ids:
        return 0
    among = windows(now)
    given = among.given(now, why=why)
    list(
        Member.objects.select_for_update(no_key=True)
        .filter(pk__in=member_ids)
        .order_by("pk")
        .values_list("pk")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql.MAKE_TOUCHED)
        cursor.execute(
            f"INSERT INTO {sql.TOUCHED} SELECT DISTINCT unnest(%s::bigint[])", [list(member_ids)]
        )
        cursor.execute(sql.RETOTAL_TOUCHED, given)
        return _settle_tiers(cursor, f"m.id IN (SELECT member_id FROM {sql.TOUCHED})", given)


def wrong_totals(now: datetime) -> Iterator[tuple[int, int]]:
    """Yield for each stretch of members how many stored totals differ from their rows, and the first one."""
    among = windows(now)
    with connection.cursor() as cursor:
        for after, upto in _stretches():
            cursor.execute(sql.WRONG_TOTALS, among.given(now) | {"after": after, "upto": upto})
            wrong, first = cursor.fetchone()
            yield wrong, first or 0


@transaction.atomic
def _settle_stretch(
    after: int, upto: int, among: Windows, *, now: datetime, downwards: bool
) -> Taken:
    given = among.given(now, settling=downwards, why="settled") | {"after": after, "upto": upto}
    take_time()
    with connection.cursor() as cursor:
        # Whoever posts a row waits here, so that no sum is computed without it.
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM accounts_member WHERE id > %(after)s AND id <= %(upto)s "
            "ORDER BY id FOR NO KEY UPDATE) locked",
            given,
        )
        members = cursor.fetchone()[0]
        if (
            among.rules.version != BUILT_IN
            or StandingRun.objects.exclude(rules_version=BUILT_IN).exists()
        ):
            cursor.execute(sql.RESTATE_MONTHS, given)
        cursor.execute(sql.RETOTAL_RANGE, given)
        moved = _settle_tiers(cursor, "m.id > %(after)s AND m.id <= %(upto)s", given)
    return Taken(members, moved)


def _settle_tiers(cursor: CursorWrapper, members: str, given: dict[str, Any]) -> int:
    """Move tiers and periods of ``members`` as the rules say; one history line for each new tier."""
    for table in ("standing_candidates", "standing_changes"):
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(sql.CANDIDATES.format(members=members), given)
    if cursor.rowcount == 0:
        return 0
    cursor.execute(sql.LOCK_CANDIDATES)
    cursor.execute(sql.CHANGES, given)
    cursor.execute(sql.CLOSE_PERIODS, given)
    cursor.execute(sql.MEND_PERIODS, given)
    cursor.execute(sql.OPEN_PERIODS, given)
    cursor.execute(sql.MOVE_MEMBERS, given)
    moved = cursor.fetchall()
    for start in range(0, len(moved), 1000):
        Event.objects.bulk_create(
            _tier_moved(*row, given=given) for row in moved[start : start + 1000]
        )
    _announce(moved, given["now"])
    return len(moved)


def _announce(moved: Sequence[tuple[Any, ...]], now: datetime) -> None:
    """Let the apps above hear who moved; whoever has no tier yet only begins."""
    moves: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pk, before, after, begins, *_scores in moved:
        if not begins:
            moves[before, after].append(pk)
    if moves:
        tiers_moved.send(Member, moves=dict(moves), at=now)


def _tier_moved(
    pk: int,
    before: str,
    after: str,
    _begins: bool,
    value: int,
    credit: int,
    activity: int,
    *,
    given: dict[str, Any],
) -> Event:
    scores = {"value": value, "credit": credit, "activity": activity}
    return Event(
        id=uuid7(given["now"]),
        at=given["now"],
        action="member.tier_moved",
        subject_type=Member._meta.label_lower,
        subject_id=str(pk),
        before={"tier": before},
        after=plain({"tier": after, "rules": given["version"], "why": given["why"]} | scores),
    )


def _stretches() -> Iterator[tuple[int, int]]:
    """Yield id ranges (after, up to) of about ``CHUNK`` members each."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(id) FROM (SELECT id FROM accounts_member WHERE id > %s ORDER BY id "
                "LIMIT %s) few",
                [after, CHUNK],
            )
            upto = cursor.fetchone()[0]
        if upto is None:
            return
        yield after, upto
        after = upto
