"""Stages, cohorts and who they mean: refused with the reason, nothing half-saved."""

from datetime import timedelta

import pytest

from accounts.models import Member
from apass import actions
from apass.actions.definition_checks import require_moments
from apass.models import Cohort, CohortMember, RolloutStage
from apass.rollouts import rules, snapshot
from apass.rollouts.deciding import decide, member_subject, shop_subject
from apass.rollouts.populations import counted, subject_of, unknown_subjects
from apass.rollouts.rules import CohortRule, StageRule, bucket
from common.errors import DomainError
from common.models import Event
from tests.apass.conftest import NOW, pilot, widen

pytestmark = pytest.mark.django_db


def refused(code):
    return pytest.raises(DomainError, match=f"^{code}:")


def test_stages_are_kept_in_order_with_how_many_are_in(rollout, ops, mei, ada, chen):
    pilot(rollout, "M10000001", ops)
    actions.add_stage(rollout, "APASS", kind="tiers", tiers=["apass"], by=ops, reason="随后")
    actions.add_stage(rollout, "全量", kind="all", by=ops, reason="最后")
    stages = RolloutStage.objects.order_by("position").values_list("name", "counted")
    assert list(stages) == [("试点", 1), ("APASS", 2), ("全量", 3)]
    lines = Event.objects.filter(action="rollout.stage_added").order_by("pk")
    assert [line.after["stage"] for line in lines] == [1, 2, 3]


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ({"kind": "share", "share": 1000}, "rollout.shrinks"),
        ({"kind": "tiers", "tiers": ["super"]}, "rollout.matches_nobody"),
        ({"kind": "tiers", "tiers": ["normal", "apass"]}, "rollout.matches_everybody"),
        ({"kind": "share", "share": 10_000}, "rollout.matches_everybody"),
        ({"kind": "named", "numbers": ["M99999999"]}, "rollout.unknown_subject"),
        ({"kind": "share", "share": 0}, "rollout.stage_incomplete"),
        ({"kind": "share", "share": 10_001}, "rollout.stage_incomplete"),
        ({"kind": "tiers"}, "rollout.stage_incomplete"),
        ({"kind": "named"}, "rollout.stage_incomplete"),
        ({"kind": "someone"}, "rollout.stage_incomplete"),
        ({"kind": "all", "share": 100}, "rollout.stage_says_more"),
        ({"kind": "all", "numbers": ["M10000001"]}, "rollout.stage_says_more"),
        (
            {"kind": "named", "numbers": ["M10000001"], "tiers": ["apass"]},
            "rollout.stage_says_more",
        ),
        ({"kind": "named", "numbers": ["M10000001"], "share": 9}, "rollout.stage_says_more"),
        ({"kind": "share", "share": 6000, "tiers": ["apass"]}, "rollout.stage_says_more"),
        (
            {"kind": "tiers", "tiers": ["apass"], "numbers": ["M10000001"]},
            "rollout.stage_says_more",
        ),
    ],
)
def test_a_bad_stage_is_refused_and_leaves_nothing(stage, code, rollout, ops, mei, ada, chen):
    actions.add_stage(rollout, "一半", kind="share", share=5000, by=ops, reason="试")
    with refused(code):
        actions.add_stage(rollout, "坏", by=ops, reason="试", **stage)
    assert RolloutStage.objects.count() == 1
    assert not Event.objects.filter(after__name="坏").exists()


def test_nothing_comes_after_all(rollout, ops, mei, ada):
    actions.add_stage(rollout, "全量", kind="all", by=ops, reason="试")
    with refused("rollout.shrinks"):
        pilot(rollout, "M10000001", ops)


def test_an_open_stage_stays(rollout, ops, zhao, mei, ada):
    pilot(rollout, "M10000001", ops)
    widen(rollout, ops, zhao)
    with refused("rollout.stage_reached"):
        actions.drop_stage(rollout, by=ops, reason="不要了")
    actions.add_stage(rollout, "全量", kind="all", by=ops, reason="随后")
    actions.drop_stage(rollout, by=ops, reason="不要了")
    assert rollout.stages.count() == 1


def test_nobody_is_taken_off_a_list_that_lets_them_in(ops, zhao, mei, ada, rollout):
    friends = actions.open_cohort("bees", "尝鲜会员", subject_kind="member", by=ops)
    actions.add_to_cohort(friends, ["M10000001", "M10000001"], by=ops, reason="报名")
    actions.add_stage(rollout, "名单", kind="named", cohort=friends, by=ops, reason="试")
    widen(rollout, ops, zhao)
    assert decide("products", member_subject(mei.member)).is_in
    with refused("rollout.shrinks"):
        actions.remove_from_cohort(friends, ["M10000001"], by=ops, reason="不要了")
    assert CohortMember.objects.count() == 1


def test_a_list_may_grow_while_it_is_open(ops, zhao, mei, ada, rollout):
    friends = actions.open_cohort("bees", "尝鲜会员", subject_kind="member", by=ops)
    actions.add_to_cohort(friends, ["M10000001"], by=ops, reason="报名")
    actions.add_stage(rollout, "名单", kind="named", cohort=friends, by=ops, reason="试")
    widen(rollout, ops, zhao)
    assert not decide("products", member_subject(ada.member)).is_in
    actions.add_to_cohort(friends, ["M10000002"], by=ops, reason="报名")
    snapshot.recheck()
    assert decide("products", member_subject(ada.member)).is_in


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"tiers": ["vip88"]}, "rollout.matches_nobody"),
        ({"registered_until": NOW}, "rollout.matches_everybody"),
        ({"registered_from": NOW, "registered_until": NOW}, "cohort.backwards"),
        ({"registered_until": NOW.replace(year=9999)}, "span.far_off"),
        ({"registered_from": NOW.replace(year=1)}, "span.far_off"),
        ({"is_list": True, "tiers": ["apass"]}, "cohort.list_has_a_rule"),
    ],
)
def test_a_cohort_that_means_nobody_or_everybody_is_refused(rule, code, ops, mei, ada):
    with refused(code):
        actions.open_cohort(
            "c", "人群", **{"subject_kind": "member", "is_list": False, "by": ops} | rule
        )
    assert not Cohort.objects.exists()


def test_pilot_shops_are_let_in_by_number_and_may_decline(ops, zhao, shop):
    bees = actions.open_cohort("bees", "蜂王店铺", subject_kind="shop", by=ops)
    actions.add_to_cohort(bees, ["S3001"], by=ops, reason="首批")
    trial = actions.open_rollout("fast", "极速", kind="entitlement", subject_kind="shop", by=ops)
    type(shop).objects.create(shop_no="S3002", name="别家", category="生鲜")
    actions.add_stage(trial, "蜂王店铺", kind="named", cohort=bees, by=ops, reason="先吃螃蟹")
    widen(trial, ops, zhao)
    assert decide("fast", shop_subject("S3001")).is_in
    assert not decide("fast", shop_subject("S3002")).is_in
    assert actions.decline(trial, "S3001", by=ops, reason="店家不愿意")
    assert not actions.decline(trial, "S3001", by=ops, reason="店家不愿意")
    snapshot.recheck()
    assert decide("fast", shop_subject("S3001")).why == "declined"
    assert actions.take_part_again(trial, "S3001", by=ops, reason="店家又愿意了")


def test_the_database_draws_the_same_buckets(db):
    Member.objects.bulk_create(
        [
            Member(member_no=f"M{n}", tier="normal", registered_at=NOW - timedelta(days=n))
            for n in range(1, 601)
        ]
    )
    keys = [f"member:{pk}" for pk in Member.objects.values_list("pk", flat=True)]
    share = StageRule("share", share=2500)
    everybody, means, opened = counted("member", "盐:1", [share, StageRule("all")], 700)
    kept = {key for key in keys if bucket("盐:1:holdout", key) < 700}
    drawn = {key for key in keys if bucket("盐:1", key) < 2500}
    assert (everybody, means) == (600, [600, 600])
    assert opened == [len(drawn - kept), 600 - len(kept)]


def test_the_count_of_a_cohort_is_what_decisions_say(db):
    Member.objects.bulk_create(
        [
            Member(member_no=f"M{n}", tier="normal", registered_at=NOW - timedelta(days=n))
            for n in range(1, 401)
        ]
    )
    cohort = CohortRule(registered_from=NOW - timedelta(days=300), registered_until=NOW)
    stage = StageRule("share", cohort=cohort, cohort_code="y", share=1000)
    plan = rules.Plan("x", "x", "member", "running", 1, (stage,), 500)
    said = [rules.decide(plan, member_subject(one), NOW).is_in for one in Member.objects.all()]
    assert counted("member", "x", [stage], 500)[2] == [sum(said)]


@pytest.mark.parametrize("who", ["mei", "bo", "lin", "wen", "he"])
def test_others_may_not(who, rollout, request, ops):
    somebody = request.getfixturevalue(who)
    for move in (
        lambda: actions.open_rollout("x", "x", kind="bot", subject_kind="member", by=somebody),
        lambda: actions.open_cohort("x", "x", subject_kind="member", by=somebody),
        lambda: actions.add_stage(rollout, "x", kind="all", by=somebody, reason="x"),
        lambda: actions.propose_stage(rollout, by=somebody, reason="x"),
        lambda: actions.approve_stage(rollout, by=somebody, reason="x"),
        lambda: actions.roll_back(rollout, by=somebody, reason="x"),
        lambda: actions.finish(rollout, by=somebody, reason="x"),
    ):
        with refused("forbidden"):
            move()


def test_a_second_list_that_leaves_somebody_out_is_refused(rollout, ops, mei, ada, chen):
    both = ["M10000001", "M10000002"]
    actions.add_stage(rollout, "两位", kind="named", numbers=both, by=ops, reason="先试")
    with refused("rollout.shrinks"):
        pilot(rollout, "M10000001", ops, name="一位")
    assert rollout.stages.count() == 1


def test_all_numbers_nobody_has_are_told_and_the_first_of_them_said(ops, mei):
    unknown = [f"M9000000{n}" for n in range(7)]
    friends = actions.open_cohort("friends", "名单", subject_kind="member", by=ops)
    with refused("rollout.unknown_subject") as error:
        actions.add_to_cohort(friends, ["M10000001", *unknown], by=ops, reason="报名")
    assert error.value.details == {"numbers": unknown}
    assert "M90000004" in error.value.message
    assert "M90000005" not in error.value.message
    assert "M10000001" not in error.value.message
    assert not CohortMember.objects.exists()


def test_one_number_nobody_has_is_refused_like_many(ops):
    with refused("rollout.unknown_subject") as error:
        subject_of("member", " M99999999 ")
    assert error.value.details == {"numbers": ["M99999999"]}
    assert error.value.message == unknown_subjects(["M99999999"]).message


@pytest.mark.parametrize("year", [1, 1989, 2100, 9999])
def test_cohorts_and_promises_refuse_far_off_days_like_every_definition(year, ops, mei, rollout):
    far = NOW.replace(year=year)
    with pytest.raises(DomainError) as plain:
        require_moments(far, None)
    verbs = (
        lambda: actions.open_cohort(
            "c", "人群", subject_kind="member", is_list=False, registered_from=far, by=ops
        ),
        lambda: actions.give_promise(rollout, member_subject(mei.member), until=far, by=ops),
    )
    for verb in verbs:
        with refused("span.far_off") as error:
            verb()
        assert error.value.message == plain.value.message
