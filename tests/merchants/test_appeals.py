"""Appeals: once, in net days, ruled by somebody who had not touched the case, given back exactly."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Notification
from common.deadlines import sweep
from common.recompute import derived
from merchants.actions.appeals import (
    extend_review,
    file_appeal,
    rule_appeal,
    send_back_appeal,
    send_papers,
)
from merchants.actions.penalties import confirm_correction, publish_notice, record_exam
from merchants.models import (
    Appeal,
    ExperienceCount,
    ExperienceDay,
    Measure,
    Outcome,
    PointsEntry,
    Restored,
    Ruling,
    Violation,
)
from merchants.penalties import experience, restoring
from merchants.penalties.restoring import GivenBack
from merchants.queries.penalties import limits_of_shop, points_of_shop, trust_of_shop
from tests.merchants.casts_penalties import (
    DAY,
    HEARD,
    SECOND,
    WHY,
    decided,
    lines_of,
    refused,
)

pytestmark = pytest.mark.django_db
LATER = HEARD + DAY


@pytest.fixture
def penalty(shop, bo, ops):
    """Twelve points of A: found by Bo, told and decided by Ops."""
    return decided(shop, bo, ops, points="12")


def filed(penalty, by, now=LATER):
    return file_appeal(penalty, text="检测报告在此", by=by, now=now)


def ruled(appeal, outcome, by, now=LATER, **fields):
    return rule_appeal(appeal, outcome=outcome, reason=WHY, by=by, now=now, **fields)


def differences(now=LATER):
    part = next(it for it in derived() if it.name == "points of shops")
    return sum(found.rows for found in part.check(now))


# --- Filed ----------------------------------------------------------------------------------------


def test_a_shop_appeals_once_and_nobody_else_for_it(penalty, staff, reader, stranger, bo, judge):
    with refused("forbidden"):
        filed(penalty, reader)
    for who in (stranger, bo, judge):
        with refused("not_found"):
            filed(penalty, who)
    appeal = filed(penalty, staff)
    with refused("appeal.already"):
        filed(penalty, staff)
    assert Appeal.objects.get() == appeal
    assert Notification.objects.filter(person=judge, kind="shop.case").exists()


def test_an_appeal_comes_within_fifteen_days(penalty, staff):
    # Decided when Saturday the 14th begins in Shanghai: day 1 is Sunday, day 15 ends on the 29th.
    assert penalty.appeal_until == HEARD + 16 * DAY
    with refused("appeal.too_late"):
        filed(penalty, staff, penalty.appeal_until)
    assert not Appeal.objects.exists()
    assert filed(penalty, staff, penalty.appeal_until - SECOND)


def test_the_days_stop_while_we_review_and_go_on_with_what_is_left(penalty, staff, judge):
    appeal = filed(penalty, staff, penalty.appeal_until - 2 * DAY)
    assert appeal.shop_left == 2 * DAY
    back_at = penalty.appeal_until + 3 * DAY
    appeal = send_back_appeal(appeal, missing="请补检测报告", by=judge, now=back_at)
    assert appeal.due_at == back_at + 2 * DAY
    with refused("appeal.too_late"):
        send_papers(appeal, text="报告", by=staff, now=appeal.due_at)
    appeal = send_papers(appeal, text="报告", by=staff, now=back_at + DAY)
    assert (appeal.state, appeal.shop_left) == ("filed", DAY)
    appeal = send_back_appeal(appeal, missing="还缺签名", by=judge, now=back_at + 5 * DAY)
    assert appeal.due_at == back_at + 6 * DAY


def test_the_shop_is_told_the_hour_when_its_days_do_not_end_with_one(penalty, staff, judge):
    appeal = send_back_appeal(filed(penalty, staff), missing="请补", by=judge, now=LATER + DAY / 4)
    # Six hours of review push the end of the 29th to six in the morning of the 30th.
    assert appeal.due_at == penalty.appeal_until + DAY / 4
    told = Notification.objects.get(person=staff, title__contains="还缺材料")
    assert "2026-11-30 06:00" in told.body


def test_without_the_papers_the_appeal_lapses_and_the_penalty_stands(penalty, staff, judge):
    appeal = send_back_appeal(filed(penalty, staff), missing="请补", by=judge, now=LATER)
    sweep(appeal.due_at - SECOND)
    appeal.refresh_from_db()
    assert appeal.state == "sent_back"
    for _twice in range(2):
        sweep(appeal.due_at + SECOND)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.due_at) == ("lapsed", None)
    assert lines_of(appeal).count("appeal.lapsed") == 1
    with refused("appeal.cannot_move"):
        ruled(appeal, "revoked", judge)
    assert points_of_shop(penalty.shop_id)["A"] == 12


def test_a_review_takes_three_working_days_at_most_fifteen(penalty, staff, judge, third):
    appeal = filed(penalty, staff)  # on Sunday the 15th
    assert appeal.due_at == HEARD + 5 * DAY
    sweep(appeal.due_at - SECOND)
    assert "appeal.late" not in lines_of(appeal)
    for _twice in range(2):
        sweep(appeal.due_at)
    assert lines_of(appeal).count("appeal.late") == 1
    appeal = extend_review(appeal, by=judge, reason=WHY, now=appeal.due_at)
    assert appeal.due_at == HEARD + 21 * DAY
    with refused("appeal.extended"):
        extend_review(appeal, by=judge, reason=WHY, now=LATER)
    sweep(appeal.due_at)
    assert lines_of(appeal)[-1] == "appeal.late"
    assert ruled(appeal, "upheld", judge, now=appeal.due_at)


def test_every_time_it_is_in_review_has_a_clock_of_its_own(penalty, staff, judge):
    appeal = filed(penalty, staff)
    sweep(appeal.due_at)
    appeal = extend_review(appeal, by=judge, reason=WHY, now=appeal.due_at)
    appeal = send_back_appeal(appeal, missing="请补", by=judge, now=appeal.due_at)
    appeal = send_papers(appeal, text="补上了", by=staff, now=appeal.due_at - SECOND)
    assert not appeal.is_late
    sweep(appeal.due_at)
    assert lines_of(appeal).count("appeal.late") == 2
    extend_review(appeal, by=judge, reason=WHY, now=appeal.due_at)
    longer = Notification.objects.filter(person=staff, title__contains="需要更多时间")
    assert longer.count() == 2


# --- Ruled ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "is_fast"), [("4.80", True), ("4.79", False)])
def test_a_shop_of_good_experience_is_in_the_fast_lane(shop, score, is_fast):
    day = LATER.date()
    ExperienceCount.objects.create(day=day, counted_at=LATER, metrics=3, shops=1, seconds=0)
    ExperienceDay.objects.create(
        day=day, shop=shop, category=shop.category, preset="a", metrics=3, score=Decimal(score)
    )
    assert experience.has_fast_lane(shop, LATER) is is_fast
    assert experience.experience_of(shop) == Decimal(score)


def test_in_the_fast_lane_a_review_takes_one_working_day(penalty, staff, monkeypatch):
    monkeypatch.setattr(experience, "_told", {})
    experience.tell_experience(lambda shop: Decimal("4.9"), lambda shop, at: True)
    # Filed on a Saturday: one working day is the Monday after it.
    assert filed(penalty, staff).due_at == HEARD + 3 * DAY
    assert trust_of_shop(penalty.shop, LATER) == 500 + 180 - 120


def test_whoever_touched_the_case_does_not_rule_it(penalty, staff, bo, ops, judge, third):
    confirm_correction(penalty, by=third, reason=WHY, now=HEARD)
    appeal = filed(penalty, staff)
    for who, code in (
        (bo, "forbidden"),
        (ops, "appeal.same_person"),
        (third, "appeal.same_person"),
    ):
        with refused(code):
            ruled(appeal, "upheld", who)
        with refused(code):
            send_back_appeal(appeal, missing="请补", by=who, now=LATER)
        with refused(code):
            extend_review(appeal, by=who, reason=WHY, now=LATER)
    assert not Ruling.objects.exists()
    # What one did with the appeal itself is no touch from before it.
    send_back_appeal(appeal, missing="请补", by=judge, now=LATER)
    send_papers(appeal, text="补上了", by=staff, now=LATER)
    assert ruled(appeal, "upheld", judge)


def test_one_touch_of_the_history_is_enough(penalty, staff, third):
    publish_notice(penalty, by=third, reason=WHY, now=HEARD)
    with refused("appeal.same_person"):
        ruled(filed(penalty, staff), "revoked", third)


def test_a_ruling_is_final(penalty, staff, judge, third):
    appeal = filed(penalty, staff)
    ruled(appeal, "upheld", judge)
    with refused("appeal.decided"):
        ruled(appeal, "revoked", third)
    assert points_of_shop(penalty.shop_id)["A"] == 12
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.create(
            appeal=appeal, outcome="revoked", points_before=12, points_after=0, reason=WHY,
            by=third, at=LATER,
        )  # fmt: skip


@pytest.mark.parametrize("points", [None, "12", "0", "13", "-1", "NaN", "much"])
def test_reduced_is_less_than_before_and_more_than_nothing(penalty, staff, judge, points):
    appeal = filed(penalty, staff)
    with refused("appeal.points_out_of_range"):
        ruled(appeal, "reduced", judge, points=points)
    with refused("appeal.unknown_outcome"):
        ruled(appeal, "forgiven", judge)
    appeal.refresh_from_db()
    assert (appeal.state, Ruling.objects.exists()) == ("filed", False)


def test_revoked_gives_back_everything_and_lists_it(penalty, staff, judge, shop):
    publish_notice(penalty, by=None, now=HEARD)
    appeal = filed(penalty, staff)
    ruled(appeal, "revoked", judge)
    violation = Violation.objects.get()
    assert (violation.state, violation.ended_why) == ("ended", "revoked")
    assert points_of_shop(shop.pk)["A"] == 0
    assert limits_of_shop(shop.pk) == []
    assert not Measure.objects.filter(ended_at=None).exists()
    penalty.refresh_from_db()
    assert penalty.withdrawn_at == LATER
    given = {(it.what, it.about): it for it in Restored.objects.all()}
    assert given["points", "A"].before == {"points": "12.0"}
    assert given["points", "A"].after == {"points": "0.0"}
    shielded = given["measure", f"{penalty.pk}:shop_shield"]
    assert shielded.before["ran_seconds"] == DAY.total_seconds()
    assert given["notice", str(penalty.pk)].after == {"withdrawn_at": LATER.isoformat()}
    assert given["limits", ""].after == {"measures": []}
    assert sum(PointsEntry.objects.values_list("points", flat=True)) == 0
    assert differences() == 0
    assert Notification.objects.filter(person=staff, kind="shop.penalty").count() == 2


def test_other_parts_give_back_what_is_theirs(penalty, staff, judge, monkeypatch):
    monkeypatch.setattr(restoring, "_restorers", {})
    asked = []

    @restoring.restorer("traffic_weight", "流量权重")
    def restore(row, by, now):
        asked.append((row.pk, row.points, by, now))
        yield GivenBack("traffic_weight", "", {"weight": Decimal("0.85")}, {"weight": Decimal(1)})

    ruled(filed(penalty, staff), "revoked", judge)
    assert asked == [(penalty.pk, 0, judge, LATER)]
    assert Restored.objects.get(what="traffic_weight").after == {"weight": "1"}


def test_a_reduced_penalty_keeps_what_less_points_meet(shop, bo, ops, judge, staff):
    heavy = decided(shop, bo, ops, code="order-disturbing", points="24")
    assert "delist_all" in limits_of_shop(shop.pk)
    appeal = filed(heavy, staff)
    ruled(appeal, "reduced", judge, points="12")
    heavy.refresh_from_db()
    assert (heavy.node, heavy.until, heavy.points) == ("b12", HEARD + 7 * DAY, 12)
    assert "delist_all" not in limits_of_shop(shop.pk)
    assert "shop_shield" in limits_of_shop(shop.pk)
    assert points_of_shop(shop.pk)["B"] == 12
    assert differences() == 0


@pytest.mark.parametrize(
    ("points", "reduced", "days", "held"),
    [
        ("48", "36", 21, ["public_warning", "shop_close"]),
        (
            "36", "12", 7,
            ["shop_shield", "listing_ban", "new_shop_ban", "contact_limits", "public_warning"],
        ),
    ],
)  # fmt: skip
def test_a_lighter_node_brings_measures_the_heavier_did_not_need(
    shop, bo, ops, judge, staff, points, reduced, days, held
):
    heavy = decided(shop, bo, ops, code="order-disturbing", points=points)
    ruled(filed(heavy, staff), "reduced", judge, points=reduced)
    assert limits_of_shop(shop.pk) == held
    heavy.refresh_from_db()
    assert heavy.until == HEARD + timedelta(days=days)
    assert set(heavy.measures.filter(ended_at=None).values_list("until", flat=True)) == {
        heavy.until
    }
    assert differences() == 0


def test_a_lighter_node_whose_time_is_over_holds_until_the_shop_is_restored(
    shop, bo, ops, judge, third, staff
):
    heavy = decided(shop, bo, ops, code="order-disturbing", points="36")
    late = HEARD + 8 * DAY
    ruled(filed(heavy, staff, late), "reduced", judge, points="12", now=late)
    assert "shop_shield" in limits_of_shop(shop.pk)
    record_exam(heavy.violation, 80, by=third, reason=WHY, now=late)
    confirm_correction(heavy, by=third, reason=WHY, now=late)
    assert limits_of_shop(shop.pk) == []


def test_a_penalty_reduced_to_less_than_has_run_ends_where_all_is_done(
    shop, bo, ops, judge, third, staff
):
    heavy = decided(shop, bo, ops, code="order-disturbing", points="24")
    late = HEARD + 8 * DAY
    ruled(filed(heavy, staff, late), "reduced", judge, points="6", now=late)
    violation = Violation.objects.get()
    assert (violation.state, violation.ended_why) == ("ended", "reduced")
    assert limits_of_shop(shop.pk) == []


def test_a_later_penalty_that_met_its_node_by_the_revoked_points_is_lightened(
    shop, bo, ops, judge, staff
):
    first = decided(shop, bo, ops, points="6")
    second = decided(shop, bo, ops, points="6")
    assert (first.node, second.node) == ("", "a12")
    ruled(filed(first, staff), "revoked", judge)
    second.refresh_from_db()
    assert (second.node, second.violation.ended_why) == ("", "reduced")
    assert limits_of_shop(shop.pk) == []
    assert points_of_shop(shop.pk)["A"] == 6
    assert Restored.objects.filter(what="measure", about=f"{second.pk}:shop_shield").exists()
    assert differences() == 0


def test_no_appeal_makes_anything_heavier(shop, bo, ops, judge, staff):
    eleven = [decided(shop, bo, ops, points=points) for points in ("3", "6")]
    ninth = decided(shop, bo, ops, points="6")  # 9 → 15: the node
    last = decided(shop, bo, ops, points="6")  # 15 → 21: none
    assert (ninth.node, last.node) == ("a12", "")
    ruled(filed(eleven[1], staff), "revoked", judge)  # without it 3 → 9 → 15
    for one in (ninth, last):
        one.refresh_from_db()
    assert (ninth.node, last.node) == ("", "")
    assert limits_of_shop(shop.pk) == []


def test_a_strike_that_is_revoked_opens_the_shop_again(shop, bo, ops, judge, staff):
    strikes = [
        decided(shop, bo, ops, code="fake-goods", points="12", now=HEARD - timedelta(days=days))
        for days in (800, 400, 3)
    ]
    assert "shop_close" in limits_of_shop(shop.pk)
    ruled(filed(strikes[2], staff), "revoked", judge)
    assert "shop_close" not in limits_of_shop(shop.pk)


def test_points_alone_may_be_appealed_too(shop, bo, ops, judge, staff):
    penalty = decided(shop, bo, ops)
    ruled(filed(penalty, staff), "revoked", judge)
    assert points_of_shop(shop.pk)["A"] == 0
    assert differences() == 0


def test_a_ruling_says_which_article_it_cites(penalty, staff, judge):
    ruling = ruled(filed(penalty, staff), "upheld", judge, citation="电子商务法 第三十九条 v1")
    assert ruling.citation == "电子商务法 第三十九条 v1"
    assert ruling.outcome == Outcome.UPHELD
