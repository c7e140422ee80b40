"""``bench tiers``: a day's orders taken into scores and tiers, against counting everybody again.

A million members with ten million orders of twelve months. A day of new orders comes in; the run that
takes what changed is timed against a recomputation of everybody from zero, in turns. Beside it stands
the bare aggregate by member and month that such a recomputation cannot do without, with the same memory.
A recomputation writes what differs from what is stored, so that here it writes next to nothing; the
first fill, which writes every row, is told as well. After every turn what is stored is compared with a
recomputation, row by row; a difference fails the run.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.house import scratch_database
from bench.report import Failed, Result

UNTIL = date(2026, 11, 24)
LEAST_TIMES = 40
MOST_OF_BARE = 1.5

_BARE = """
SELECT count(*), sum(orders), sum(spent) FROM (
    SELECT member_id, date_trunc('month', paid_at AT TIME ZONE 'Asia/Shanghai') AS month,
           count(*) AS orders, count(*) FILTER (WHERE refunded_amount = 0) AS clean,
           sum(paid_amount - refunded_amount) AS spent
      FROM trade_order WHERE status IN ('signed', 'finished') GROUP BY 1, 2
) months
"""


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure a day against everything in turns; fails on any difference."""
    rounds = max(rounds, 3)
    members, orders = (100_000, 1_000_000) if quick else (1_000_000, 10_000_000)
    a_day = orders // 365
    with scratch_database():
        house = _House(members, orders)
        first = _seconds(house.settle)
        house.tidy()
        day, whole, bare = [], [], []
        for turn in range(rounds):
            house.new_orders(a_day, turn)
            day.append(_seconds(house.take))
            bare.append(_seconds(house.bare))
            whole.append(_seconds(house.settle))
            if differing := house.differences():
                raise Failed(f"{differing} rows differ from a recomputation")
    ours, theirs, plain = map(statistics.median, (day, whole, bare))
    return Result(
        bench="tiers",
        ours=round(ours, 3),
        baseline=round(theirs, 3),
        ratio=round(theirs / ours, 1),
        unit="seconds for a day's orders, against everybody from zero",
        detail={
            "rounds": rounds,
            "members": members,
            "orders": orders,
            "orders_a_day": a_day,
            "day_rounds": [round(one, 3) for one in day],
            "whole_rounds": [round(one, 2) for one in whole],
            "bare_rounds": [round(one, 2) for one in bare],
            "first_fill_s": round(first, 1),
            "differences": 0,
            "bar_times": LEAST_TIMES,
            "whole_over_bare": round(theirs / plain, 2),
            "bar_whole_over_bare": MOST_OF_BARE,
        },
    )


class _House:
    def __init__(self, members: int, orders: int) -> None:
        from django.db import connection

        from bench.population import make_members, make_orders

        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET work_mem = '128MB'")
        self.members, self.orders = members, orders
        self.shop = make_members(members, datetime(2025, 1, 1, tzinfo=UTC))
        make_orders(orders, members, self.shop, UNTIL)
        self.now = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)

    def settle(self) -> None:
        from trade.standing.runs import settle_now

        settle_now(self.now)

    def take(self) -> None:
        from trade.standing.runs import bring_up_to_date

        taken = bring_up_to_date(self.now)
        if taken is None or taken.kind != "take" or taken.members == 0:
            raise Failed(f"a day was not taken as a day: {taken}")

    def bare(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(_BARE)
            cursor.fetchone()

    def new_orders(self, count: int, turn: int) -> None:
        from bench.population import make_day

        self.now += timedelta(days=1)
        # What was settled is committed and older than the horizon's two seconds.
        time.sleep(2.5)
        make_day(self.orders + turn * count + 1, count, self.members, self.shop, self.now.date())
        time.sleep(2.5)

    def tidy(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "VACUUM ANALYZE accounts_membermonth, accounts_memberstanding, accounts_memberperiod"
            )

    def differences(self) -> int:
        from trade.standing.runs import differences

        return sum(one.rows for one in differences(self.now))


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
