"""``bench load``: orders a second from a file on disk into the product, against bare COPY.

Ours reads a CSV, checks every field, resolves members and shops, computes the ids and writes rows
with four indexes and two references. The baseline copies the same finished rows into an equal
table without indexes, references or partitions. Both read a file and commit.
"""

import csv
import random
import statistics
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.house import scratch_database
from bench.report import Failed, Result

SHANGHAI = ZoneInfo("Asia/Shanghai")
MEMBERS, SHOPS = 20_000, 200
STEP = timedelta(days=350) / 400_000
FIRST_DAY = datetime(2025, 1, 10, tzinfo=SHANGHAI)
GOODS = (
    ("生鲜", "智利车厘子 JJ 级 2.5kg 礼盒"),
    ("女装", "加厚羊毛围巾 女 秋冬"),
    ("内衣", "真丝睡衣套装, 两件"),
    ("母婴", "儿童保温杯 500ml"),
    ("厨具", "不锈钢炒锅 32cm"),
)
REGIONS = ("上海", "浙江 杭州", "广东 深圳", "四川 成都")
COLUMNS = (
    *("order_no", "member_no", "shop_no", "paid_amount", "paid_at", "category", "product"),
    *("quantity", "promised_ship_at", "shipped_at", "promised_deliver_at", "signed_at"),
    *("closed_at", "status", "freight", "region"),
)
TYPED = (
    "id,order_no,member_id,shop_id,product,category,quantity,paid_amount,freight,region,status,"
    "paid_at,promised_ship_at,shipped_at,promised_deliver_at,signed_at,closed_at"
)
BAD_EVERY = 1_000


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure both sides in turns and check every row that was loaded."""
    orders = 100_000 if quick else 400_000
    rounds = max(rounds, 3)
    with scratch_database(), tempfile.TemporaryDirectory() as folder:
        world = _World(Path(folder), orders)
        ours, bare = [], []
        for _round in range(rounds):
            bare.append(world.copy_bare())
            ours.append(world.load())
        again = world.load_again()
    fast, plain = statistics.median(ours), statistics.median(bare)
    return Result(
        bench="load",
        ours=round(fast),
        baseline=round(plain),
        ratio=round(fast / plain, 3),
        unit="orders/s",
        detail={
            "orders": orders,
            "rejected": world.bad,
            "rounds": rounds,
            "ours_rounds": [round(rate) for rate in ours],
            "baseline_rounds": [round(rate) for rate in bare],
            "second_run_orders_per_second": round(again),
            "differences": 0,
        },
    )


class _World:
    """Members, shops, a file of orders, and the same orders as finished rows."""

    def __init__(self, folder: Path, orders: int) -> None:
        self.folder = folder
        self.orders = orders
        self.bad = 0
        self.draw = random.Random(20251120)
        self._people()
        self._write_orders()

    def _people(self) -> None:
        from accounts.loading import MemberLoader
        from accounts.models import Member
        from common.loading import load_file
        from merchants.loading import ShopLoader
        from merchants.models import Shop

        for name, loader, rows in (
            ("members.csv", MemberLoader, [("member_no", "display_name")]
             + [(f"M{n:08d}", f"会员{n}") for n in range(MEMBERS)]),
            ("shops.csv", ShopLoader, [("shop_no", "name")]
             + [(f"S{n:05d}", f"店铺{n}") for n in range(SHOPS)]),
        ):  # fmt: skip
            path = self.folder / name
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
            load_file(loader(), path)
        self.members = list(Member.objects.order_by("member_no").values_list("member_no", "pk"))
        self.shops = list(Shop.objects.order_by("shop_no").values_list("shop_no", "pk"))

    def _write_orders(self) -> None:
        """Write the CSV and, beside it, the rows it stands for as COPY text."""
        from common.ids import uuid7_of

        draw, step = self.draw, STEP
        self.file, self.typed = self.folder / "orders.csv", self.folder / "typed.copy"
        with (
            self.file.open("w", newline="", encoding="utf-8") as file,
            self.typed.open("w", encoding="utf-8") as typed,
        ):
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for number in range(self.orders):
                paid = (FIRST_DAY + step * number).replace(microsecond=0)
                order_no = f"{paid:%y%m%d%H}{number:010d}"
                (member_no, member), (shop_no, shop) = (
                    draw.choice(self.members),
                    draw.choice(self.shops),
                )
                category, product = draw.choice(GOODS)
                amount = f"{draw.randrange(100, 99_999) / 100:.2f}"
                region = draw.choice(REGIONS)
                moments = [paid + timedelta(hours=hours) for hours in (48, 20, 96, 70)]
                times = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (paid, *moments)]
                bad = number % BAD_EVERY == BAD_EVERY - 1
                self.bad += bad
                writer.writerow(
                    [order_no, member_no, shop_no, "-1.00" if bad else amount, times[0], category,
                     product, 1, times[1], times[2], times[3], times[4], "", "signed", "0.00", region]
                )  # fmt: skip
                if not bad:
                    order_id = uuid7_of(paid, order_no)
                    typed.write(
                        f"{order_id}\t{order_no}\t{member}\t{shop}\t{product}\t{category}\t1\t{amount}\t0.00"
                        f"\t{region}\tsigned\t"
                        + "\t".join(f"{time}+08" for time in times)
                        + "\t\\N\n"
                    )

    def copy_bare(self) -> float:
        """Copy the finished rows into an equal bare table; return rows a second."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bare")
            cursor.execute("CREATE TABLE bare (LIKE trade_order INCLUDING DEFAULTS)")
            started = time.perf_counter()
            with (
                self.typed.open("rb") as file,
                cursor.copy(f"COPY bare ({TYPED}) FROM STDIN") as copy,
            ):
                while block := file.read(1 << 18):
                    copy.write(block)
            return (self.orders - self.bad) / (time.perf_counter() - started)

    def load(self) -> float:
        """Load the file into an empty product; return lines a second. Checks every row."""
        from django.db import connection

        from common.loading import load_file
        from trade.loading import OrderLoader

        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE trade_order, common_importrun CASCADE")
        started = time.perf_counter()
        report = load_file(OrderLoader(), self.file)
        rate = self.orders / (time.perf_counter() - started)
        fates = report.fates
        if (fates.inserted, fates.rejected) != (self.orders - self.bad, self.bad):
            raise Failed(f"{fates} of {self.orders} orders, {self.bad} of them bad")
        self._compare()
        return rate

    def load_again(self) -> float:
        """Load the same file once more: nothing may change; return lines a second."""
        from common.loading import load_file
        from trade.loading import OrderLoader

        started = time.perf_counter()
        fates = load_file(OrderLoader(), self.file).fates
        rate = self.orders / (time.perf_counter() - started)
        if (fates.unchanged, fates.rejected) != (self.orders - self.bad, self.bad):
            raise Failed(f"the second run should change nothing: {fates}")
        self._compare()
        return rate

    def _compare(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            for here, there in (("trade_order", "bare"), ("bare", "trade_order")):
                cursor.execute(
                    f"SELECT count(*) FROM (SELECT {TYPED} FROM {here} "
                    f"EXCEPT ALL SELECT {TYPED} FROM {there}) AS different"
                )
                if different := cursor.fetchone()[0]:
                    raise Failed(f"{different} rows of {here} are not in {there}")
            cursor.execute(
                "SELECT (SELECT sum(paid_amount) FROM trade_order), (SELECT sum(paid_amount) FROM bare)"
            )
            loaded, expected = cursor.fetchone()
            if loaded != expected:
                raise Failed(f"the sum of all orders is {loaded}, not {expected}")
