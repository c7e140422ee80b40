"""``bench dsr``: a day's ratings taken into every shop's scores, against counting all of them again.

A hundred thousand shops with ten million ratings of 200 days, among them buyers who rate one shop more
often in a month than counts, skipped dimensions, excluded ratings and those the system gave. A day of new
ratings comes in; counting it from the day before is timed against counting it from zero, in turns, from
the same state to the same rows: the count from zero is taken back before the other begins. Between the
days some ratings are excluded and restored, so that what changed in days long counted is part of it.
Beside it stands the bare aggregate by shop, the same figures without the rules of counting. After every
turn the stored figures are compared with a count from zero, row by row; a difference fails the run.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.house import scratch_database
from bench.report import Failed, Result

UNTIL = date(2026, 11, 24)
DAYS = 200
LEAST_TIMES = 30
MOST_OF_BARE = 2.0
WHY = "benchmark"

_BARE = """
SELECT (SELECT count(*) FROM (
    SELECT shop_id, sum(desc_match), count(desc_match), sum(service_attitude), count(service_attitude),
           sum(logistics_service), count(logistics_service), count(*) FILTER (WHERE grade = 1),
           count(*) FILTER (WHERE grade = 0), count(*) FILTER (WHERE grade = -1)
      FROM merchants_rating WHERE day >= %(first)s AND day <= %(day)s GROUP BY shop_id OFFSET 0
) shops), (SELECT count(*) FROM (
    SELECT shop_id, sum(grade) FROM merchants_rating WHERE day <= %(day)s GROUP BY shop_id OFFSET 0
) credits)
"""


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure a day against everything in turns; fails on any difference."""
    rounds = max(rounds, 3)
    shops, ratings = (10_000, 1_000_000) if quick else (100_000, 10_000_000)
    with scratch_database():
        house = _House(shops, ratings)
        first = _seconds(house.count_first)
        figures: dict[str, list[float]] = {
            name: [] for name in ("day", "whole", "rules", "bare", "peers")
        }
        for turn in range(rounds):
            house.new_day(turn)
            figures["bare"].append(_seconds(house.bare))
            figures["rules"].append(_seconds(house.by_the_rules))
            figures["whole"].append(house.whole_taken_back())
            figures["day"].append(house.count())
            figures["peers"].append(_seconds(house.peers))
            house.check()
    ours, theirs, rules, bare, peers = (
        statistics.median(figures[name]) for name in ("day", "whole", "rules", "bare", "peers")
    )
    return Result(
        bench="dsr",
        ours=round(ours, 3),
        baseline=round(theirs, 3),
        ratio=round(theirs / ours, 1),
        unit="seconds for a day's ratings into all shops' scores, against a count from zero",
        detail={
            "rounds": rounds,
            "shops": shops,
            "ratings": ratings,
            "ratings_a_day": ratings // DAYS,
            "beyond_the_month": house.beyond,
            "moves_taken_in": house.moves,
            "day_rounds": [round(one, 3) for one in figures["day"]],
            "whole_rounds": [round(one, 2) for one in figures["whole"]],
            "rules_rounds": [round(one, 2) for one in figures["rules"]],
            "bare_rounds": [round(one, 2) for one in figures["bare"]],
            "peers_s": round(peers, 3),
            "first_count_s": round(first, 2),
            "differences": 0,
            "bar_times": LEAST_TIMES,
            "rules_over_bare": round(rules / bare, 2),
            "bar_rules_over_bare": MOST_OF_BARE,
        },
    )


class _House:
    def __init__(self, shops: int, ratings: int) -> None:
        from django.db import connection

        from bench.rated import make_ratings

        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET work_mem = '128MB'")
            # Each side works on one core: the figures compare work, not how idle the others are.
            cursor.execute("SET max_parallel_workers_per_gather = 0")
        self.shops, self.a_day, self.made = shops, ratings // DAYS, ratings
        self.members = shops * 10
        self.day = UNTIL
        make_ratings(ratings, shops, self.members, UNTIL, DAYS)
        self.beyond = self.moves = 0

    @property
    def now(self) -> datetime:
        return datetime.combine(self.day + timedelta(days=1), datetime.min.time(), UTC)

    def count_first(self) -> None:
        from merchants.actions import count_day

        count_day(self.day, now=self.now)

    def new_day(self, turn: int) -> None:
        """Let a day's ratings come in by the way of all ratings, and let some others be judged."""
        from bench.rated import make_day
        from merchants.actions import exclude_rating, restore_rating
        from merchants.models import Rating, RatingMove

        self.day += timedelta(days=1)
        make_day(self.made + 1, self.a_day, self.shops, self.members, self.day)
        self.made += self.a_day
        judged = Rating.objects.filter(day=self.day - timedelta(days=30 + turn), is_default=False)
        for rating in judged.filter(is_excluded=False)[:40]:
            exclude_rating(rating, ground="suspected_fake", reason=WHY, by=None)
        for rating in judged.filter(is_excluded=True)[:20]:
            restore_rating(rating, reason=WHY, by=None)
        self.moves += RatingMove.objects.filter(applied_on=None).count()
        self.beyond = Rating.objects.filter(is_surplus=True).count()

    def count(self) -> float:
        from merchants.actions import count_day

        counted = count_day(self.day, now=self.now)
        if counted is None or counted.kind != "rolling":
            raise Failed(f"a day was not counted from the day before: {counted}")
        return counted.seconds

    def whole_taken_back(self) -> float:
        from django.db import connection, transaction

        from merchants.actions import count_day

        with transaction.atomic():
            counted = count_day(self.day, now=self.now, whole=True)
            transaction.set_rollback(True)
        assert counted is not None
        with connection.cursor() as cursor:
            # What was taken back must not stand in the way of the one that stays.
            cursor.execute(
                "VACUUM merchants_shopscore, merchants_dsrsnapshot, merchants_ratingmove"
            )
        return counted.seconds

    def peers(self) -> None:
        from merchants.actions import compare_peers
        from merchants.actions.dsr import last_day

        last = last_day()
        assert last is not None
        compare_peers(last)

    def bare(self) -> None:
        self._ask(_BARE)

    def by_the_rules(self) -> None:
        from merchants.ratings.statements import WHOLE_FIGURES

        self._ask(f"SELECT count(*) FROM ({WHOLE_FIGURES} OFFSET 0) shops")

    def _ask(self, statement: str) -> None:
        from django.db import connection

        from merchants.actions.dsr import given_for

        with connection.cursor() as cursor:
            cursor.execute(statement, given_for(cursor, self.day, 180))
            cursor.fetchone()

    def check(self) -> None:
        from merchants.actions import differences

        if wrong := [one for one in differences(self.now) if one.rows]:
            raise Failed(f"differs from a count from zero: {wrong}")


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
