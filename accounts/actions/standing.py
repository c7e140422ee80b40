"""Scores and tiers of many members at once, in statements over sets; one run at a time."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Member, StandingRun
from accounts.signals import tiers_moved
from accounts.standing import statements as sql
from accounts.standing.windows import Windows, of_run, windows
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
def one_run_at_a_time(*, wait: bool = False) -> Iterator[bool]:
    """Hold the right to run over many members; yield False when another process does, or ``wait`` for it."""
    if wait:
        _wait_for_the_run()
        mine = True
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_RUN_LOCK])
            mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_RUN_LOCK])


@transaction.atomic
def _wait_for_the_run() -> None:
    """Take the lock of the session, however long another run has it.

    The timeouts of the connection are for rows that somebody holds for a moment; a run takes minutes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [_RUN_LOCK])


def take_time() -> None:
    """Let statements of this transaction run longer, and in more memory, than those that somebody waits for."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '128MB'")


@contextmanager
def looking_up(cursor: CursorWrapper) -> Iterator[None]:
    """Let statements look rows up by index, one after the other: what a day touches is few of many.

    The planner guesses otherwise and reads whole months; looked up, the cost follows what changed.
    """
    wanted = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    cursor.execute("; ".join(f"SET LOCAL {name} = off" for name in wanted))
    yield
    cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in wanted))


def hold_totals_alone() -> None:
    """Keep everybody else from computing or adding to totals until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TOTALS_LOCK])


def hold_totals() -> None:
    """Keep runs from adding to totals until this transaction ends; before any member is locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_TOTALS_LOCK])


def take_months(
    cursor: CursorWrapper, months: Sequence[date], *, now: datetime, among: Windows
) -> Taken:
    """Take what lies in ``statements.UNLIKE``: store ``months``, add what they change, let tiers rise.

    The caller has filled the table in this transaction with what changed in them.
    """
    given = among.given(now, why="orders")
    # Whoever computes totals from rows at this moment would miss what is added here.
    hold_totals_alone()
    cursor.execute(sql.MAKE_TOUCHED)
    cursor.execute("DROP TABLE IF EXISTS standing_moves")
    with looking_up(cursor):
        cursor.execute(sql.MOVES, given)
        members = cursor.rowcount
        store_months(cursor, months, now=now, among=among)
        cursor.execute(sql.ADD_MOVES, given)
        known, touched = cursor.fetchone()
        if known < members:
            cursor.execute(sql.ADD_NEW, given)
            touched += cursor.rowcount
        moved = _settle_tiers(cursor, sql.DIFFER_AMONG_TOUCHED, given) if touched else 0
    return Taken(members, moved)


def store_months(
    cursor: CursorWrapper, months: Sequence[date], *, now: datetime, among: Windows
) -> None:
    """Store what lies in ``statements.UNLIKE`` for ``months`` and leave the totals alone."""
    for month in months:
        for statement in sql.STORE_MONTHS:
            cursor.execute(statement, among.given(now) | {"month": month})


def note_take(
    taken: Taken, *, now: datetime, cursor_at: datetime, among: Windows, began: float
) -> StandingRun:
    """Write down a run that took what had changed; the next one starts from it."""
    return StandingRun.objects.create(
        kind="take",
        at=now,
        cursor=cursor_at,
        settled_on=among.settled_on,
        rules_version=among.rules.version,
        finished_at=now,
        members=taken.members,
        moved=taken.moved,
        seconds=_since(began),
    )


def begin_settling(
    among: Windows, *, now: datetime, cursor_at: datetime, downwards: bool
) -> StandingRun:
    """Write down a settling before it looks at anybody: from now on totals are computed by its windows.

    ``downwards`` on the recompute day alone: tiers fall, one step at a time.
    """
    return StandingRun.objects.create(
        kind="settle",
        at=now,
        cursor=cursor_at,
        settled_on=among.settled_on,
        rules_version=among.rules.version,
        downwards=downwards,
    )


def settle(run: StandingRun, *, now: datetime, began: float) -> StandingRun:
    """Compute everybody's totals from their rows by the rules of ``run``, let tiers follow, and finish it.

    A transaction for each ``CHUNK`` members. One that was cut short goes on: nobody falls twice.
    """
    fallen = run.settled_upto if run.downwards else 0
    for after, upto in _stretches(0, fallen):
        _add(run, _settle_stretch(run, after, upto, now=now, downwards=False))
    for after, upto in _stretches(fallen):
        _add(run, _settle_stretch(run, after, upto, now=now, downwards=run.downwards))
    run.finished_at, run.seconds = now, _since(began)
    run.save(update_fields=["finished_at", "members", "moved", "seconds"])
    return run


def look_again(member_ids: Sequence[int], *, now: datetime, why: str) -> int:
    """Compute the totals of a few members anew from their rows and let tiers rise; return how many moved.

    For members whose rows were changed in this transaction, after :func:`hold_totals`.
    """
    if not member_ids:
        return 0
    list(
        Member.objects.select_for_update(no_key=True)
        .filter(pk__in=member_ids)
        .order_by("pk")
        .values_list("pk")
    )
    # Read after the wait: a settling that began meanwhile has passed these members or will come.
    given = windows(now).given(now, why=why)
    with connection.cursor() as cursor:
        cursor.execute(sql.MAKE_TOUCHED)
        cursor.execute(
            f"INSERT INTO {sql.TOUCHED} SELECT DISTINCT unnest(%s::bigint[])", [list(member_ids)]
        )
        cursor.execute(f"ANALYZE {sql.TOUCHED}")
        # While a settling by other rules is under way, their months may be worth the old points.
        cursor.execute(sql.RESTATE_MONTHS.format(members=sql.of_touched("f.member_id")), given)
        _store_totals(cursor, sql.TOTALS_UNLIKE_OF_TOUCHED, given)
        return _settle_tiers(cursor, sql.DIFFER_AMONG_TOUCHED, given)


def wrong_totals(now: datetime) -> Iterator[tuple[int, int]]:
    """Yield for each stretch of members how many stored totals differ from their rows, and the first one."""
    given = windows(now).given(now)
    unlike = (
        f"SELECT count(*), min(member_id) FROM ({sql.TOTALS_UNLIKE_IN_RANGE}) unlike {sql.MISSED}"
    )
    with connection.cursor() as cursor:
        for after, upto in _stretches():
            cursor.execute(unlike, given | {"after": after, "upto": upto})
            wrong, first = cursor.fetchone()
            yield wrong, first or 0


@transaction.atomic
def _settle_stretch(
    run: StandingRun, after: int, upto: int, *, now: datetime, downwards: bool
) -> Taken:
    given = of_run(run).given(now, settling=downwards, why="settled")
    given |= {"after": after, "upto": upto}
    take_time()
    hold_totals_alone()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM accounts_member WHERE id > %(after)s AND id <= %(upto)s", given
        )
        members = cursor.fetchone()[0]
        _store_totals(cursor, sql.TOTALS_UNLIKE_IN_RANGE, given)
        moved = _settle_tiers(cursor, sql.DIFFER_IN_RANGE, given)
    run.settled_upto = max(run.settled_upto, upto)
    run.save(update_fields=["settled_upto"])
    return Taken(members, moved)


def _store_totals(cursor: CursorWrapper, unlike: str, given: dict[str, Any]) -> None:
    cursor.execute("DROP TABLE IF EXISTS standing_totals")
    cursor.execute(sql.MAKE_TOTALS + unlike, given)
    if cursor.rowcount:
        for statement in sql.STORE_TOTALS:
            cursor.execute(statement, given)


def _add(run: StandingRun, taken: Taken) -> None:
    run.members += taken.members
    run.moved += taken.moved


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def _settle_tiers(cursor: CursorWrapper, differ: str, given: dict[str, Any]) -> int:
    """Move tiers and periods of those whom ``differ`` finds as the rules say; one history line for each new tier."""
    for table in ("standing_candidates", "standing_changes"):
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(sql.CANDIDATES.format(differ=differ), given)
    if cursor.rowcount == 0:
        return 0
    cursor.execute("ANALYZE standing_candidates")
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


def _stretches(after: int = 0, until: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield id ranges (after, up to) of about ``CHUNK`` members each, none beyond ``until``."""
    while until is None or after < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(id) FROM (SELECT id FROM accounts_member WHERE id > %s ORDER BY id "
                "LIMIT %s) few",
                [after, CHUNK],
            )
            upto = cursor.fetchone()[0]
        if upto is None:
            return
        if until is not None:
            upto = min(upto, until)
        yield after, upto
        after = upto
