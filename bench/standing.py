"""``bench standing``: a shop's home through the public API among 100,000 shops, against an empty view.

Both sides go through the whole middleware stack in this process, signed in by the session cookie, and
answer different shops' people in turns; what is measured is the CPU time of this process, and how many
queries a home takes. Every shop has sixty days of scores; a part of them have reviews, cases, drafts to
vote on. What homes say is compared with the pages they sum up (scores, cases, drafts); a difference
fails the run, as does a seventh query.
"""

import io
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import orjson

from bench.house import scratch_database
from bench.report import Failed, Result

DAYS = 60
MOST_QUERIES = 6
MOST_TIMES = 3.0
PEOPLE = 40

_FILL = (
    """
    INSERT INTO merchants_merchant (merchant_no, name)
    SELECT 'B' || n, '商家' || n FROM generate_series(1, %(shops)s) n
    """,
    """
    INSERT INTO merchants_shop (shop_no, name, merchant_id, category, opened_at, greeting_word)
    SELECT 'S' || m.id, '店铺' || m.id, m.id, '类目' || m.id %% 40, now() - interval '900 days', ''
      FROM merchants_merchant m
    """,
    """
    INSERT INTO merchants_dsrday (day, counted_at, kind, window_days, shops, seconds)
    SELECT %(last)s::date - n, now(), 'rolling', 180, %(shops)s, 0 FROM generate_series(0, %(days)s - 1) n
    """,
    """
    INSERT INTO merchants_peerscore (day, category, dimension, shops, mean_e5, lowest_e5, highest_e5)
    SELECT d.day, '类目' || c, dimension, 2500, 466000 + c * 10, 380000, 495000
      FROM merchants_dsrday d, generate_series(0, 39) c,
           unnest(ARRAY['desc_match', 'service_attitude', 'logistics_service']) dimension
    """,
    """
    INSERT INTO merchants_dsrsnapshot (id, day, shop_id, desc_sum, desc_count, service_sum, service_count,
        logistics_sum, logistics_count, positive, neutral, negative, credit, desc_e5, service_e5, logistics_e5)
    SELECT (d.day - date '0001-01-01' + 1)::bigint << 32 | s.id, d.day, s.id, 470, 100, 466, 100, 455, 100,
           90, 6, 4, 300, 470000 + (s.id + n) %% 700, 466000 + (s.id * 7 + n) %% 900, 455000 + (s.id * 3 + n * n) %% 999
      FROM (SELECT day, %(last)s::date - day AS n FROM merchants_dsrday) d, merchants_shop s ORDER BY 1
    """,
)


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure both sides in turns; fails on a seventh query, or a home that says something else."""
    rounds, requests = max(rounds, 5), 60 if quick else 200
    shops = 5_000 if quick else 100_000
    with scratch_database():
        house = _House(shops)
        queries = house.check()
        ours, theirs = [], []
        for _round in range(rounds):
            theirs.append(_cpu(house.empty, requests))
            ours.append(_cpu(house.home, requests))
    home, empty = statistics.median(ours), statistics.median(theirs)
    return Result(
        bench="standing",
        ours=round(home * 1000, 3),
        baseline=round(empty * 1000, 3),
        ratio=round(empty / home, 2),
        unit="ms CPU per home of a shop, against an empty signed-in view",
        detail={
            "rounds": rounds,
            "requests_a_round": requests,
            "shops": shops,
            "days": DAYS,
            "ours_rounds": [round(one * 1000, 3) for one in ours],
            "baseline_rounds": [round(one * 1000, 3) for one in theirs],
            "times_the_empty_view": round(home / empty, 2),
            "bar_times": MOST_TIMES,
            "queries": queries,
            "bar_queries": MOST_QUERIES,
            "homes_compared": PEOPLE,
            "differences": 0,
        },
    )


class _House:
    """The project as its WSGI server calls it, with somebody at forty of its shops."""

    def __init__(self, shops: int) -> None:
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler
        from django.db import connection
        from django.utils import timezone

        from common.parameters import set_value
        from common.rules import shanghai_day

        settings.ROOT_URLCONF = "bench.standing_baseline"
        set_value("api.reads_a_minute", 10_000_000, by=None, reason="benchmark")
        self.now = timezone.now()
        self.last: date = shanghai_day(self.now) - timedelta(days=1)
        given = {"shops": shops, "days": DAYS, "last": self.last}
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            for statement in _FILL:
                cursor.execute(statement, given)
            cursor.execute("ANALYZE")
        self.application = WSGIHandler()
        self.turn = 0
        self.people: list[tuple[str, Any]] = []
        self._employ(shops)

    def _employ(self, shops: int) -> None:
        """Let somebody work for every so many-th shop, which has cases, ratings and a draft to vote on."""
        from django.test import Client

        from accounts.models import Role, User
        from merchants.models import Shop, StaffAccount, StaffRight

        judge = User.objects.create_superuser("judge", "bench-only-88")
        version = self._draft(judge)
        chosen = Shop.objects.select_related("merchant").order_by("pk")[:: max(1, shops // PEOPLE)]
        for n, shop in enumerate(chosen[:PEOPLE]):
            user = User.objects.create(
                username=f"q{n}", display_name="乔木", roles=[Role.MERCHANT_STAFF], password="!"
            )
            assert shop.merchant is not None
            StaffAccount.objects.create(
                user=user, merchant=shop.merchant, rights=list(StaffRight.values), since=self.now
            )
            self._befall(shop, judge, version)
            client = Client()
            client.force_login(user, backend="accounts.backends.AccountBackend")
            cookie = f"sessionid={client.cookies['sessionid'].value}"
            self.people.append((cookie, shop))

    def _draft(self, judge: Any) -> Any:
        from merchants.models import Rule, RuleVersion

        rule = Rule.objects.create(code="fresh-share", family="trade", title="生鲜坏果占比怎么算")
        law = Rule.objects.create(code="late-shipping", family="trade", title="延迟发货")
        RuleVersion.objects.create(
            rule=law, number=1, state="effective", text="第一条", violation_class="A", points=[3],
            effective_from=self.now - timedelta(days=400),
        )  # fmt: skip
        return RuleVersion.objects.create(
            rule=rule, number=1, state="consultation", text="第一条", consulted_text="第一条",
            drafted_by=judge, consultation_began_at=self.now - timedelta(days=1),
            consultation_ends_at=self.now + timedelta(days=6),
        )  # fmt: skip

    def _befall(self, shop: Any, judge: Any, version: Any) -> None:
        from accounts.models import Member
        from merchants.actions import RatedOrder, RatingDraft, record_rating
        from merchants.actions.violations import detect_violation, send_notice
        from merchants.models import ConsultationInvite, Rule

        law = Rule.objects.get(code="late-shipping")
        for n in range(3):
            case = detect_violation(
                shop, rule=law, act_at=self.now - timedelta(days=2 + n), act="晚发货", by=None,
                now=self.now - timedelta(hours=n + 1),
            )  # fmt: skip
            send_notice(case, by=judge, reason="先听商家说", now=self.now - timedelta(hours=n + 1))
        for n in range(20):
            member = Member.objects.create(member_no=f"M{shop.pk}-{n}", display_name="买家")
            at = self.now - timedelta(days=n + 1)
            order = RatedOrder(f"R{shop.pk}-{n}", member.pk, shop.pk, at)
            grade = -1 if n % 5 == 0 else 1
            draft = RatingDraft(
                desc_match=5, service_attitude=4, logistics_service=3, grade=grade, comment="到了"
            )
            record_rating(order, draft, by=None, now=at)
        ConsultationInvite.objects.create(
            version=version, merchant=shop.merchant, how="named", at=self.now
        )

    def check(self) -> int:
        """Compare every home with the pages it sums up; return how many queries the dearest one took."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from merchants.models import Violation
        from merchants.queries.dsr import standing_card

        most = 0
        for cookie, shop in self.people:
            with CaptureQueriesContext(connection) as asked:
                home = orjson.loads(self.ask(f"/api/v1/shops/{shop.shop_no}/home/", cookie))
            most = max(most, len(asked))
            card = standing_card(shop, self.now)
            said = [
                {k: v for k, v in one.items() if k != "change"}
                for one in home["standing"]["scores"]
            ]
            if said != card["scores"]:
                raise Failed(f"the home of {shop.shop_no} says other scores than its page")
            told = Violation.objects.filter(shop=shop, noticed_at__isnull=False).order_by("-pk")
            numbers = list(told.values_list("violation_no", flat=True)[:4])
            if [one["violation_no"] for one in home["cases"]] != numbers:
                raise Failed(f"the home of {shop.shop_no} tells other cases than its page")
            if len(home["trend"]["days"]) != DAYS or len(home["drafts"]) != 1:
                raise Failed(f"the home of {shop.shop_no} lacks days or drafts")
            if {one["kind"] for one in home["todo"]} != {"state", "vote", "reply"}:
                raise Failed(f"the home of {shop.shop_no} lacks something to do")
        if most > MOST_QUERIES:
            raise Failed(f"a home took {most} queries")
        return most

    def home(self) -> bytes:
        cookie, shop = self._next()
        return self.ask(f"/api/v1/shops/{shop.shop_no}/home/", cookie)

    def empty(self) -> bytes:
        cookie, _shop = self._next()
        return self.ask("/empty/", cookie)

    def _next(self) -> tuple[str, Any]:
        self.turn += 1
        return self.people[self.turn % len(self.people)]

    def ask(self, path: str, cookie: str) -> bytes:
        """Return the body of a signed-in GET; fails for anything but 200."""
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "HTTP_ACCEPT": "application/json",
            "HTTP_COOKIE": cookie, "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0), "wsgi.multithread": True,
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        said: list[str] = []
        response = self.application(environ, lambda status, headers, *_more: said.append(status))
        body = b"".join(response)
        response.close()
        if not said[0].startswith("200"):
            raise Failed(f"{path} answered {said[0]}: {body[:200]!r}")
        return body


def _cpu(ask: Callable[[], bytes], requests: int) -> float:
    """Return the CPU seconds of this process per request."""
    for _warm in range(5):
        ask()
    began = time.process_time()
    for _request in range(requests):
        ask()
    return (time.process_time() - began) / requests
