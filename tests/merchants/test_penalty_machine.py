"""Any order of what people and the clock may do with a shop's cases, held against the invariants:

no effect before its time, one final decision, exact restoration, the ledger's sum is the balance and
both are the replay, one line of history for each change, nothing open without a clock.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from common.deadlines import sweep
from common.errors import DomainError
from common.models import Deadline, Event
from common.recompute import derived
from common.rules import SHANGHAI
from merchants.actions.appeals import file_appeal, rule_appeal, send_back_appeal, send_papers
from merchants.actions.penalties import (
    confirm_correction,
    decide_violation,
    lift_penalty,
    record_exam,
)
from merchants.actions.violations import (
    choose_exam,
    declare_emergency,
    drop_violation,
    send_notice,
    state_side,
)
from merchants.models import (
    Appeal,
    Measure,
    Merchant,
    Penalty,
    PointsBalance,
    PointsEntry,
    Ruling,
    Shop,
    ShopLimits,
    StaffAccount,
    Violation,
)
from merchants.penalties.restoring import read_all
from merchants.queries.penalties import holding
from tests.conftest import person
from tests.merchants.casts_penalties import RULES, WHY, detected

START = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
PEOPLE = ("anna", "bert", "cleo", "dirk")
CODES = tuple(RULES)


class Cases(RuleBasedStateMachine):
    """One shop, four judges, its own person, and a clock that moves on."""

    @initialize()
    def open_the_house(self) -> None:
        # The test's own transaction takes everything back between two runs.
        self.point = transaction.savepoint()
        merchant = Merchant.objects.create(merchant_no="B7", name="商家七")
        self.shop = Shop.objects.create(shop_no="S7", name="店铺七", merchant=merchant)
        self.judges = [person(name, name, "operations") for name in PEOPLE]
        self.staff = person("shopkeeper", "店主", "merchant_staff")
        StaffAccount.objects.create(
            user=self.staff, merchant=merchant, rights=["answer"], since=START
        )
        self.now = START
        # What was final when it was first seen.
        self.decided: dict[int, tuple[object, ...]] = {}
        self.ruled: dict[int, tuple[object, ...]] = {}

    def teardown(self) -> None:
        if hasattr(self, "point"):
            transaction.savepoint_rollback(self.point)

    def try_to(self, action: Callable[[], object]) -> None:
        """Do it; a refusal leaves not one row behind."""
        rows = self._rows()
        try:
            with transaction.atomic():
                action()
        except DomainError:
            assert self._rows() == rows

    def _rows(self) -> tuple[int, ...]:
        models = (Violation, Penalty, Measure, PointsEntry, Appeal, Event, Deadline)
        return tuple(model.objects.count() for model in models)

    def a_case(self, number: int) -> Violation | None:
        rows = list(Violation.objects.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    # --- What may happen ----------------------------------------------------------------------------

    @rule(who=st.integers(0, 3), code=st.sampled_from(CODES), pick=st.integers(0, 3))
    @precondition(lambda self: Violation.objects.count() < 6)
    def somebody_finds_something(self, who: int, code: str, pick: int) -> None:
        points = RULES[code][2]
        detected(
            self.shop, self.judges[who], code=code, now=self.now,
            points=points[pick % len(points)], act_at=self.now,
        )  # fmt: skip

    @rule(who=st.integers(0, 3), number=st.integers(0, 5))
    @precondition(lambda self: Violation.objects.exists())
    def the_shop_is_told(self, who: int, number: int) -> None:
        case = self.a_case(number)
        self.try_to(lambda: send_notice(case, by=self.judges[who], reason=WHY, now=self.now))

    @rule(number=st.integers(0, 5), by_exam=st.booleans())
    @precondition(lambda self: Violation.objects.exists())
    def the_shop_speaks(self, number: int, by_exam: bool) -> None:
        case = self.a_case(number)
        if by_exam:
            self.try_to(lambda: choose_exam(case, by=self.staff, now=self.now))
        else:
            self.try_to(lambda: state_side(case, text="不是", by=self.staff, now=self.now))

    @rule(who=st.integers(0, 3), number=st.integers(0, 5))
    @precondition(lambda self: Violation.objects.exists())
    def an_emergency_is_called(self, who: int, number: int) -> None:
        case = self.a_case(number)
        self.try_to(lambda: declare_emergency(case, by=self.judges[who], reason=WHY, now=self.now))

    @rule(who=st.integers(0, 3), number=st.integers(0, 5), how=st.integers(0, 4))
    @precondition(lambda self: Violation.objects.exists())
    def somebody_judges(self, who: int, number: int, how: int) -> None:
        case, by = self.a_case(number), self.judges[who]
        assert case is not None
        penalty = Penalty.objects.filter(violation=case).select_related("violation", "shop").first()
        match how:
            case 0 | 1:
                self.try_to(lambda: decide_violation(case, reason=WHY, by=by, now=self.now))
            case 2 if penalty is not None:
                self.try_to(lambda: lift_penalty(penalty, by=by, reason=WHY, now=self.now))
            case 3 if penalty is not None:
                self.try_to(lambda: confirm_correction(penalty, by=by, reason=WHY, now=self.now))
            case 4:
                self.try_to(lambda: drop_violation(case, by=by, reason=WHY, now=self.now))

    @rule(who=st.integers(0, 3), number=st.integers(0, 5), score=st.sampled_from([79, 80]))
    @precondition(lambda self: Violation.objects.exists())
    def an_exam_is_taken(self, who: int, number: int, score: int) -> None:
        case = self.a_case(number)
        self.try_to(lambda: record_exam(case, score, by=self.judges[who], reason=WHY, now=self.now))

    @rule(number=st.integers(0, 5))
    @precondition(lambda self: Penalty.objects.exists())
    def the_shop_appeals(self, number: int) -> None:
        rows = list(Penalty.objects.select_related("violation").order_by("pk"))
        penalty = rows[number % len(rows)]
        appeal = Appeal.objects.filter(penalty=penalty).select_related("penalty__violation").first()
        if appeal is None:
            self.try_to(lambda: file_appeal(penalty, text="冤", by=self.staff, now=self.now))
        else:
            self.try_to(lambda: send_papers(appeal, text="补", by=self.staff, now=self.now))

    @rule(
        who=st.integers(0, 3), number=st.integers(0, 5),
        outcome=st.sampled_from(["upheld", "reduced", "revoked", "back"]),
    )  # fmt: skip
    @precondition(lambda self: Appeal.objects.exists())
    def an_appeal_is_ruled(self, who: int, number: int, outcome: str) -> None:
        rows = list(
            Appeal.objects.select_related("penalty__violation", "penalty__shop").order_by("pk")
        )
        appeal, by = rows[number % len(rows)], self.judges[who]
        if outcome == "back":
            self.try_to(lambda: send_back_appeal(appeal, missing="缺", by=by, now=self.now))
            return
        half = appeal.penalty.points / 2
        self.try_to(
            lambda: rule_appeal(
                appeal, outcome=outcome, points=half, reason=WHY, by=by, now=self.now
            )
        )

    @rule(hours=st.sampled_from([1, 24, 24 * 3, 24 * 7, 24 * 16, 24 * 40]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for _round in range(3):
            assert sweep(self.now).failed == 0

    # --- What must hold -----------------------------------------------------------------------------

    @invariant()
    def nothing_takes_effect_before_its_time(self) -> None:
        for penalty in Penalty.objects.select_related("violation"):
            case = penalty.violation
            assert penalty.starts_at >= penalty.decided_at
            if case.emergency_at is None:
                assert penalty.decided_at >= case.statement_due_at
            else:
                people = {case.emergency_first_by_id, case.emergency_second_by_id}
                assert len(people - {None, case.detected_by_id}) == 2
        assert not Measure.objects.filter(penalty__begun_at=None, ended_at=None).exists()
        held = ShopLimits.objects.filter(measures__len__gt=0)
        assert not held.exists() or Penalty.objects.filter(begun_at__isnull=False).exists()

    @invariant()
    def whoever_decides_did_not_find_it_and_whoever_rules_did_nothing_before(self) -> None:
        for penalty in Penalty.objects.select_related("violation", "appeal__ruling"):
            assert penalty.decided_by_id != penalty.violation.detected_by_id
            ruling = getattr(getattr(penalty, "appeal", None), "ruling", None)
            if ruling is not None:
                before = Event.objects.filter(
                    subject_type="merchants.violation",
                    subject_id=str(penalty.violation_id),
                    actor=ruling.by_id,
                    at__lt=ruling.at,
                )
                assert not before.exists()

    @invariant()
    def the_ledgers_sum_is_the_balance_and_both_are_the_replay(self) -> None:
        if not hasattr(self, "now"):
            return
        for row in PointsBalance.objects.all():
            entries = PointsEntry.objects.filter(shop=row.shop, violation_class=row.violation_class)
            assert (entries.aggregate(sum=Sum("points"))["sum"] or 0) == row.points
        part = next(it for it in derived() if it.name == "points of shops")
        assert [found for found in part.check(self.now) if found.rows] == []

    @invariant()
    def what_was_revoked_leaves_no_trace(self) -> None:
        for penalty in Penalty.objects.filter(appeal__ruling__outcome="revoked"):
            assert penalty.points == 0
            assert not penalty.measures.filter(ended_at=None).exists()
            assert penalty.ended_at is not None
            assert penalty.published_at is None or penalty.withdrawn_at is not None

    @invariant()
    def a_decision_and_a_ruling_are_made_once(self) -> None:
        for row in Penalty.objects.all():
            what = (row.decided_by_id, row.decided_at, row.reason)
            assert self.decided.setdefault(row.pk, what) == what
        for ruling in Ruling.objects.all():
            what = (ruling.by_id, ruling.at, ruling.outcome, ruling.points_after)
            assert self.ruled.setdefault(ruling.pk, what) == what

    @invariant()
    def points_are_as_if_the_revoked_had_never_been(self) -> None:
        if not hasattr(self, "now"):
            return
        for row in PointsBalance.objects.all():
            found = _by_hand(row.violation_class, row.cleared_through)
            assert row.points == found, (row.violation_class, row.points, found)

    @invariant()
    def without_a_running_penalty_the_shop_stands_as_it_began(self) -> None:
        running = Penalty.objects.filter(begun_at__isnull=False, ended_at=None).exclude(node="")
        if not hasattr(self, "now") or running.exists():
            return
        assert not ShopLimits.objects.exclude(measures=[]).exists()
        assert read_all(self.shop, self.now)["weight", ""] == "1.0000"
        assert not Penalty.objects.filter(published_at__isnull=False, withdrawn_at=None).exists()

    @invariant()
    def only_one_node_runs(self) -> None:
        if not hasattr(self, "now"):
            return
        for limits in ShopLimits.objects.all():
            assert (limits.measures, limits.node) == holding(limits.pk, self.now)

    @invariant()
    def every_change_has_its_line_and_nothing_open_is_without_a_clock(self) -> None:
        for case in Violation.objects.all():
            lines = Event.objects.filter(
                subject_type="merchants.violation", subject_id=str(case.pk)
            )
            states = [
                event.after["state"]
                for event in lines.order_by("at", "id")
                if "state" in event.after
            ]
            assert states.count(case.state) == 1
            assert len(states) == len(set(states))
            if case.state == "noticed":
                assert self._clock("violation.decision_late", case.pk) or case.decide_by <= self.now
        for appeal in Appeal.objects.filter(closed_at=None):
            kind = "appeal.review" if appeal.state == "filed" else "appeal.papers"
            assert self._clock(kind, appeal.pk) or appeal.due_at <= self.now

    @staticmethod
    def _clock(kind: str, key: int) -> bool:
        return Deadline.objects.filter(kind=kind, subject_id=str(key), done_at=None).exists()


def _by_hand(klass: str, through: int) -> Decimal:
    """Add up what cases cost, cleared at each year's end up to ``through``: in other words than the rules."""
    rows = Penalty.objects.filter(violation__violation_class=klass).order_by("decided_at", "pk")
    points, year = Decimal(0), 0
    costs = [(it.decided_at.astimezone(SHANGHAI).year, it.points) for it in rows]
    for of_year, cost in [*costs, (through + 1, Decimal(0))]:
        for _end in range(year, of_year) if year else ():
            stays = {"A": False, "B": points >= 48, "C": points >= 48}[klass]
            carried = 24 if klass == "C" and points >= 24 else 0
            points = points if stays else Decimal(carried)
        points, year = points + cost, of_year
    return points


@pytest.mark.django_db
def test_no_order_of_events_breaks_a_promise():
    assert connection.in_atomic_block
    Cases.TestCase.settings = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    Cases.TestCase("runTest").runTest()
