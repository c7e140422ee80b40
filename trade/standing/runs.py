"""Runs over the orders for the standing of members: what changed, a month settled, and the proof."""

import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.actions import (
    GUIDED,
    Taken,
    begin_settling,
    hold_totals,
    looking_up,
    note_take,
    one_run_at_a_time,
    settle,
    store_months,
    take_guided_orders,
    take_months,
    take_time,
    wrong_totals,
)
from accounts.models import MemberMonth, StandingRun
from accounts.standing.numbers import rules_at
from accounts.standing.rules import SHANGHAI, month_of, settled_on
from accounts.standing.statements import (
    DROP_UNLIKE,
    MAKE_UNLIKE,
    UNLIKE,
    UNLIKE_AMONG,
    UNLIKE_IN_MONTH,
)
from accounts.standing.windows import Windows, newest_run, of_run, windows
from common.changes import horizon
from common.models import FreshStart
from common.partitions import ensure_partitions, month_after, months
from common.recompute import Difference, derive
from trade.loading.months import ORDERS
from trade.standing import statements as sql

_UNLIKE = UNLIKE_IN_MONTH.format(facts=sql.FACTS_OF_MONTH)
_UNLIKE_AMONG = UNLIKE_AMONG.format(facts=sql.FACTS_OF_BUCKET, among=sql.BUCKETS_OF_MONTH)


def bring_up_to_date(now: datetime) -> StandingRun | None:
    """Do what is due: settle when a recompute day or new rules have come, else take what changed.

    None when another process is at it. A second call takes what changed since the first.
    """
    with one_run_at_a_time() as mine:
        if not mine:
            return None
        last, wanted = newest_run(), _windows_at(now)
        if last is not None and last.finished_at is None:
            return _finish(last, now=now)
        if last is None or _loaded_since(last.cursor) or not _is_by(last, wanted):
            return _settle(wanted, last, now=now)
        return _take(last, now=now)


def settle_now(now: datetime) -> StandingRun:
    """Count every month again from the orders and settle everybody; tiers fall on recompute days alone.

    Waits for the run that another process is at.
    """
    with one_run_at_a_time(wait=True):
        last = newest_run()
        if last is not None and last.finished_at is None:
            _finish(last, now=now)
        return _settle(_windows_at(now), last, now=now)


def differences(now: datetime) -> Iterator[Difference]:
    """Yield, month by month and then for the totals, how many rows differ from a recomputation from zero.

    Orders written after the last run are its business: bring up to date first.
    """
    among = windows(now)
    for month in _months(among, now):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), min(member_id) FROM ({_UNLIKE}) unlike",
                among.given(now) | sql.given(month),
            )
            wrong, first = cursor.fetchone()
        yield Difference(f"{month:%Y-%m}", wrong, f"member {first}")
    rows = first = 0
    for wrong, one in wrong_totals(now):
        rows += wrong
        first = first or one
    yield Difference("totals", rows, f"member {first}")


def _windows_at(now: datetime) -> Windows:
    in_force = rules_at(now)
    return Windows(in_force, settled_on(now.astimezone(SHANGHAI).date(), in_force.numbers))


def _is_by(last: StandingRun, wanted: Windows) -> bool:
    return (last.settled_on, last.rules_version) == (wanted.settled_on, wanted.rules.version)


def _loaded_since(moment: datetime) -> bool:
    """Tell whether months of orders were attached at once, stamped long before."""
    return FreshStart.objects.filter(kind=ORDERS, at__gte=moment).exists()


def _months(among: Windows, now: datetime) -> list[date]:
    # One more than has begun: while a run is at work, a new month may begin.
    return list(months(among.oldest, month_after(month_of(now))))


@transaction.atomic
def _take(last: StandingRun, *, now: datetime) -> StandingRun:
    began, upto, among = time.monotonic(), horizon(), of_run(last)
    take_time()
    with connection.cursor() as cursor:
        touched = _find_buckets(cursor, last.cursor, among, now)
        taken = Taken(0, 0)
        if touched:
            _find_unlike(cursor, touched, among, now)
            taken = take_months(cursor, touched, now=now, among=among)
        _take_guides(cursor, now=now, touched=True)
    return note_take(taken, now=now, cursor_at=upto, among=among, began=began)


def _find_buckets(
    cursor: CursorWrapper, since: datetime, among: Windows, now: datetime
) -> list[date]:
    """Find which months of which members were touched; return the months."""
    given = sql.buckets(_months(among, now)) | {"since": since}
    cursor.execute("DROP TABLE IF EXISTS standing_buckets")
    with looking_up(cursor):
        cursor.execute(sql.CHANGED_BUCKETS, given)
    cursor.execute(sql.PAY_DEBTS, given)
    cursor.execute("ANALYZE standing_buckets")
    cursor.execute(
        "SELECT DISTINCT month FROM standing_buckets WHERE month IS NOT NULL ORDER BY month"
    )
    return [month for (month,) in cursor.fetchall()]


def _find_unlike(
    cursor: CursorWrapper, months: Sequence[date], among: Windows, now: datetime
) -> None:
    cursor.execute(DROP_UNLIKE)
    into = MAKE_UNLIKE
    with looking_up(cursor):
        for month in months:
            cursor.execute(into + _UNLIKE_AMONG, among.given(now) | sql.given(month))
            into = f"INSERT INTO {UNLIKE} "


def _take_guides(cursor: CursorWrapper, *, now: datetime, touched: bool) -> None:
    among = (
        "AND (g.counted_at IS NULL OR g.member_id IN (SELECT member_id FROM standing_buckets))"
        if touched
        else ""
    )
    hold_totals()
    third = rules_at(now).numbers.guide_orders
    cursor.execute(f"DROP TABLE IF EXISTS {GUIDED}")
    cursor.execute(
        f"CREATE TEMP TABLE {GUIDED} ON COMMIT DROP AS {sql.GUIDED.format(and_touched=among)}",
        {"third": third},
    )
    if cursor.rowcount:
        take_guided_orders(cursor, now=now)


def _settle(wanted: Windows, last: StandingRun | None, *, now: datetime) -> StandingRun:
    """Settle by ``wanted``; tiers fall when a recompute day has come since the last run."""
    downwards = last is not None and wanted.settled_on > last.settled_on
    run = begin_settling(wanted, now=now, cursor_at=horizon(), downwards=downwards)
    return _finish(run, now=now)


def _finish(run: StandingRun, *, now: datetime) -> StandingRun:
    """Count every month from the orders and settle everybody; also where that was cut short."""
    began, among = time.monotonic(), of_run(run)
    months = _months(among, now)
    ensure_partitions(MemberMonth._meta.db_table, months[0], months[-1])
    for month in months:
        _count_month(month, among, now)
    with transaction.atomic(), connection.cursor() as cursor:
        take_time()
        _take_guides(cursor, now=now, touched=False)
    return settle(run, now=now, began=began)


@transaction.atomic
def _count_month(month: date, among: Windows, now: datetime) -> None:
    take_time()
    with connection.cursor() as cursor:
        cursor.execute(DROP_UNLIKE)
        cursor.execute(MAKE_UNLIKE + _UNLIKE, among.given(now) | sql.given(month))
        if cursor.rowcount:
            store_months(cursor, [month], now=now, among=among)


derive("standing", check=differences, mend=settle_now)
