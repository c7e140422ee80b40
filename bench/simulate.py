"""``bench simulate``: a rule with three conditions tried out on five million orders, against SQL written by hand.

Half a year of orders of many shops, categories and regions. Ours is the whole run: the stored condition is
checked and compiled, the orders are asked, what was hit is counted by shop, region, category and money, and
every count is kept as a row. The baseline is the statement somebody would write by hand for the same rule: the
same counts, read by the client and kept nowhere. Both read the same days, with the same memory, in turns. Every
count of every round is compared; a difference fails the run. Once a round the same rule runs with an exception
of a region as well, which the bar is not about.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bench.house import scratch_database
from bench.report import Failed, Result

UNTIL = date(2026, 11, 24)
MOST_OF_HAND = 1.5
DAYS = 180
CATEGORIES = ("生鲜", "鲜花", "服饰", "数码", "家居", "珠宝", "母婴", "图书")
REGIONS = ("上海", "北京", "广东", "浙江", "江苏", "云南", "四川", "山东", "湖北", "陕西")
CONDITION = {
    "all": [
        {"field": "paid_amount", "op": "ge", "value": "50.00"},
        {"field": "category", "op": "in", "value": ["生鲜", "服饰", "数码"]},
        {"field": "late_ship_days", "op": "gt", "value": 0},
    ]
}
_SPREAD = """
UPDATE trade_order o SET shop_id = %(first)s + (h & 2147483647) %% %(shops)s,
       category = (%(categories)s::text[])[1 + (h >> 8 & 1023) %% cardinality(%(categories)s::text[])],
       region = (%(regions)s::text[])[1 + (h >> 18 & 1023) %% cardinality(%(regions)s::text[])],
       promised_ship_at = paid_at + interval '48 hours',
       shipped_at = paid_at + (h >> 4 & 63) * interval '1 hour'
  FROM (SELECT id, abs(hashtext(order_no))::bigint AS h FROM trade_order) spread
 WHERE spread.id = o.id
"""
_HAND = """
SELECT grouping(shop_id), grouping(region), grouping(category), shop_id, region, category,
       count(*), sum(paid_amount)
  FROM trade_order
 WHERE id >= %(low)s AND id < %(high)s AND paid_at >= %(since)s AND paid_at < %(until)s
   AND paid_amount >= 50 AND category IN ('生鲜', '服饰', '数码')
   AND coalesce(shipped_at, closed_at, now()) > promised_ship_at
 GROUP BY GROUPING SETS ((shop_id), (region), (category), ())
"""
_HAND_COUNT = """
SELECT count(*) FROM trade_order
 WHERE id >= %(low)s AND id < %(high)s AND paid_at >= %(since)s AND paid_at < %(until)s
"""


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure the stored rule against SQL written by hand, in turns; fails on any difference."""
    rounds = max(rounds, 3)
    orders, shops = (500_000, 2_000) if quick else (5_000_000, 20_000)
    with scratch_database():
        house = _House(orders, shops)
        house.ours(), house.by_hand()  # warm: what is measured is not the disk's first reading
        ours, hand, sparing = [], [], []
        for _turn in range(rounds):
            ours.append(_seconds(house.ours))
            hand.append(_seconds(house.by_hand))
            if differing := house.differences():
                raise Failed(f"{differing} counts differ from the statement written by hand")
            sparing.append(_seconds(house.sparing))
    mine, theirs = statistics.median(ours), statistics.median(hand)
    return Result(
        bench="simulate",
        ours=round(mine, 3),
        baseline=round(theirs, 3),
        ratio=round(theirs / mine, 2),
        unit="seconds for a rule of three conditions over all orders, against SQL written by hand",
        detail={
            "rounds": rounds,
            "orders": orders,
            "looked_at": house.looked_at,
            "hits": house.hits,
            "shops": shops,
            "days": DAYS,
            "ours_rounds": [round(one, 3) for one in ours],
            "hand_rounds": [round(one, 3) for one in hand],
            "times_of_hand": round(mine / theirs, 2),
            "bar_times_of_hand": MOST_OF_HAND,
            "with_exception_s": round(statistics.median(sparing), 3),
            "differences": 0,
        },
    )


class _House:
    def __init__(self, orders: int, shops: int) -> None:
        from django.db import connection

        from accounts.models import User
        from bench.population import make_members, make_orders
        from merchants.models import Rule, RuleVersion
        from merchants.rulebook.conditions import check_condition

        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET work_mem = '128MB'")
        shop = make_members(10_000, datetime(2025, 1, 1, tzinfo=UTC))
        first = self._shops(shops)
        # Half a year of them, all within the days that are looked at.
        make_orders(orders, 10_000, shop, UNTIL, months=5)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE trade_order DISABLE TRIGGER USER")
            cursor.execute(
                _SPREAD,
                {
                    "first": first, "shops": shops, "categories": list(CATEGORIES),
                    "regions": list(REGIONS),
                },
            )  # fmt: skip
            cursor.execute("ALTER TABLE trade_order ENABLE TRIGGER USER")
            cursor.execute("VACUUM ANALYZE trade_order")
        rule = Rule.objects.create(code="late", family="trade", title="延迟发货")
        self.condition = check_condition(CONDITION, "order")
        self.version = RuleVersion.objects.create(
            rule=rule, number=1, text="延迟发货", condition=self.condition
        )
        self.by = User.objects.create(username="ops", display_name="白露", roles=["operations"])
        self.now = datetime(2026, 11, 24, 4, tzinfo=UTC)
        self.found: dict[tuple[str, str], tuple[int, Decimal]] = {}
        self.hand: dict[tuple[str, str], tuple[int, Decimal]] = {}
        self.looked_at = self.hits = self.simulation = 0
        self.hand_looked_at = 0

    @staticmethod
    def _shops(count: int) -> int:
        from merchants.models import Shop

        Shop.objects.bulk_create(
            [Shop(shop_no=f"T{n}", name=f"店{n}") for n in range(count)], batch_size=5_000
        )
        return Shop.objects.get(shop_no="T0").pk

    def ours(self) -> None:
        self._run([])

    def sparing(self) -> None:
        self._run([{"categories": [], "regions": ["云南"], "until": None, "why": "分批"}])

    def _run(self, exceptions: list[dict[str, Any]]) -> None:
        from merchants.actions.simulations import ask_simulation, run_simulation
        from merchants.models import RuleVersion

        RuleVersion.objects.filter(pk=self.version.pk).update(exceptions=exceptions)
        ran = run_simulation(
            ask_simulation(self.version, days=DAYS, by=self.by, reason="试", now=self.now)
        )
        if ran.state != "done":
            raise Failed(f"the simulation did not run: {ran.trouble}")
        if not exceptions:
            self.simulation, self.looked_at, self.hits = ran.pk, ran.looked_at, ran.hits

    def by_hand(self) -> None:
        from django.db import connection

        from common.ids import uuid7_from

        since = self.now - timedelta(days=DAYS)
        given = {
            "since": since, "until": self.now, "low": uuid7_from(since),
            "high": uuid7_from(self.now + timedelta(milliseconds=1)),
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_HAND, given)
            rows = cursor.fetchall()
            cursor.execute(_HAND_COUNT, given)
            (self.hand_looked_at,) = cursor.fetchone()
        self.hand = {}
        for no_shop, no_region, no_category, shop, region, category, hits, money in rows:
            if not no_shop:
                self.hand["shop", str(shop)] = (hits, money)
            elif not no_region:
                self.hand["region", region] = (hits, money)
            elif not no_category:
                self.hand["category", category] = (hits, money)
            else:
                self.hand["all", ""] = (hits, money)

    def differences(self) -> int:
        """Count the counts that are not the same on both sides."""
        from merchants.models import RuleSimulation

        simulation = RuleSimulation.objects.get(pk=self.simulation)
        kept: dict[tuple[str, str], tuple[int, Decimal]] = {
            (by, key): (hits, money)
            for by, key, hits, money in simulation.rows.values_list("by", "key", "hits", "money")
        }
        kept["all", ""] = (simulation.hits, simulation.money)
        if simulation.hits == 0 or len(kept) < 10:
            raise Failed("the rule hit next to nothing: there is nothing to compare")
        return (simulation.looked_at != self.hand_looked_at) + sum(
            kept.get(one) != self.hand.get(one) for one in {*kept, *self.hand}
        )


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
