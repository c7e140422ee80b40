"""Runs over the orders for the standing of members: what changed, a month settled, and the proof."""

import time
from collections.abc import Iterator
from datetime import date, datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.actions import (
    GuidedOrders,
    Taken,
    note_run,
    one_run_at_a_time,
    settle,
    store_months,
    take_guided_orders,
    take_months,
    take_time,
    wrong_totals,
)
from accounts.models import StandingRun
from accounts.standing.numbers import rules_at
from accounts.standing.rules import SHANGHAI, month_of, settled_on
from accounts.standing.statements import FACTS, MAKE_FACTS
from accounts.standing.windows import Windows, last_run, windows
from common.changes import horizon
from common.models import FreshStart
from common.recompute import Difference, derive
from trade.loading.months import ORDERS
from trade.standing import statements as sql

_PAY_DEBTS = """
WITH owed AS (DELETE FROM trade_standingdebt RETURNING member_id, order_id)
INSERT INTO standing_buckets (member_id, month, low, high)
SELECT DISTINCT owed.member_id, b.month, b.low, b.high
  FROM owed JOIN standing_months b ON owed.order_id >= b.low AND owed.order_id < b.high
  JOIN accounts_member m ON m.id = owed.member_id
 WHERE NOT EXISTS (SELECT 1 FROM standing_buckets s
                    WHERE s.member_id = owed.member_id AND s.month = b.month)
"""

_GONE = """
INSERT INTO {facts} (member_id, month, orders, clean_count, spent)
SELECT m.member_id, m.month, 0, 0, 0 FROM accounts_membermonth m
 WHERE m.month = %(month)s
   AND NOT EXISTS (SELECT 1 FROM {facts} f WHERE f.member_id = m.member_id)
"""

_WRONG_MONTHS = f"""
SELECT count(*), min(coalesce(f.member_id, m.member_id))
  FROM ({sql.FACTS_OF_MONTH}) f
  FULL JOIN (SELECT * FROM accounts_membermonth WHERE month = %(month)s) m
    ON m.member_id = f.member_id
 WHERE (f.orders, f.clean_count, f.spent) IS DISTINCT FROM (m.orders, m.clean_count, m.spent)
"""


def bring_up_to_date(now: datetime) -> StandingRun | None:
    """Do what is due: settle when a recompute day or new rules have come, else take what changed.

    None when another process is at it. A second call takes what changed since the first.
    """
    with one_run_at_a_time() as mine:
        if not mine:
            return None
        last = last_run()
        wanted = _windows_at(now)
        if last is None or _loaded_since(last.cursor):
            return _settle(wanted, now=now, downwards=last is not None and _is_new(last, wanted))
        if _is_new(last, wanted) or last.rules_version != wanted.rules.version:
            return _settle(wanted, now=now, downwards=_is_new(last, wanted))
        return _take(last, now=now)


def settle_now(now: datetime) -> StandingRun | None:
    """Count every month again from the orders and settle everybody; tiers fall on recompute days alone."""
    with one_run_at_a_time() as mine:
        if not mine:
            return None
        last, wanted = last_run(), _windows_at(now)
        return _settle(wanted, now=now, downwards=last is not None and _is_new(last, wanted))


def differences(now: datetime) -> Iterator[Difference]:
    """Yield, month by month and then for the totals, how many rows differ from a recomputation from zero.

    Orders written after the last run are its business: bring up to date first.
    """
    among = windows(now)
    for month in _months(among, now):
        with connection.cursor() as cursor:
            cursor.execute(_WRONG_MONTHS, sql.given(month))
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


def _is_new(last: StandingRun, wanted: Windows) -> bool:
    return wanted.settled_on > last.settled_on


def _loaded_since(moment: datetime) -> bool:
    """Tell whether months of orders were attached at once, stamped long before."""
    return FreshStart.objects.filter(kind=ORDERS, at__gte=moment).exists()


def _months(among: Windows, now: datetime) -> list[date]:
    return [month for month, _low, _high in sql.month_rows(among.oldest, month_of(now))]


@transaction.atomic
def _take(last: StandingRun, *, now: datetime) -> StandingRun:
    began, upto, among = time.monotonic(), horizon(), windows(now)
    take_time()
    with connection.cursor() as cursor:
        _find_buckets(cursor, last.cursor, among, now)
        cursor.execute(MAKE_FACTS)
        cursor.execute(sql.FACTS_OF_BUCKETS.format(facts=FACTS))
        if cursor.rowcount:
            taken = take_months(cursor, now=now, among=among)
            _take_guides(cursor, now=now, touched=True)
        else:
            taken = Taken(0, 0)
    return note_run("take", taken, now=now, cursor_at=upto, among=among, began=began)


def _find_buckets(cursor: CursorWrapper, since: datetime, among: Windows, now: datetime) -> None:
    cursor.execute(sql.MONTHS)
    cursor.executemany(
        "INSERT INTO standing_months VALUES (%s, %s, %s)",
        sql.month_rows(among.oldest, month_of(now)),
    )
    cursor.execute(sql.CHANGED_BUCKETS, {"since": since})
    cursor.execute(_PAY_DEBTS)
    cursor.execute("ANALYZE standing_buckets")


def _take_guides(cursor: CursorWrapper, *, now: datetime, touched: bool) -> None:
    among = "AND g.member_id IN (SELECT member_id FROM standing_buckets)" if touched else ""
    third = rules_at(now).numbers.guide_orders
    cursor.execute(sql.GUIDED.format(and_touched=among), {"third": third})
    take_guided_orders([GuidedOrders(*row) for row in cursor.fetchall()], now=now)


def _settle(wanted: Windows, *, now: datetime, downwards: bool) -> StandingRun:
    began, upto = time.monotonic(), horizon()
    for month in _months(wanted, now):
        _count_month(month, wanted, now)
    with transaction.atomic(), connection.cursor() as cursor:
        _take_guides(cursor, now=now, touched=False)
    taken = settle(wanted, now=now, downwards=downwards)
    return note_run("settle", taken, now=now, cursor_at=upto, among=wanted, began=began)


@transaction.atomic
def _count_month(month: date, among: Windows, now: datetime) -> None:
    take_time()
    with connection.cursor() as cursor:
        cursor.execute(MAKE_FACTS)
        cursor.execute(
            f"INSERT INTO {FACTS} (member_id, month, orders, clean_count, spent) {sql.FACTS_OF_MONTH}",
            sql.given(month),
        )
        cursor.execute(f"CREATE INDEX ON {FACTS} (member_id)")
        cursor.execute(_GONE.format(facts=FACTS), {"month": month})
        store_months(cursor, now=now, among=among)


derive("standing", check=differences, mend=settle_now)
