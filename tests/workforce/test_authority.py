"""How far people may decide: by level, by measured quality, under a cap, at any moment."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone, translation

from accounts.models import User
from common.deadlines import sweep
from common.errors import DomainError, Forbidden
from common.events import history_lines
from common.history import history_of
from common.models import Deadline
from workforce import clock, rules
from workforce.actions import cap_authority, count_quality, record_quality, set_level
from workforce.models import AuthorityFactor, QualityMeasure
from workforce.queries import limit_of
from workforce.queries.authority import bars

pytestmark = pytest.mark.django_db

OCTOBER = date(2026, 10, 1)
NOV8 = datetime(2026, 11, 8, 4, 0, tzinfo=UTC)


def refused(code, verb, *args, **kwargs):
    with pytest.raises(DomainError) as refusal:
        verb(*args, **kwargs)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("factor", "csat", "qa", "sample", "to", "why"),
    [
        ("1.00", "0.92", "90", 30, "1.25", "grew"),
        ("1.00", "0.9199", "90", 30, "1.00", "kept"),
        ("1.00", "0.92", "89.99", 30, "1.00", "kept"),
        ("1.00", "0.85", "80", 30, "1.00", "kept"),
        ("1.00", "0.8499", "95", 30, "0.75", "fell"),
        ("1.00", "0.99", "79.99", 30, "0.75", "fell"),
        ("1.00", "0.99", "99", 29, "1.00", "small_sample"),
        ("1.00", "0", "0", 29, "1.00", "small_sample"),
        ("1.90", "0.99", "99", 500, "2.00", "grew"),
        ("2.00", "0.99", "99", 500, "2.00", "at_the_end"),
        ("0.60", "0.50", "50", 500, "0.50", "fell"),
        ("0.50", "0.50", "50", 500, "0.50", "at_the_end"),
        # Bounds that were narrowed later take nothing away at once.
        ("2.50", "0.99", "99", 500, "2.50", "at_the_end"),
        ("2.50", "0.50", "50", 500, "2.25", "fell"),
    ],
)
def test_a_month_moves_the_factor_one_step_at_most(factor, csat, qa, sample, to, why):
    moved = rules.next_factor(Decimal(factor), Decimal(csat), Decimal(qa), sample, bars(NOV8))
    assert (moved.factor, moved.why) == (Decimal(to), why)


@pytest.mark.parametrize(
    ("today", "month"),
    [
        (date(2026, 11, 7), date(2026, 9, 1)),
        (date(2026, 11, 8), OCTOBER),
        (date(2026, 11, 30), OCTOBER),
        (date(2026, 12, 7), OCTOBER),
        (date(2027, 1, 8), date(2026, 12, 1)),
        (date(2028, 2, 29), date(2028, 1, 1)),
    ],
)
def test_a_month_is_counted_from_the_eighth_of_the_next(today, month):
    assert rules.measured_month(today, 8) == month


def measured(user, ops, csat="0.95", qa="95", sample=100, month=OCTOBER):
    return record_quality(
        user,
        month,
        csat_rate=Decimal(csat),
        qa_score=Decimal(qa),
        sample=sample,
        by=ops,
        now=NOV8,
    )


def test_limits_follow_the_ladder(bo):
    now = timezone.now()
    refund = limit_of(bo, rules.REFUND, now)
    assert (refund.is_allowed, refund.amount) == (True, Decimal("500.00"))
    assert refund.why == (("level", "5"), ("ladder", "500"), ("quality", "1"))
    assert limit_of(bo, rules.GOODWILL, now).amount == Decimal("100.00")
    shop = limit_of(bo, rules.SHOP_CLOSE, now)
    assert (shop.is_allowed, shop.amount) == (True, None)


def test_a_good_month_raises_them_from_the_count_on(bo, ops):
    measured(bo, ops)
    assert count_quality(OCTOBER, now=NOV8) == 1
    assert limit_of(bo, rules.REFUND, NOV8 - timedelta(seconds=1)).amount == Decimal("500.00")
    assert limit_of(bo, rules.REFUND, NOV8).amount == Decimal("625.00")
    factor = AuthorityFactor.objects.get(user=bo)
    (event,) = history_of(factor)
    assert event.after == {
        "factor": "1.25",
        "month": "2026-10-01",
        "csat_rate": "0.9500",
        "qa_score": "95.00",
        "sample": 100,
    }


@pytest.mark.parametrize(
    ("language", "words", "labels"),
    [
        ("zh-hans", "权限重新结算", ["系数", "月份", "满意率", "质检分", "计入的评价数"]),
        ("en", "Limits counted anew", [
            "factor", "month", "satisfied share", "inspection score", "answers counted",
        ]),
    ],
)  # fmt: skip
def test_the_history_of_a_count_says_in_words_what_was_measured(bo, ops, language, words, labels):
    measured(bo, ops)
    count_quality(OCTOBER, now=NOV8)
    with translation.override(language):
        (line,) = history_lines(history_of(AuthorityFactor.objects.get(user=bo)))
        said = {one.label: (one.before, one.after) for one in line.changes}
    values = [("1", "1.25"), (None, "2026-10-01"), (None, "0.9500"), (None, "95.00"), (None, "100")]
    assert (line.words, said, line.reason) == (words, dict(zip(labels, values, strict=True)), "")


def test_a_bad_month_lowers_them_and_closes_no_shop(bo, ops):
    measured(bo, ops, csat="0.70")
    count_quality(OCTOBER, now=NOV8)
    assert limit_of(bo, rules.GOODWILL, NOV8).amount == Decimal("75.00")
    assert not limit_of(bo, rules.SHOP_CLOSE, NOV8).is_allowed


def test_a_small_sample_changes_nothing_and_is_no_history(bo, ops):
    measured(bo, ops, csat="0.10", sample=29)
    assert count_quality(OCTOBER, now=NOV8) == 0
    factor = AuthorityFactor.objects.get(user=bo)
    assert (factor.factor, factor.why) == (Decimal("1.00"), "small_sample")
    assert not history_of(factor).exists()


def test_a_month_is_counted_once(bo, ops):
    measured(bo, ops)
    assert [count_quality(OCTOBER, now=NOV8) for _again in range(3)] == [1, 0, 0]
    refused("quality.counted", measured, bo, ops, csat="0.10")


def test_the_clock_counts_what_it_missed(bo, ops):
    measured(bo, ops)
    late = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    clock.begin(late)
    sweep(late)
    assert limit_of(bo, rules.REFUND, late).amount == Decimal("625.00")
    due = Deadline.objects.get(kind=clock.QUALITY)
    assert timezone.localtime(due.due_at).isoformat() == "2026-11-21T03:30:00+08:00"


def test_every_night_what_was_not_counted_yet_is_the_oldest_first(bo, lin, ops):
    measured(bo, ops, month=date(2026, 8, 1), csat="0.70")
    measured(bo, ops, month=date(2026, 9, 1))
    first = datetime(2026, 10, 31, 19, 30, tzinfo=UTC)  # half past three in Shanghai
    clock.begin(first)
    sweep(first)
    counted = AuthorityFactor.objects.filter(user=bo).order_by("month")
    assert [str(one.factor) for one in counted] == ["0.75", "1.00"]
    measured(lin, ops, month=date(2026, 9, 1))  # late, and counted the night after
    sweep(first + timedelta(days=1) - timedelta(seconds=1))
    assert not AuthorityFactor.objects.filter(user=lin).exists()
    sweep(first + timedelta(days=1))
    assert AuthorityFactor.objects.get(user=lin).month == date(2026, 9, 1)
    assert counted.count() == 2


def test_what_a_later_count_has_passed_is_not_counted_any_more(bo, lin, ops):
    for month in (date(2026, 8, 1), date(2026, 9, 1)):
        measured(bo, ops, month=month)
    measured(lin, ops, month=date(2026, 8, 1))
    count_quality(date(2026, 9, 1), now=NOV8)
    (left,) = QualityMeasure.objects.uncounted()
    assert (left.user, left.month) == (lin, date(2026, 8, 1))


def test_before_the_hour_it_is_counted_the_same_night(ops):
    midnight = datetime(2026, 11, 19, 16, 0, tzinfo=UTC)
    clock.begin(midnight)
    sweep(midnight)
    due = Deadline.objects.get(kind=clock.QUALITY)
    assert timezone.localtime(due.due_at).isoformat() == "2026-11-20T03:30:00+08:00"


def test_a_month_before_one_that_was_counted_is_refused(bo, ops):
    measured(bo, ops)
    count_quality(OCTOBER, now=NOV8)
    refused("quality.counted", measured, bo, ops, month=date(2026, 9, 1))


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("quality.month", {"month": date(2026, 10, 2)}),
        ("quality.month", {"month": date(2026, 11, 1)}),
        ("quality.out_of_scale", {"csat": "1.01"}),
        ("quality.out_of_scale", {"qa": "100.01"}),
        ("quality.out_of_scale", {"sample": -1}),
    ],
)
def test_what_is_no_measure_is_refused(bo, ops, code, changed):
    refused(code, measured, bo, ops, **changed)


def test_a_cap_holds_and_is_lifted(bo, ops):
    now = timezone.now()
    cap_authority(bo, rules.REFUND, Decimal(80), by=ops, reason="复核中", now=now)
    limit = limit_of(bo, rules.REFUND, now)
    assert (limit.amount, limit.why[-1]) == (Decimal("80"), ("cap", "80.00"))
    cap_authority(bo, rules.REFUND, Decimal(0), by=ops, reason="停用", now=now)
    assert not limit_of(bo, rules.REFUND, now).is_allowed
    cap_authority(bo, rules.REFUND, None, by=ops, reason="恢复", now=now)
    assert limit_of(bo, rules.REFUND, now).amount == Decimal("500.00")
    assert limit_of(bo, rules.REFUND, now - timedelta(days=1)).amount == Decimal("500.00")


def test_the_moment_of_a_cap_is_read_after_the_wait(bo, ops, monkeypatch):
    """Of two who cap at once, the second one's holds: it began later."""
    begun, lock = timezone.now(), User.objects.select_for_update
    with time_machine.travel(begun, tick=False) as moment:

        def waits(*args, **kwargs):
            moment.move_to(begun + timedelta(minutes=1))
            return lock(*args, **kwargs)

        monkeypatch.setattr(User.objects, "select_for_update", waits)
        row = cap_authority(bo, rules.REFUND, Decimal(80), by=ops, reason="复核中")
    assert row.began_at == begun + timedelta(minutes=1)


def test_a_cap_never_raises_a_limit(bo, ops):
    cap_authority(bo, rules.REFUND, Decimal(9999), by=ops, reason="上限")
    assert limit_of(bo, rules.REFUND, timezone.now()).amount == Decimal("500.00")


def test_what_is_no_cap_is_refused(bo, ops, mei):
    refused("authority.unknown", cap_authority, bo, "gold", Decimal(1), by=ops, reason="x")
    refused("authority.negative", cap_authority, bo, "refund", Decimal(-1), by=ops, reason="x")
    refused("person.no_reason", cap_authority, bo, "refund", Decimal(1), by=ops, reason="")
    refused("presence.not_agent", cap_authority, mei, "refund", Decimal(1), by=ops, reason="x")


def test_the_level_of_the_past_can_be_asked(bo, ops):
    before = timezone.now()
    set_level(bo, 1, by=ops, reason="转岗")
    assert limit_of(bo, rules.REFUND, before).amount == Decimal("500.00")
    assert limit_of(bo, rules.REFUND, timezone.now()).amount == Decimal("50.00")


def test_who_does_not_answer_may_decide_nothing(mei, ops):
    for who in (mei, ops):
        assert limit_of(who, rules.REFUND, timezone.now()).amount == 0
        assert not limit_of(who, rules.SHOP_CLOSE, timezone.now()).is_allowed


def test_who_may_not_touch_them(bo, lin, mei):
    for who in (bo, lin, mei):
        with pytest.raises(Forbidden):
            measured(bo, who)
        with pytest.raises(Forbidden):
            cap_authority(bo, rules.REFUND, Decimal(9), by=who, reason="x")
