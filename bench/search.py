"""``bench search``: Chinese phrases among a million messages, against a sequential LIKE.

Ours asks what the product asks: the newest lines first, then the index over pairs of characters,
with the permission of the asker inside. The baseline reads every message. Each phrase is asked by both
in turns, five times in a row, and the medians are compared; ``ours_first_ms`` is the first of the five,
right after the other side has pushed everything out of the processor's caches. LIKE is measured as the
server comes, which reads with all cores at once, and on one core, which is what ours takes. Both must find the same
messages: all of them where a phrase is rare or middling, the same newest page where it is common.

The talk is made up from a shop's everyday sentences and pseudo-text of the same letters;
``BENCH_DIALOGUES`` may name a CrossWOZ file (JSON lines, gzip) to take the sentences from.
"""

import contextlib
import gzip
import itertools
import json
import os
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.house import scratch_database
from bench.report import Failed, Result

MESSAGES, QUICK_MESSAGES = 1_000_000, 60_000
IN_A_TALK = 16
ASKED = 5
BAR = 50
LIMIT = 20
SPAN = timedelta(days=80)
SECONDS = timedelta(seconds=20)
SENTENCES = (
    "您好，请问这件什么时候发货？", "亲，已经帮您催了，今天下午就能发出。", "快递三天没动了，到底怎么回事？",
    "我想退款，钱什么时候到账？", "退款已经提交，一到三个工作日原路退回。", "收到的水果坏了一半，照片发您了。",
    "麻烦您提供一下订单号，我查一下。", "尺码偏小，能不能换大一号？", "运费险可以报销退货的运费吗？",
    "这个颜色和图片不一样，我不太满意。", "抱歉让您久等了，我马上为您处理。", "发票抬头写错了，可以重新开吗？",
    "优惠券为什么用不了？", "满减活动今天晚上十二点结束。", "客服态度很好，谢谢您！",
    "地址写错了，能改一下收货地址吗？",
    "商家一直不回复，我要平台介入。", "质检报告已经上传，请您看一下。", "价保申请通过了，差价退到余额里。",
    "保修期是一年，人为损坏不在范围内。",
)  # fmt: skip
LETTERS = (
    "的一是了不在有人这中大来上个国和地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因"
    "只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物"
    "手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先"
)
CLASSES: dict[str, tuple[tuple[str, float], ...]] = {
    # phrase, and in which share of the messages it is put besides where it stands anyway
    "two_rare": (("榴莲", 5e-5), ("炭疽", 2e-5), ("麂皮", 1e-4)),
    "two_middling": (
        ("釉色", 1e-3),
        ("暗纹", 2e-3),
        ("镂空", 1e-3),
        ("珐琅", 2e-3),
        ("绉绸", 1.5e-3),
    ),
    "two_common": (("退款", 0), ("您好", 0), ("发货", 0)),
    "three_rare": (("莜麦面", 5e-5), ("鹌鹑蛋", 1e-4)),
    "three_common": (("订单号", 0), ("运费险", 0)),
    "long_rare": (("罐口胀气漏汁", 5e-5), ("缝线开裂露出海绵", 2e-5)),
    "long_common": (("一到三个工作日原路退回", 0), ("马上为您处理", 0)),
    "order_number": (("2611200341700017", 1e-5), ("2610081522900423", 3e-6)),
    "number_end": (("341700017", 0), ("22900423", 0)),
    "nothing": (("鼯鼠披萨", 0), ("9999888877776666", 0)),
}


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure every class in turns and compare what both sides find."""
    count = QUICK_MESSAGES if quick else MESSAGES
    rounds = max(rounds, 3)
    with scratch_database():
        world = _World(count)
        times: dict[str, tuple[list[float], ...]] = {name: ([], [], [], []) for name in CLASSES}
        for _round in range(rounds):
            for name, phrases in CLASSES.items():
                ours, like, first, alone = times[name]
                for phrase, _share in phrases:
                    spent = [_timed(lambda p=phrase: world.ours(p)) for _ in range(ASKED)]  # type: ignore[misc]
                    ours += spent
                    first.append(spent[0])
                    like += [_timed(lambda p=phrase: world.like(p)) for _ in range(ASKED)]  # type: ignore[misc]
                    with _one_core():
                        alone.append(_timed(lambda p=phrase: world.like(p)))  # type: ignore[misc]
        found = {
            phrase: world.compare(phrase) for phrases in CLASSES.values() for phrase, _ in phrases
        }
        compared = world.compare_as_agent()
        whole = world.whole_answers()
        detail = world.detail
    classes = {
        name: {
            "ours_ms": round(1000 * statistics.median(ours), 3),
            "ours_first_ms": round(1000 * statistics.median(first), 3),
            "like_ms": round(1000 * statistics.median(like), 1),
            "like_one_core_ms": round(1000 * statistics.median(alone), 1),
            "ratio": round(statistics.median(like) / statistics.median(ours), 1),
            "ratio_one_core": round(statistics.median(alone) / statistics.median(ours), 1),
        }
        for name, (ours, like, first, alone) in times.items()
    }
    worst = min(classes.values(), key=lambda one: one["ratio"])
    return Result(
        bench="search",
        ours=worst["ours_ms"],
        baseline=worst["like_ms"],
        ratio=worst["ratio"],
        unit="ms of the class with the smallest ratio",
        detail={
            "messages": count,
            "rounds": rounds,
            "bar": BAR,
            "classes": classes,
            "found": found,
            "recall": 1.0,
            "compared_as_agent": compared,
            "whole_answer_ms": whole,
            **detail,
        },
    )


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        yield
        cursor.execute("RESET max_parallel_workers_per_gather")


def _timed(ask: Callable[[], Any]) -> float:
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


class _World:
    """Talks of two teams, with the lines that the index keeps of them."""

    def __init__(self, count: int) -> None:
        from accounts.models import Role, User
        from common.search.kinds import LinedKind, kind_named
        from workforce.models import Team, TeamMembership

        self.count = count
        self.draw = random.Random(20261129)
        self.teams = [Team.objects.create(code=f"bench{n}", name=f"组{n}") for n in range(2)]
        self.ops = User.objects.create(
            username="bench-ops", display_name="ops", roles=[Role.OPERATIONS], password="!"
        )
        self.agent = User.objects.create(
            username="bench-agent", display_name="agent", roles=[Role.AGENT], password="!"
        )
        TeamMembership.objects.create(team=self.teams[1], user=self.agent)
        kind = kind_named("message")
        if not isinstance(kind, LinedKind):
            raise Failed("messages cannot be searched")
        self.kind = kind
        self.detail: dict[str, Any] = {}
        self._talk()
        self._index()

    # --- making ---------------------------------------------------------------------------------

    def _talk(self) -> None:
        """Write conversations and messages; each tenth conversation is the second team's."""
        from django.db import connection

        from common.ids import uuid7
        from common.partitions import ensure_partitions

        began = datetime.now(UTC) - SPAN
        talks = self.count // IN_A_TALK
        keys = [(uuid7(began + SPAN * n / talks), began + SPAN * n / talks) for n in range(talks)]
        for table in ("tickets_message", "tickets_messageline"):
            ensure_partitions(table, began.date(), (began + SPAN).date())
        bodies = self._bodies()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tickets_message DISABLE TRIGGER USER")
            cursor.execute("ALTER TABLE tickets_conversation DISABLE TRIGGER USER")
            with cursor.copy(
                "COPY tickets_conversation (id, conversation_no, medium, team_id, subject, priority, "
                "state, reopened_count, opened_at, resolved_at, last_seq, last_member_seq, "
                "last_author_kind, last_message_kind, last_preview, staff_unread, member_unread, "
                "staff_read_seq, member_read_seq, staff_delivered_seq, member_delivered_seq) FROM STDIN"
            ) as copy:
                said = ("member", "text", "", 0, 0, 0, 0, 0, 0)
                for n, (key, at) in enumerate(keys):
                    team = self.teams[n % 10 == 0].pk
                    copy.write_row(
                        (
                            key,
                            f"C-{n:010}",
                            "app",
                            team,
                            "",
                            4,
                            "closed",
                            0,
                            at,
                            at,
                            IN_A_TALK,
                            0,
                            *said,
                        )
                    )
            with cursor.copy(
                "COPY tickets_message (conversation_id, seq, client_id, author_kind, author_name, "
                "kind, body, sent_at) FROM STDIN"
            ) as copy:
                for (key, at), seq in itertools.product(keys, range(1, IN_A_TALK + 1)):
                    client, said_at = uuid.UUID(int=self.draw.getrandbits(128)), at + SECONDS * seq
                    copy.write_row((key, seq, client, "member", "", "text", next(bodies), said_at))
            for table in ("tickets_message", "tickets_conversation"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("ANALYZE tickets_message, tickets_conversation")

    def _bodies(self) -> Iterator[str]:
        draw, sentences = self.draw, _sentences()
        rare = [(phrase, share) for group in CLASSES.values() for phrase, share in group if share]
        # At least a few of each, whatever the size; at fixed places, so that runs are alike.
        puts = {
            place: phrase
            for phrase, share in rare
            for place in draw.sample(range(self.count), max(5, round(self.count * share)))
        }
        for number in range(self.count + IN_A_TALK):
            text = draw.choice(sentences)
            if number % 2:
                text = f"{text}{''.join(draw.choices(LETTERS, k=draw.randrange(4, 40)))}"
            if number % 7 == 0:
                text = f"{text}单号 26{draw.randrange(10**14):014}"
            if phrase := puts.get(number):
                cut = draw.randrange(len(text))
                text = f"{text[:cut]}{phrase}{text[cut:]}"
            yield text

    def _index(self) -> None:
        from django.db import connection

        from common.search.indexing import fill
        from common.search.words import normalise

        sample = list(itertools.islice(self._bodies(), 20_000))
        spent = _timed(lambda: [normalise(text) for text in sample])
        # The last twentieth is written with the indexes in place, as every day; the mass before them.
        spent_writing = _timed(lambda: self._fill(fill, self.count // 20))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'tickets_messageline' "
                "AND indexname LIKE 'messageline%'"
            )
            indexes = cursor.fetchall()
            for name, _definition in indexes:
                cursor.execute(f"DROP INDEX {name}")
            spent_filling = _timed(lambda: self._fill(fill, self.count))
            started = time.perf_counter()
            cursor.execute("SET maintenance_work_mem = '256MB'")
            for _name, definition in indexes:
                cursor.execute(definition.replace(" ON ONLY ", " ON "))
            built = time.perf_counter() - started
            cursor.execute("ANALYZE tickets_messageline")
            cursor.execute("SELECT count(*) FROM tickets_messageline")
            lines = cursor.fetchone()[0]
            if lines != self.count // IN_A_TALK * IN_A_TALK:
                raise Failed(f"{lines} lines of {self.count} messages")
            cursor.execute(
                "SELECT sum(pg_relation_size(c.oid)) FILTER (WHERE c.relkind = 'r'), "
                "sum(pg_relation_size(c.oid)) FILTER (WHERE c.relkind = 'i' AND am.amname = 'gin'), "
                "sum(pg_relation_size(c.oid)) FILTER (WHERE c.relkind = 'i' AND am.amname = 'btree') "
                "FROM pg_class c LEFT JOIN pg_am am ON am.oid = c.relam "
                "WHERE c.relname LIKE 'tickets_messageline%'"
            )
            table, gin, btree = (int(size or 0) for size in cursor.fetchone())
            timing = "SELECT sum(cardinality(common_grams(words, sounds, hidden))) FROM "
            cursor.execute("SELECT count(words) FROM tickets_messageline TABLESAMPLE SYSTEM (5)")
            started = time.perf_counter()
            cursor.execute(f"{timing} (SELECT * FROM tickets_messageline LIMIT 20000) AS lines")
            paired = time.perf_counter() - started
        self.detail = {
            "normalise_us_a_message": round(1e6 * spent / len(sample), 1),
            "pairs_us_a_message": round(1e6 * paired / min(lines, 20_000), 1),
            "index_us_a_message": round(1e6 * spent_writing / (self.count // 20), 1),
            "fill_us_a_message": round(1e6 * spent_filling / lines, 1),
            "indexes_built_s": round(built, 1),
            "lines_mb": round(table / 1e6, 1),
            "gin_mb": round(gin / 1e6, 1),
            "btree_mb": round(btree / 1e6, 1),
        }

    def _fill(self, fill: Callable[..., int], count: int) -> None:
        written = 0
        while written < count and (more := fill(self.kind, min(5_000, count))):
            written += more

    # --- asking ---------------------------------------------------------------------------------

    def ours(self, phrase: str, *, user: Any = None, after: Any = None) -> list[Any]:
        """Find one page as the product does."""
        from common.search import parse

        return self.kind.find(user or self.ops, parse(phrase), after=after, limit=LIMIT + 1)

    def like(
        self, phrase: str, *, limit: int | None = LIMIT + 1, team: int | None = None
    ) -> list[Any]:
        """Find by reading everything."""
        from django.db import connection

        mine = (
            "AND m.conversation_id IN (SELECT id FROM tickets_conversation WHERE team_id = %s) "
            if team
            else ""
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT m.sent_at, m.conversation_id, m.seq FROM tickets_message m "
                f"WHERE m.body LIKE %s {mine}"
                "ORDER BY m.sent_at DESC, m.conversation_id DESC, m.seq DESC LIMIT %s",
                [f"%{phrase}%", *([team] if team else []), limit],
            )
            return cursor.fetchall()

    def compare(self, phrase: str, *, user: Any = None, team: int | None = None) -> int:
        """Compare what both find: all of it, or the newest thousand of what is common."""
        wanted = [(at, (key, seq)) for at, key, seq in self.like(phrase, limit=1_001, team=team)]
        found: list[Any] = []
        after = None
        while page := self.ours(phrase, user=user, after=after):
            found += [(one.at, one.key) for one in page]
            after = page[-1]
            if len(page) <= LIMIT or len(found) >= len(wanted):
                break
        if len(wanted) < 1_001 and found != wanted:
            raise Failed(f"{phrase}: {len(found)} found, {len(wanted)} are there")
        if found[: len(wanted)] != wanted[: len(found)] or len(found) < min(len(wanted), LIMIT):
            raise Failed(f"{phrase}: the newest {len(found)} are not those that are there")
        return len(wanted)

    def compare_as_agent(self) -> dict[str, Any]:
        """The same for somebody who sees a tenth of it: nothing else, nothing less."""
        times = []
        for phrase in ("榴莲", "釉色", "退款", "订单号"):
            self.compare(phrase, user=self.agent, team=self.teams[1].pk)
            times.append(round(1000 * _timed(lambda p=phrase: self.ours(p, user=self.agent)), 2))  # type: ignore[misc]
        return {"differences": 0, "ms": times}

    def whole_answers(self) -> dict[str, float]:
        """Return the time of a whole answer over all kinds, snippets included, in milliseconds."""
        from common.search import search

        answers = {}
        for phrase in ("榴莲", "退款", "2611200341700017"):
            spent = [_timed(lambda p=phrase: search(self.ops, p)) for _ in range(5)]  # type: ignore[misc]
            answers[phrase] = round(1000 * statistics.median(spent), 1)
        return answers


def _sentences() -> list[str]:
    path = os.environ.get("BENCH_DIALOGUES")
    if not path:
        return list(SENTENCES)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        said = [m["content"] for line in lines for m in json.loads(line)["messages"]]
    # Both, so that each class has something to find.
    return [*said[:: max(1, len(said) // 2_000)], *SENTENCES * 40]
