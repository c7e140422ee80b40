"""``bench entitlements``: what is one member promised, against reading one row by its primary key.

Both sides ask the same server on the same connection with prepared statements, in turns; the baseline
fetches the member's bare row, ours everything that counts of the member and answers with rights. Then
ten thousand members are asked of in one query, in the same turns: timed is the question and the
reading of every member's rights (``many_ms``), the question alone (``many_asked_ms``), and what two
bare columns of the same ten thousand rows take by their keys (``many_bare_rows_ms``), below which no
question about them can come. What is answered is compared with plain Python that reads whole tables
and knows nothing of the statement, the catalogue or its plans; a difference fails the run. Both bars
stand beside what was measured; ``bars_met`` says which are.
"""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.house import scratch_database
from bench.report import Failed, Result

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MANY = 10_000
LOWEST_RATIO = 0.3
MOST_TIMES = 50

_FILL = (
    """
    INSERT INTO accounts_member (member_no, display_name, phone, region, tier, real_name_verified,
                                 registered_at)
    SELECT 'B' || n, '', '', '',
           (ARRAY['new','normal','normal','normal','normal','normal','super','super','vip88','apass'])
               [1 + n %% 10], true,
           CASE WHEN n %% 10 = 0 THEN timestamptz '2026-11-01' + n %% 1000 * interval '1 minute'
                ELSE timestamptz '2020-01-01' + n %% 2000 * interval '1 day' END
      FROM generate_series(1, %s) n
    """,
    """
    INSERT INTO accounts_memberperiod (member_id, since, until, tier, band, rules_version, why, facts)
    SELECT id, coalesce(registered_at, timestamptz '2020-01-01'),
           CASE WHEN tier = 'super' THEN timestamptz '2026-06-08' END,
           CASE WHEN tier = 'super' THEN 'normal' ELSE tier END,
           (ARRAY['fair','good','excellent','poor'])[1 + id %% 4], 1, 'bench', '{}'
      FROM accounts_member WHERE id %% 50 <> 7
    """,
    """
    INSERT INTO accounts_memberperiod (member_id, since, tier, band, rules_version, why, facts)
    SELECT member_id, until, 'super', band, 1, 'bench', '{}'
      FROM accounts_memberperiod WHERE until IS NOT NULL
    """,
    """
    INSERT INTO accounts_guide (member_id, began_at, ends_at, completed, first_order_no,
                                first_completed_at, doubled_by)
    SELECT id, registered_at, registered_at + interval '90 days', 0, '',
           CASE WHEN id %% 3 = 0 THEN timestamptz '2026-11-10' END, ''
      FROM accounts_member WHERE tier = 'new'
    """,
    """
    INSERT INTO accounts_tiertitle (member_id, tier, since, until, source_key, reason)
    SELECT id, tier, timestamptz '2026-03-01', date_trunc('day', timestamptz '2026-12-01') + id %% 300
           * interval '1 day', 'bench ' || id, ''
      FROM accounts_member WHERE tier IN ('vip88', 'apass')
    """,
    """
    INSERT INTO apass_allowance (member_id, code, since, until, used)
    SELECT id, 'free-pickup', timestamptz '2026-11-01 00:00+08', timestamptz '2026-12-01 00:00+08',
           1 + id %% 5
      FROM accounts_member WHERE tier = 'vip88' AND id %% 4 = 0
    """,
    """
    INSERT INTO apass_grant (member_id, code, since, until, parameters, reason)
    SELECT id, 'return-card', timestamptz '2026-11-01', timestamptz '2026-12-24', '{}', 'bench'
      FROM accounts_member WHERE id %% 100 = 3
    """,
)


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure both sides in turns; fails on a difference. Which bars are met is said, not asserted."""
    rounds, members, asked = max(rounds, 5), 30_000 if quick else 200_000, 1500 if quick else 4000
    with scratch_database():
        _fill(members)
        keys = _keys()
        checked = _compare(keys[:: max(len(keys) // (1500 if quick else 5000), 1)])
        dice = random.Random(7)
        row, one, asked_many, many, bare_many = [], [], [], [], []
        for _round in range(rounds):
            sample = dice.sample(keys, asked)
            row.append(_seconds(_row_reader(), sample))
            one.append(_seconds(_answer_one(), sample))
            crowd = dice.sample(keys, MANY)
            bare_many.append(_seconds_of_bare_rows(crowd))
            asked_in, read_in = _seconds_of_many(crowd)
            asked_many.append(asked_in)
            many.append(read_in)
    bare, single, whole, floor = (statistics.median(each) for each in (row, one, many, bare_many))
    ratio, times = bare / single, whole / single
    detail = {
        "rounds": rounds,
        "members": members,
        "compared": checked,
        "differences": 0,
        "one_member_us": round(single * 1e6, 1),
        "row_by_key_us": round(bare * 1e6, 1),
        "bar_ratio": LOWEST_RATIO,
        "many_ms": round(whole * 1000, 1),
        "many_over_one": round(times, 1),
        "bar_many_over_one": MOST_TIMES,
        "bars_met": {"ratio": ratio >= LOWEST_RATIO, "many_over_one": times < MOST_TIMES},
        "many_asked_ms": round(statistics.median(asked_many) * 1000, 1),
        "many_bare_rows_ms": round(floor * 1000, 1),
        "many_over_bare_rows": round(whole / floor, 2),
        "bare_rows_over_one": round(floor / single, 1),
        "answers_a_second_rounds": [round(1 / each) for each in one],
        "rows_a_second_rounds": [round(1 / each) for each in row],
        "many_ms_rounds": [round(each * 1000, 1) for each in many],
    }
    return Result(
        bench="entitlements",
        ours=round(1 / single),
        baseline=round(1 / bare),
        ratio=round(ratio, 3),
        unit="answers a second, of one member",
        detail=detail,
    )


def _fill(members: int) -> None:
    from django.db import connection

    from apass.actions import RuleDraft, SegmentDraft, publish_rule

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in _FILL:
            cursor.execute(statement, [members] if "%s" in statement else [])
        cursor.execute("VACUUM ANALYZE")
    for segment, numbers in (
        (SegmentDraft(bands=("good", "excellent"), tiers=("normal",)), {"amount": "450"}),
        (SegmentDraft(registered_until=date(2022, 1, 1), tiers=("super",)), {"amount": "900"}),
    ):
        publish_rule(
            RuleDraft(code="quick-refund", segment=segment, parameters=numbers, effective_from=NOW),
            by=None,
            reason="benchmark",
            now=NOW,
        )


def _keys() -> list[int]:
    from accounts.models import Member

    return list(Member.objects.order_by("pk").values_list("pk", flat=True))


def _row_reader() -> Callable[[int], Any]:
    from django.db import connections

    connection: Any = connections["default"]

    def read(key: int) -> Any:
        with connection.prepared_cursor() as cursor:
            cursor.execute("SELECT * FROM accounts_member WHERE id = %s", [key])
            return cursor.fetchone()

    return read


def _answer_one() -> Callable[[int], Any]:
    from accounts.models import Member
    from apass.queries import entitlements_of

    return lambda key: entitlements_of(Member(pk=key), NOW)


def _seconds(ask: Callable[[int], Any], keys: list[int]) -> float:
    for key in keys[:50]:
        ask(key)
    before = time.perf_counter()
    for key in keys:
        ask(key)
    return (time.perf_counter() - before) / len(keys)


def _seconds_of_many(keys: list[int]) -> tuple[float, float]:
    """Return how long asking takes, and asking with reading the rights of each; the best of three."""
    from apass.queries import entitlements_of_many

    taken = []
    for _turn in range(3):
        before = time.perf_counter()
        found = entitlements_of_many(keys, NOW)
        asked = time.perf_counter()
        rights = [found[key] for key in keys]
        taken.append((asked - before, time.perf_counter() - before))
        if not all(rights):
            raise Failed(f"{len(found)} of {len(keys)} members were answered for")
    return min(one for one, _both in taken), min(both for _one, both in taken)


def _seconds_of_bare_rows(keys: list[int]) -> float:
    from django.db import connection

    written, taken = "{" + ",".join(map(str, keys)) + "}", []
    for _turn in range(3):
        before = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, tier FROM accounts_member WHERE id = ANY(%s::bigint[])", [written]
            )
            if len(cursor.fetchall()) != len(keys):
                raise Failed("rows are missing")
        taken.append(time.perf_counter() - before)
    return min(taken)


def _compare(keys: list[int]) -> int:
    """Hold both answers against plain Python, now and at moments before and after."""
    from accounts.models import Member
    from apass.queries import entitlements_of, entitlements_of_many

    for at in (NOW, NOW - timedelta(days=200), NOW + timedelta(days=60)):
        world = _World(at)
        many = entitlements_of_many(keys, at)
        for key in keys:
            said = [_plain(right) for right in entitlements_of(Member(pk=key), at)]
            together = [_plain(right) for right in many[key]]
            meant = world.rights(key)
            if not said == together == meant:
                raise Failed(f"member {key} at {at}: {said} and {together} instead of {meant}")
    return 3 * len(keys)


def _plain(right: Any) -> tuple[Any, ...]:
    return right.code, right.parameters, right.source.kind, right.until, right.left


class _World:
    """The whole population in dictionaries, and the rules of this benchmark's house written plainly."""

    def __init__(self, at: datetime) -> None:
        from accounts.models import Guide, Member, MemberPeriod, TierTitle
        from apass.models import Allowance, Entitlement, Grant, PackageItem

        self.at = at
        self.members = {one.pk: one for one in Member.objects.all()}
        self.periods: dict[int, list[Any]] = {}
        for one in MemberPeriod.objects.all():
            self.periods.setdefault(one.member_id, []).append(one)
        self.guides = {one.member_id: one for one in Guide.objects.all()}
        self.titles = {one.member_id: one for one in TierTitle.objects.all()}
        self.used = {one.member_id: one for one in Allowance.objects.all()}
        self.grants = {one.member_id: one for one in Grant.objects.all()}
        self.terms = {one.code: one for one in Entitlement.objects.all()}
        self.items: dict[str, list[Any]] = {}
        for item in PackageItem.objects.select_related("package"):
            self.items.setdefault(item.package.code, []).append(item)

    def rights(self, key: int) -> list[tuple[Any, ...]]:
        """Return what a member is promised, worked out step by step."""
        member, at = self.members[key], self.at
        period = next(
            (
                p
                for p in self.periods.get(key, ())
                if p.since <= at and (not p.until or at < p.until)
            ),
            None,
        )
        tier = period.tier if period else member.tier
        band = period.band if period else "fair"
        guide = self.guides.get(key)
        is_guided = bool(guide and guide.began_at <= at < guide.ends_at)
        title = self.titles.get(key)
        ends = [period.until] if period and period.until else []
        ends += [guide.ends_at] if is_guided else []
        ends += (
            [title.until]
            if title and title.tier == tier and title.since <= at < title.until
            else []
        )
        found: dict[str, tuple[dict[str, Any], str, datetime | None]] = {}
        for item in self.items[tier]:
            if item.code == "first-order" and not (
                is_guided and (guide.first_completed_at is None or guide.first_completed_at > at)
            ):
                continue
            if item.code == "worry-free-return" and not is_guided:
                continue
            found[item.code] = (item.parameters, "package", min(ends, default=None))
        if at >= NOW and tier == "normal" and band in {"good", "excellent"}:
            found["quick-refund"] = ({"amount": "450.00"}, "rule", min(ends, default=None))
        shanghai = member.registered_at + timedelta(hours=8)
        if at >= NOW and tier == "super" and shanghai.date() <= date(2022, 1, 1):
            found["quick-refund"] = ({"amount": "900.00"}, "rule", min(ends, default=None))
        grant = self.grants.get(key)
        if grant and grant.since <= at < grant.until:
            found[grant.code] = ({}, "grant", grant.until)
        return [
            (code, self.terms[code].parameters | numbers, kind, until, self._left(key, code))
            for code, (numbers, kind, until) in sorted(found.items())
        ]

    def _left(self, key: int, code: str) -> int | None:
        quantity, used = self.terms[code].quantity, self.used.get(key)
        if quantity is None or used is None or used.code != code:
            return quantity
        is_running = used.since <= self.at < used.until
        return max(quantity - used.used, 0) if is_running else quantity
