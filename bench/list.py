"""``bench list``: 50 conversations through the public API, against plain DRF model serializers.

Both go through the whole middleware stack in this process, signed in by the session cookie; what is
measured is CPU time of this process. The rows of both answers are compared field by field. Then the
same list is turned to a page in the middle of a million rows, which must cost what page one costs.
"""

import io
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from bench.house import scratch_database
from bench.report import Failed, Result

ROWS = 50
DEEPEST = 1.2


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure both sides in turns; fails when their rows differ or a deep page costs more."""
    rounds, requests = max(rounds, 5), 40 if quick else 120
    deep_rows = 100_000 if quick else 1_000_000
    with scratch_database():
        house = _House()
        house.fill(ROWS)
        _compare(house)
        ours, theirs = [], []
        for _round in range(rounds):
            theirs.append(_cpu(house.baseline_list, requests))
            ours.append(_cpu(house.own_list, requests))
        first, deep, page = _depth(house, deep_rows, 25 if quick else 60)
    fast, plain = statistics.median(ours), statistics.median(theirs)
    if deep > first * DEEPEST:
        raise Failed(f"a page at depth costs {deep / first:.2f} times page one")
    return Result(
        bench="list",
        ours=round(fast * 1000, 3),
        baseline=round(plain * 1000, 3),
        ratio=round(plain / fast, 2),
        unit="ms CPU per page of 50",
        detail={
            "rounds": rounds,
            "requests_a_round": requests,
            "ours_rounds": [round(one * 1000, 3) for one in ours],
            "baseline_rounds": [round(one * 1000, 3) for one in theirs],
            "rows_compared": ROWS,
            "differences": 0,
            "deep_rows": deep_rows,
            "page_one_ms": round(first * 1000, 2),
            "page_at_half_ms": round(deep * 1000, 2),
            "depth_ratio": round(deep / first, 3),
            "rows_checked_at_depth": page,
        },
    )


class _House:
    """The project as its WSGI server calls it, and somebody who is signed in."""

    def __init__(self) -> None:
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler
        from django.test import Client

        from accounts.models import Member, Role, User
        from common.parameters import set_value
        from workforce.models import Team, TeamMembership

        settings.ROOT_URLCONF = "bench.list_baseline"
        set_value("api.reads_a_minute", 10_000_000, by=None, reason="benchmark")
        self.application = WSGIHandler()
        self.team = Team.objects.create(code="bench", name="生鲜组")
        self.agent = User.objects.create(
            username="bo", display_name="许青禾", roles=[Role.AGENT], password="!"
        )
        TeamMembership.objects.create(team=self.team, user=self.agent)
        self.guest = User.objects.create(
            username="mei", display_name="周小宁", roles=[Role.MEMBER], password="!"
        )
        self.member = Member.objects.create(
            member_no="M1", user=self.guest, display_name="周小宁", phone="13800002071"
        )
        self.cookies = {}
        for user in (self.agent, self.guest):
            client = Client()
            client.force_login(user, backend="accounts.backends.AccountBackend")
            self.cookies[user.pk] = f"sessionid={client.cookies['sessionid'].value}"

    def fill(self, count: int) -> None:
        """Give the agent ``count`` open conversations, each about an order of a shop."""
        from common.ids import uuid7
        from merchants.models import Merchant, Shop
        from tickets.models import Conversation, State
        from trade.models import Order

        merchant = Merchant.objects.create(merchant_no="B1", name="岭上农业有限公司")
        shop = Shop.objects.create(shop_no="S1", name="岭上鲜果旗舰店", merchant=merchant)
        start = datetime(2026, 11, 1, tzinfo=UTC)
        for n in range(count):
            at = start + timedelta(minutes=n)
            order = Order.objects.create(
                id=Order.id_for(f"26110{n:04}", at), order_no=f"26110{n:04}", member=self.member,
                shop=shop, product="智利车厘子 JJ 级 2.5kg 礼盒", paid_amount=Decimal("168.00"), paid_at=at,
            )  # fmt: skip
            Conversation.objects.create(
                id=uuid7(at), member=self.member, shop=shop, order=order, team=self.team, state=State.OPEN,
                owner=self.agent, first_owner=self.agent, subject="车厘子坏了一半", opened_at=at,
                accepted_at=at, waiting_since=at, last_seq=7, last_message_at=at, last_author_kind="member",
                last_message_kind="text", last_preview="还没有人来吗？我已经等了很久了", staff_unread=2,
            )  # fmt: skip

    def ask(self, path: str, user: Any) -> bytes:
        """Return the body of a signed-in GET; fails for anything but 200."""
        path, _mark, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "HTTP_ACCEPT": "application/json",
            "HTTP_COOKIE": self.cookies[user.pk], "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
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

    def own_list(self) -> bytes:
        return self.ask("/api/v1/conversations/?scope=mine", self.agent)

    def baseline_list(self) -> bytes:
        return self.ask("/baseline/conversations/", self.agent)


def _cpu(ask: Callable[[], bytes], times: int) -> float:
    """Return the CPU seconds of this process for one request."""
    for _warm in range(3):
        ask()
    before = time.process_time()
    for _time in range(times):
        ask()
    return (time.process_time() - before) / times


def _compare(house: _House) -> None:
    ours = orjson.loads(house.own_list())["data"]
    theirs = orjson.loads(house.baseline_list())["results"]
    if len(ours) != ROWS or len(theirs) != ROWS:
        raise Failed(f"{len(ours)} and {len(theirs)} rows instead of {ROWS}")
    for mine, other in zip(ours, theirs, strict=True):
        for name in mine.keys() | other.keys():
            if _same(mine.get(name)) != _same(other.get(name)):
                raise Failed(f"{name} differs: {mine.get(name)!r} and {other.get(name)!r}")


def _same(value: Any) -> Any:
    """Return moments as moments: the baseline writes them in another time zone."""
    if isinstance(value, str) and len(value) > 19 and value[4:5] == "-" and "T" in value:
        return datetime.fromisoformat(value)
    return value


def _depth(house: _House, rows: int, times: int) -> tuple[float, float, int]:
    """Return the seconds of page one and of the page in the middle of ``rows``, and rows checked."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        # Indexes are built in one go afterwards: it is the reading that is measured.
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexdef LIKE %s",
            ["tickets_conversation", "CREATE INDEX%"],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        # Half of the rows before and half behind the middle; ids in the order of their moments.
        cursor.execute(
            """
            INSERT INTO tickets_conversation (
                id, conversation_no, medium, member_id, team_id, state, subject, priority, opened_at,
                last_seq, last_author_kind, last_message_kind, last_preview, staff_unread,
                member_unread, member_read_seq, staff_read_seq, reopened_count, last_member_seq,
                member_delivered_seq, staff_delivered_seq, resolved_at
            )
            SELECT common_uuid7(at), 'D' || n, 'app', %s, %s, 'closed', '', 4, at, 0, '', '', '', 0, 0, 0,
                   0, 0, 0, 0, 0, at
              FROM (SELECT n, timestamptz '2020-01-01' + n * interval '2 minutes' AS at
                      FROM generate_series(1, %s) n) moments
            """,
            [house.member.pk, house.team.pk, rows],
        )
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE tickets_conversation")
        cursor.execute(
            "SELECT id FROM tickets_conversation WHERE conversation_no = %s", [f"D{rows // 2 + 1}"]
        )
        (middle,) = cursor.fetchone()
    from common.cursors import encode_cursor

    deep_path = f"/api/v1/conversations/?cursor={encode_cursor([middle])}"
    checked = orjson.loads(house.ask(deep_path, house.guest))["data"]
    if [row["conversation_no"] for row in checked] != [f"D{rows // 2 - n}" for n in range(ROWS)]:
        raise Failed("the page in the middle is not the page in the middle")
    first, deep = [], []
    for turn in range(times + 3):
        for path, seconds in (("/api/v1/conversations/", first), (deep_path, deep)):
            before = time.perf_counter()
            house.ask(path, house.guest)
            if turn >= 3:
                seconds.append(time.perf_counter() - before)
    return statistics.median(first), statistics.median(deep), len(checked)
