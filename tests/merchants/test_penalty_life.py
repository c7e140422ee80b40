"""A case from the act to its end: who may, when, what follows, what the history says."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Notification
from common.deadlines import sweep
from common.models import Deadline
from merchants.actions.appeals import file_appeal, rule_appeal
from merchants.actions.penalties import (
    confirm_correction,
    decide_violation,
    lift_penalty,
    publish_notice,
    record_exam,
)
from merchants.actions.violations import (
    choose_exam,
    declare_emergency,
    drop_violation,
    send_notice,
    state_side,
)
from merchants.models import Measure, Penalty, PointsEntry, RuleVersion, Violation
from merchants.queries.penalties import limits_of_shop, points_of_shop
from tests.merchants.casts_penalties import (
    DAY,
    HEARD,
    NOW,
    SECOND,
    WHY,
    decided,
    detected,
    lines_of,
    noticed,
    refused,
    rule,
)

pytestmark = pytest.mark.django_db
WARNED = ["shop_shield", "listing_ban", "public_warning"]


# --- Found and told -------------------------------------------------------------------------------


def test_an_act_is_judged_by_the_version_in_force_at_it(shop, bo):
    first = rule("misdescription").versions.get()
    first.effective_until = NOW
    first.save()
    second = first
    second.pk, second.number, second.effective_from, second.effective_until = None, 2, NOW, None
    second.save()
    assert detected(shop, bo, act_at=NOW - SECOND).rule_version.number == 1
    assert detected(shop, bo, act_at=NOW).rule_version.number == 2


def test_a_rule_holds_from_its_day_on_however_late_the_clock_is(shop, bo):
    held = rule("misdescription")
    coming = RuleVersion.objects.create(
        rule=held, number=2, state="notice", text="新的说法", violation_class="A",
        points=[Decimal(6)], result_published_at=NOW - 20 * DAY, notice_at=NOW - 10 * DAY,
        trial_from=NOW - 2 * DAY, planned_from=NOW - DAY, target_metric="x", target_change=-1,
    )  # fmt: skip
    assert detected(shop, bo, act_at=NOW - DAY - SECOND).rule_version.number == 1
    assert detected(shop, bo, act_at=NOW - DAY).rule_version == coming
    coming.refresh_from_db()
    assert (coming.state, coming.effective_from) == ("effective", NOW - DAY)
    sweep(NOW)
    assert lines_of(coming).count("rule.took_effect") == 1


def test_before_its_day_no_rule_holds(shop, bo):
    held = rule("misdescription")
    RuleVersion.objects.create(
        rule=held, number=2, state="notice", text="新的说法", violation_class="A",
        points=[Decimal(6)], result_published_at=NOW - 20 * DAY, notice_at=NOW - 10 * DAY,
        planned_from=NOW + SECOND, target_metric="x", target_change=-1,
    )  # fmt: skip
    assert detected(shop, bo, act_at=NOW).rule_version.number == 1


def test_what_no_rule_forbade_then_is_no_violation(shop, bo):
    with refused("violation.no_rule"):
        detected(shop, bo, act_at=NOW.replace(year=2019))
    draft = rule("misdescription").versions.get()
    draft.state = "draft"
    draft.save()
    with refused("violation.no_rule"):
        detected(shop, bo)
    with refused("violation.in_the_future"):
        detected(shop, bo, act_at=NOW + SECOND)
    assert not Violation.objects.exists()


@pytest.mark.parametrize("points", ["4", "-3", "NaN", "sNaN", "Infinity", "12.05", "x"])
def test_points_out_of_range_leave_nothing_behind(shop, bo, points):
    with refused("violation.points_out_of_range"):
        detected(shop, bo, points=points)
    with refused("violation.bad_items"):
        detected(shop, bo, items=0)
    assert not Violation.objects.exists()


def test_no_case_costs_more_than_a_balance_can_hold(shop, bo, ops, judge):
    with refused("violation.bad_items"):
        detected(shop, bo, code="order-disturbing", points="48", items=10_000)
    violation = noticed(shop, bo, ops, code="order-disturbing", points="48")
    with refused("violation.bad_items"):
        decide_violation(violation, items=10_000, reason=WHY, by=judge, now=HEARD)
    assert not Penalty.objects.exists()
    heavy = decided(shop, bo, ops, code="fake-goods", points="2", items=10_000)
    assert points_of_shop(shop.pk)["C"] == heavy.points == 20_000


def test_only_our_own_people_find_a_violation(shop, bo, mei, staff, wen):
    for who in (mei, staff, wen):
        with refused("forbidden"):
            detected(shop, who)
    assert detected(shop, bo).detected_by == bo
    assert detected(shop, None).detected_by is None


def test_the_shop_hears_of_it_with_the_notice(shop, bo, ops, staff, reader):
    violation = detected(shop, bo)
    assert not Violation.objects.told_to(staff).exists()
    assert not Notification.objects.filter(person=staff).exists()
    send_notice(violation, by=ops, reason=WHY, now=NOW)
    violation.refresh_from_db()
    assert violation.statement_due_at == HEARD
    assert list(Violation.objects.told_to(staff)) == [violation]
    told = Notification.objects.get(person=staff, kind="shop.penalty")
    assert told.url == f"/shop/violations/{violation.violation_no}/"
    assert Notification.objects.filter(person=reader).exists()


def test_a_working_day_is_one_of_the_chinese_calendar(shop, bo, ops):
    # Wednesday before the holidays of October 2025, which end on the 8th: the 9th, 10th and 11th (a
    # Saturday that is worked) are its three days.
    before = NOW.replace(year=2025, month=9, day=30)
    violation = noticed(shop, bo, ops, now=before)
    assert violation.statement_due_at == datetime(2025, 10, 11, 16, tzinfo=UTC)


def test_who_works_for_the_merchant_decides_nothing_about_it(shop, bo, ops):
    shop.merchant.staff.create(user=ops, rights=[], since=NOW - 9 * DAY, ended_at=NOW - DAY)
    violation = detected(shop, bo)
    with refused("conflict.own_case"):
        send_notice(violation, by=ops, reason=WHY, now=NOW)
    assert not Violation.objects.for_work_of(bo).exclude(pk=violation.pk).exists()


def test_a_dropped_case_costs_nothing_and_is_over(shop, bo, ops, staff):
    violation = noticed(shop, bo, ops)
    drop_violation(violation, by=ops, reason=WHY, now=NOW)
    violation.refresh_from_db()
    assert violation.state == "dropped"
    assert not Deadline.objects.filter(subject_id=violation.pk, done_at=None).exists()
    with refused("violation.cannot_move"):
        decide_violation(violation, reason=WHY, by=ops, now=HEARD)
    assert Notification.objects.filter(person=staff, body="不会有任何后果。").exists()


# --- Stated ---------------------------------------------------------------------------------------


def test_the_shop_states_its_side_once_and_in_time(shop, bo, ops, staff, reader, stranger):
    violation = noticed(shop, bo, ops)
    with refused("forbidden"):
        state_side(violation, text="我们有证书", by=reader, now=NOW)
    for who in (stranger, bo, ops):
        with refused("not_found"):
            state_side(violation, text="我们有证书", by=who, now=NOW)
    with refused("violation.too_late"):
        state_side(violation, text="我们有证书", by=staff, now=HEARD)
    said = state_side(violation, text="买家13800002071投诉", by=staff, now=HEARD - SECOND)
    assert "13800002071" not in said.text
    with refused("statement.already"):
        state_side(violation, text="还有一句", by=staff, now=HEARD - SECOND)
    assert Notification.objects.filter(person=ops, kind="shop.case").exists()


def test_judges_are_told_when_the_period_is_over_and_when_they_are_late(shop, bo, ops, judge):
    violation = noticed(shop, bo, ops)
    sweep(HEARD - SECOND)
    assert "violation.heard" not in lines_of(violation)
    sweep(HEARD)
    sweep(HEARD + SECOND)
    assert lines_of(violation).count("violation.heard") == 1
    # Monday, Tuesday, Wednesday.
    assert violation.decide_by == HEARD + 5 * DAY
    sweep(violation.decide_by)
    assert lines_of(violation)[-1] == "violation.late"
    assert Notification.objects.filter(person=judge, kind="shop.case").count() == 2


# --- Decided --------------------------------------------------------------------------------------


def test_nothing_is_decided_before_the_shop_was_heard(shop, bo, ops, judge):
    violation = noticed(shop, bo, ops)
    with refused("violation.statement_open"):
        decide_violation(violation, reason=WHY, by=judge, now=HEARD - SECOND)
    assert not Penalty.objects.exists()
    assert decide_violation(violation, reason=WHY, by=judge, now=HEARD).points == 3


def test_the_database_itself_hears_the_shop_first(shop, bo, ops, judge):
    penalty = decided(shop, bo, ops, points="12")
    with (
        pytest.raises(IntegrityError, match="violation_heard_before_decided"),
        transaction.atomic(),
    ):
        Violation.objects.update(decided_at=HEARD - SECOND)
    with pytest.raises(IntegrityError, match="penalty_after_hearing"), transaction.atomic():
        Penalty.objects.filter(pk=penalty.pk).update(
            starts_at=HEARD - SECOND, decided_at=HEARD - SECOND
        )


def test_an_emergency_takes_two_people_neither_of_whom_found_it(shop, ops, judge, third):
    violation = noticed(shop, ops, judge)
    with refused("violation.same_person"):
        declare_emergency(violation, by=ops, reason=WHY, now=NOW)
    for _twice in range(2):
        declare_emergency(violation, by=judge, reason=WHY, now=NOW)
    with refused("violation.statement_open"):
        decide_violation(violation, reason=WHY, by=third, now=NOW)
    declare_emergency(violation, by=third, reason=WHY, now=NOW)
    penalty = decide_violation(violation, points="12", reason=WHY, by=third, now=NOW)
    assert (penalty.is_emergency, penalty.starts_at) == (True, NOW)
    assert (penalty.violation.emergency_first_by, penalty.violation.emergency_second_by) == (
        judge, third,
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="emergency_by_two"), transaction.atomic():
        Violation.objects.update(emergency_first_by=third)
    with pytest.raises(IntegrityError, match="emergency_by_others"), transaction.atomic():
        Violation.objects.update(emergency_first_by=ops)


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_emergency_nobody_confirms_in_time_is_none(shop, ops, judge, third, staff, is_swept):
    violation = noticed(shop, ops, judge)
    declare_emergency(violation, by=judge, reason=WHY, now=NOW)
    sweep(NOW + DAY - SECOND)
    assert "violation.emergency_lapsed" not in lines_of(violation)
    if is_swept:
        for _twice in range(2):
            sweep(NOW + DAY)
    # Whoever comes too late is the first again.
    declare_emergency(violation, by=third, reason=WHY, now=NOW + DAY)
    violation.refresh_from_db()
    assert (violation.emergency_first_by, violation.emergency_at) == (third, None)
    assert lines_of(violation).count("violation.emergency_lapsed") == 1
    with refused("violation.statement_open"):
        decide_violation(violation, reason=WHY, by=judge, now=NOW + DAY)
    declare_emergency(violation, by=judge, reason=WHY, now=NOW + 2 * DAY - SECOND)
    sweep(NOW + 2 * DAY)
    violation.refresh_from_db()
    assert violation.emergency_second_by == judge


def test_who_called_an_emergency_that_lapsed_has_touched_the_case(
    shop, bo, ops, judge, third, staff
):
    violation = noticed(shop, bo, ops)
    declare_emergency(violation, by=third, reason=WHY, now=NOW)
    sweep(NOW + DAY)
    penalty = decide_violation(violation, points="12", reason=WHY, by=judge, now=HEARD)
    appeal = file_appeal(penalty, text="不是我们", by=staff, now=HEARD)
    with refused("appeal.same_person"):
        rule_appeal(appeal, outcome="upheld", reason=WHY, by=third, now=HEARD)


@pytest.mark.parametrize("points", ["12", "3"], ids=["a node", "points alone"])
def test_a_shop_may_still_state_after_an_emergency(shop, ops, judge, third, staff, points):
    violation = noticed(shop, ops, judge)
    for who in (judge, third):
        declare_emergency(violation, by=who, reason=WHY, now=NOW)
    decide_violation(violation, points=points, reason=WHY, by=third, now=NOW)
    assert state_side(violation, text="听我们说", by=staff, now=NOW + DAY)


def test_whoever_found_it_does_not_decide_it(shop, ops, judge):
    violation = noticed(shop, ops, judge)
    with refused("violation.same_person"):
        decide_violation(violation, reason=WHY, by=ops, now=HEARD)


def test_agents_merchants_and_the_clock_decide_nothing(shop, bo, ops, lin, wen, staff):
    violation = noticed(shop, bo, ops)
    for who in (lin, wen, staff, None):
        with refused("forbidden"):
            decide_violation(violation, reason=WHY, by=who, now=HEARD)
    with refused("penalty.no_reason"):
        decide_violation(violation, reason=" ", by=ops, now=HEARD)


def test_twelve_points_of_a_shield_the_shop_for_twelve_days(shop, bo, ops, judge, staff):
    penalty = decided(shop, bo, ops, points="12")
    assert (penalty.node, penalty.until) == ("a12", HEARD + 12 * DAY)
    assert limits_of_shop(shop.pk) == WARNED
    assert points_of_shop(shop.pk)["A"] == 12
    violation = penalty.violation
    assert violation.state == "executing"
    # The last two are of one moment.
    assert sorted(lines_of(violation)) == [
        "violation.decided", "violation.detected", "violation.executing", "violation.noticed",
    ]  # fmt: skip
    assert lines_of(shop)[-1] == "shop.limits_changed"
    assert Notification.objects.filter(person=staff, kind="shop.penalty").count() == 2


def test_points_below_a_node_are_all_that_follows(shop, bo, ops):
    penalty = decided(shop, bo, ops)
    assert (penalty.node, penalty.violation.state) == ("", "ended")
    assert (penalty.violation.ended_why, limits_of_shop(shop.pk)) == ("points", [])
    assert points_of_shop(shop.pk)["A"] == 3


def test_only_the_heaviest_node_runs_and_the_lighter_comes_back_after_it(shop, bo, ops, judge):
    light = decided(shop, bo, ops, points="12")
    heavy = decided(shop, bo, ops, code="order-disturbing", points="36")
    assert limits_of_shop(shop.pk) == ["public_warning", "shop_close"]
    lift_penalty(heavy, by=judge, reason=WHY, now=HEARD + DAY)
    assert limits_of_shop(shop.pk) == WARNED
    lift_penalty(light, by=judge, reason=WHY, now=HEARD + DAY)
    assert limits_of_shop(shop.pk) == []


def test_the_third_counterfeit_closes_the_shop_for_good(shop, bo, ops):
    for year in (2024, 2025, 2026):
        last = decided(shop, bo, ops, code="fake-goods", points="12", now=NOW.replace(year=year))
    assert (last.node, last.until) == ("c_strikes", None)
    assert "shop_close" in limits_of_shop(shop.pk)


def test_spam_is_capped_within_its_days(shop, bo, ops):
    first = decided(shop, bo, ops, code="spam-listing", items=20)
    second = decided(shop, bo, ops, code="spam-listing", items=50)
    later = decided(shop, bo, ops, code="spam-listing", items=50, act_at=NOW - 5 * DAY)
    assert [one.points for one in (first, second, later)] == [4, 3, 7]


def test_spam_before_and_after_is_not_added_up_when_it_lies_too_far_apart(shop, bo, ops):
    for days in (5, 1):
        decided(shop, bo, ops, code="spam-listing", items=20, act_at=NOW - days * DAY)
    between = decided(shop, bo, ops, code="spam-listing", items=50, act_at=NOW - 3 * DAY)
    assert between.points == 3


# --- The end --------------------------------------------------------------------------------------


def test_it_ends_once_time_is_served_the_act_corrected_and_the_exam_passed(
    shop, bo, ops, judge, staff
):
    penalty = decided(shop, bo, ops, points="12")
    sweep(penalty.until - SECOND)
    confirm_correction(penalty, by=judge, reason=WHY, now=HEARD + DAY)
    record_exam(penalty.violation, 79, by=judge, reason=WHY, now=HEARD + DAY)
    sweep(penalty.until)
    penalty.refresh_from_db()
    assert penalty.violation.state == "executing"
    assert limits_of_shop(shop.pk) == WARNED
    assert lines_of(penalty.violation)[-1] == "penalty.period_over"
    record_exam(penalty.violation, 80, by=judge, reason=WHY, now=penalty.until + DAY)
    violation = Violation.objects.get()
    assert (violation.state, violation.ended_why) == ("ended", "period")
    assert limits_of_shop(shop.pk) == []
    assert not Measure.objects.filter(ended_at=None).exists()


def test_with_everything_done_the_clock_ends_it_on_time_and_once(shop, bo, ops, judge):
    penalty = decided(shop, bo, ops, points="12")
    confirm_correction(penalty, by=judge, reason=WHY, now=HEARD)
    record_exam(penalty.violation, 100, by=judge, reason=WHY, now=HEARD)
    sweep(penalty.until - SECOND)
    assert limits_of_shop(shop.pk) == WARNED
    for _twice in range(2):
        sweep(penalty.until)
    assert limits_of_shop(shop.pk) == []
    assert lines_of(penalty.violation).count("violation.ended") == 1


def test_a_penalty_is_lifted_early_by_who_may(shop, bo, ops, judge, staff):
    penalty = decided(shop, bo, ops, points="12")
    for who in (bo, staff):
        with refused("forbidden"):
            lift_penalty(penalty, by=who, reason=WHY, now=HEARD)
    lift_penalty(penalty, by=judge, reason=WHY, now=HEARD + DAY)
    violation = Violation.objects.get()
    assert (violation.ended_why, points_of_shop(shop.pk)["A"]) == ("lifted", 12)


def test_the_public_notice_stands_within_a_working_day_until_the_end(shop, bo, ops, judge):
    penalty = decided(shop, bo, ops, points="12")
    # Decided on Friday at 24:00, which is Saturday: due by the end of Monday.
    assert penalty.notice_due_at == HEARD + 3 * DAY
    sweep(penalty.notice_due_at)
    penalty.refresh_from_db()
    assert HEARD < penalty.published_at <= penalty.notice_due_at
    lift_penalty(penalty, by=judge, reason=WHY, now=penalty.notice_due_at + DAY)
    penalty.refresh_from_db()
    assert penalty.withdrawn_at == penalty.notice_due_at + DAY
    with refused("penalty.nothing_public"):
        publish_notice(decided(shop, bo, ops), by=judge, reason=WHY, now=HEARD)


# --- The exam in place of a penalty ----------------------------------------------------------------


def test_an_exam_takes_the_place_of_a_penalty_once_a_year(shop, bo, ops, judge, staff, reader):
    violation = noticed(shop, bo, ops, code="spam-listing")
    with refused("forbidden"):
        choose_exam(violation, by=reader, now=NOW)
    choose_exam(violation, by=staff, now=NOW)
    with refused("violation.exam_open"):
        decide_violation(violation, reason=WHY, by=judge, now=HEARD)
    with refused("exam.bad_score"):
        record_exam(violation, 101, by=judge, reason=WHY, now=NOW)
    record_exam(violation, 80, by=judge, reason=WHY, now=NOW + DAY)
    violation.refresh_from_db()
    assert (violation.state, violation.ended_why) == ("ended", "exam")
    assert not PointsEntry.objects.exists()
    again = noticed(shop, bo, ops, code="spam-listing")
    with refused("exam.used"):
        choose_exam(again, by=staff, now=NOW)
    next_year = NOW.replace(year=2027)
    third_one = noticed(shop, bo, ops, code="spam-listing", now=next_year)
    assert choose_exam(third_one, by=staff, now=next_year).exam_year == 2027


def test_a_failed_exam_leaves_the_case_to_be_decided(shop, bo, ops, judge, staff):
    violation = noticed(shop, bo, ops, code="spam-listing")
    choose_exam(violation, by=staff, now=NOW)
    record_exam(violation, 79, by=judge, reason=WHY, now=NOW + DAY)
    assert decide_violation(violation, reason=WHY, by=judge, now=HEARD).points == Decimal("0.2")


def test_an_exam_does_not_make_an_emergency_wait(shop, ops, judge, third, staff):
    case = noticed(shop, ops, judge, code="spam-listing", items=35)
    choose_exam(case, by=staff, now=NOW)
    with refused("violation.exam_open"):
        decide_violation(case, reason=WHY, by=judge, now=HEARD)
    for person in (judge, third):
        declare_emergency(case, by=person, reason=WHY, now=NOW)
    assert decide_violation(case, reason=WHY, by=judge, now=NOW).is_emergency


def test_no_exam_is_offered_for_anything_but_spam(shop, bo, ops, staff):
    with refused("exam.not_offered"):
        choose_exam(noticed(shop, bo, ops), by=staff, now=NOW)


def test_no_decision_is_late_while_an_exam_is_open(shop, bo, ops, judge, staff):
    violation = noticed(shop, bo, ops, code="spam-listing")
    choose_exam(violation, by=staff, now=HEARD - SECOND)
    violation.refresh_from_db()
    exam_over = HEARD + 7 * DAY  # Friday the 20th at 24:00
    # Then Monday, Tuesday and Wednesday.
    assert (violation.exam_due_at, violation.decide_by) == (exam_over, exam_over + 5 * DAY)
    waits = Notification.objects.filter(person=judge, title__contains="等待决定")
    sweep(exam_over - SECOND)
    assert not waits.exists()
    sweep(exam_over)
    assert lines_of(violation)[-1] == "violation.exam_missed"
    assert waits.count() == 1
    sweep(violation.decide_by - SECOND)
    assert "violation.late" not in lines_of(violation)
    sweep(violation.decide_by)
    assert lines_of(violation)[-1] == "violation.late"


def test_an_exam_that_was_failed_was_not_missed(shop, bo, ops, judge, staff):
    violation = noticed(shop, bo, ops, code="spam-listing")
    choose_exam(violation, by=staff, now=NOW)
    record_exam(violation, 79, by=judge, reason=WHY, now=NOW + DAY)
    violation.refresh_from_db()
    assert violation.decide_by == HEARD + 5 * DAY
    sweep(HEARD + 20 * DAY)
    assert "violation.exam_missed" not in lines_of(violation)
