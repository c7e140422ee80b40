"""A version of a rule, from the first word to its end: who may, when, and what is never changed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.utils import Error

from accounts.models import Notification
from common.history import history_of
from common.models import Deadline, Parameter
from common.parameters import set_value
from merchants.actions.consultations import (
    open_consultation,
    publish_result,
)
from merchants.actions.invites import invite_named
from merchants.actions.rule_review import approve_skip, ask_to_skip
from merchants.actions.rulebook import (
    add_rule,
    draft_version,
    drop_version,
    edit_draft,
    send_back,
    send_to_review,
)
from merchants.actions.taking_effect import (
    advance,
    decide_end,
    give_notice,
    retire_version,
)
from merchants.models import EndProposal, RuleState, RuleVersion
from merchants.rulebook.metrics import Measured
from tests.merchants.casts_rulebook import (
    DAY,
    MEASURES,
    NOW,
    SECOND,
    WHY,
    answered,
    noticed,
    over,
    pass_gates,
    refusal,
    run_clock,
    wording,
)

pytestmark = pytest.mark.django_db


def test_the_whole_way(consulted, qiao, ops, rule):
    version = noticed(answered(consulted, qiao, ops), ops)
    run_clock(version.planned_from - SECOND)
    assert RuleVersion.objects.get().state == RuleState.NOTICE
    assert not RuleVersion.objects.in_force(version.planned_from).exists()
    run_clock(version.planned_from)
    version.refresh_from_db()
    assert (version.state, version.effective_from) == (RuleState.EFFECTIVE, version.planned_from)
    assert RuleVersion.objects.in_force(version.planned_from).get() == version
    assert not RuleVersion.objects.in_force(version.planned_from - SECOND).exists()
    told = {line.action for line in history_of(version)}
    assert told >= {
        "rule.drafted", "rule.gate_answered", "rule.sent_to_review", "rule.consultation_opened",
        "rule.objections_grouped", "rule.objections_answered", "rule.result_published",
        "rule.notice_given", "rule.took_effect",
    }  # fmt: skip


def test_seven_days_less_a_second_are_not_a_consultation(consulted, ops):
    ends = over(consulted)
    assert ends == NOW + 7 * DAY
    too_early = refusal(publish_result, consulted, result="好", by=ops, now=ends - SECOND)
    assert too_early == "rule.too_early"
    assert publish_result(consulted, result="好", by=ops, now=ends).state == "result_published"


def test_a_notice_of_seven_days_less_a_second_is_refused(consulted, qiao, ops):
    version = answered(consulted, qiao, ops)
    begins = version.result_published_at + 7 * DAY - SECOND
    assert refusal(noticed, version, ops, effective_from=begins) == "notice.too_short"
    assert noticed(version, ops, effective_from=begins + SECOND).state == "notice"


def test_a_trial_comes_after_the_notice_and_nothing_is_in_force_meanwhile(consulted, qiao, ops):
    version = answered(consulted, qiao, ops)
    moment = version.result_published_at
    assert refusal(
        noticed, version, ops, trial_from=moment + DAY, effective_from=moment + 20 * DAY
    ) == "notice.too_short"  # fmt: skip
    noticed(version, ops, trial_from=moment + 7 * DAY, effective_from=moment + 20 * DAY)
    run_clock(moment + 7 * DAY)
    version.refresh_from_db()
    assert version.state == RuleState.TRIAL
    assert not RuleVersion.objects.in_force(moment + 8 * DAY).exists()
    run_clock(moment + 20 * DAY)
    version.refresh_from_db()
    assert version.state == RuleState.EFFECTIVE


@pytest.mark.parametrize("key", ["rules.consultation", "rules.notice"])
def test_nobody_shortens_what_the_law_gives_merchants(key, ops):
    short = refusal(set_value, key, timedelta(days=7) - SECOND, by=ops, reason="赶时间")
    assert short == "parameter.out_of_bounds"
    assert not Parameter.objects.filter(key=key).exists()


def test_a_late_clock_does_not_move_the_day(consulted, qiao, ops):
    version = noticed(answered(consulted, qiao, ops), ops)
    run_clock(version.planned_from + 3 * DAY)
    version.refresh_from_db()
    assert version.effective_from == version.planned_from


def test_the_next_version_ends_the_one_before_at_the_same_moment(consulted, qiao, ops, zhao, rule):
    first = noticed(answered(consulted, qiao, ops), ops)
    run_clock(first.planned_from)
    second = draft_version(rule, wording("第一条 改了。"), by=ops, now=first.planned_from)
    pass_gates(second, ops)
    send_to_review(second, by=ops, reason=WHY)
    ask_to_skip(second, ground="law", order="国令 778 号", by=ops, reason=WHY)
    approve_skip(second, by=zhao, reason=WHY)
    begins = first.planned_from + 29 * DAY
    give_notice(
        second, effective_from=begins, target_metric="test_measure", target_change=Decimal(-5),
        by=ops, reason=WHY, now=first.planned_from + DAY,
    )  # fmt: skip
    run_clock(begins)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.effective_until) == (RuleState.SUPERSEDED, begins)
    assert (second.state, second.effective_from) == (RuleState.EFFECTIVE, begins)
    assert RuleVersion.objects.in_force(begins - SECOND).get() == first
    assert RuleVersion.objects.in_force(begins).get() == second
    # A rule that ended is not measured any more.
    assert not Deadline.objects.filter(
        kind="rulebook.effect",
        done_at=None,
        subject_id__in=[str(r.pk) for r in first.reviews.all()],
    ).exists()


def test_a_rule_without_gates_is_shown_to_nobody(draft, ops, zhao, lingshan):
    invite_named(draft, ["B2001"], by=ops)
    send_to_review(draft, by=ops, reason=WHY)
    assert refusal(open_consultation, draft, by=zhao, reason=WHY, now=NOW) == "gate.missing"
    pass_gates(draft, ops, effectiveness=2)
    assert refusal(open_consultation, draft, by=zhao, reason=WHY, now=NOW) == "gate.too_low"
    pass_gates(draft, ops, effectiveness=3)
    assert open_consultation(draft, by=zhao, reason=WHY, now=NOW).state == "consultation"


def test_who_drafted_it_does_not_open_it(reviewed, ops):
    assert refusal(open_consultation, reviewed, by=ops, reason=WHY, now=NOW) == "rule.same_person"


def test_a_consultation_asks_somebody_and_is_not_shorter_than_a_week(draft, ops, zhao, lingshan):
    pass_gates(draft, ops)
    send_to_review(draft, by=ops, reason=WHY)
    assert refusal(open_consultation, draft, by=zhao, reason=WHY) == "consultation.nobody_asked"
    invite_named(draft, ["B2001"], by=ops)
    short = {"lasts": 7 * DAY - SECOND, "by": zhao, "reason": WHY}
    assert refusal(open_consultation, draft, **short) == "consultation.too_short"
    longer = {"lasts": 61 * DAY, "by": zhao, "reason": WHY}
    assert refusal(open_consultation, draft, **longer) == "consultation.too_long"


def test_consultation_is_skipped_by_order_and_two_people_alone(draft, ops, zhao):
    pass_gates(draft, ops)
    send_to_review(draft, by=ops, reason=WHY)
    soon = {
        "effective_from": NOW + 8 * DAY, "target_metric": "test_measure",
        "target_change": Decimal(-5), "by": ops, "reason": WHY, "now": NOW,
    }  # fmt: skip
    assert refusal(give_notice, draft, **soon) == "rule.not_consulted"
    hurry = {"order": "总经理办公会", "by": ops, "reason": "赶大促"}
    assert refusal(ask_to_skip, draft, ground="hurry", **hurry) == "rule.skip_ground"
    assert refusal(approve_skip, draft, by=zhao, reason=WHY) == "rule.skip_not_asked"
    ask_to_skip(draft, ground="consumers", order="市监 12 号", by=ops, reason="有人受伤")
    assert refusal(approve_skip, draft, by=ops, reason=WHY) == "rule.same_person"
    approve_skip(draft, by=zhao, reason="属实")
    # The time of notice is the merchants' all the same.
    assert refusal(
        give_notice, draft, **soon | {"effective_from": NOW + 7 * DAY - SECOND}
    ) == "notice.too_short"  # fmt: skip
    assert give_notice(draft, **soon).state == RuleState.NOTICE


def test_an_order_falls_with_the_draft_it_was_for(draft, ops, zhao):
    pass_gates(draft, ops)
    send_to_review(draft, by=ops, reason=WHY)
    ask_to_skip(draft, ground="law", order="国令 778 号", by=ops, reason=WHY)
    approve_skip(draft, by=zhao, reason=WHY)
    back = send_back(draft, by=zhao, reason="写错了")
    assert (back.state, back.skip_approved_by_id, back.skip_ground) == ("draft", None, "")


def test_a_notice_names_what_the_rule_is_to_move(consulted, qiao, ops):
    version = answered(consulted, qiao, ops)
    assert refusal(noticed, version, ops, target_metric="fame") == "notice.target"
    assert refusal(noticed, version, ops, target_change=Decimal(0)) == "notice.target"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"points": [0]}, "rule.points"),
        ({"points": [48.5]}, "rule.points"),
        ({"points": ["many"]}, "rule.points"),
        ({"points": []}, "rule.points"),
        ({"violation_class": ""}, "rule.points"),
        ({"violation_class": "D"}, "rule.class"),
        ({"text": "  "}, "text.empty"),
        ({"exceptions": [{"categories": [], "regions": []}]}, "exception.shape"),
        ({"exceptions": [{"categories": ["鲜花"], "why": "花", "until": "2027-01-01"}]}, "exception.shape"),
        ({"exceptions": [{"categories": ["鲜花"]}]}, "exception.shape"),
        ({"condition": {"field": "moon", "op": "eq", "value": 1}}, "condition.unknown_field"),
    ],
)  # fmt: skip
def test_a_bad_wording_is_refused_and_nothing_is_half_stored(fields, code, rule, ops):
    text = fields.pop("text", "第一条")
    assert refusal(draft_version, rule, wording(text, **fields), by=ops) == code
    assert not RuleVersion.objects.exists()


def test_one_version_is_on_its_way_at_a_time(draft, rule, ops):
    assert refusal(draft_version, rule, wording(), by=ops) == "rule.on_its_way"
    drop_version(draft, by=ops, reason="不做了")
    assert draft_version(rule, wording(), by=ops).number == 2


def test_two_rules_have_two_codes(rule, ops):
    assert (
        refusal(add_rule, "late-shipping", family="trade", title="又一个", by=ops) == "rule.taken"
    )
    assert refusal(add_rule, "Late Shipping", family="trade", title="又", by=ops) == "rule.code"
    assert refusal(add_rule, "x", family="moon", title="又", by=ops) == "rule.family"


@pytest.mark.parametrize("who", ["qiao", "bo", "wen", "mei"])
def test_who_makes_no_rules_makes_none(who, request, draft, rule):
    stranger = request.getfixturevalue(who)
    for verb, *args in (
        (edit_draft, draft, wording()),
        (draft_version, rule, wording()),
    ):
        assert refusal(verb, *args, by=stranger) == "forbidden"
    for verb in (send_to_review, drop_version, send_back, open_consultation, approve_skip,
                 retire_version):  # fmt: skip
        assert refusal(verb, draft, by=stranger, reason=WHY) == "forbidden"
    assert RuleVersion.objects.get().state == RuleState.DRAFT


def test_what_was_published_is_changed_by_nobody(consulted, qiao, ops):
    version = answered(consulted, qiao, ops)
    for fields in ({"text": "别的"}, {"points": [6]}, {"condition": {}}, {"number": 9}):
        with pytest.raises((InternalError, Error)), transaction.atomic():
            RuleVersion.objects.filter(pk=version.pk).update(**fields)
    with pytest.raises((InternalError, Error)), transaction.atomic():
        version.delete()
    assert refusal(edit_draft, version, wording("别的"), by=ops) == "rule.not_a_draft"


def test_what_merchants_were_asked_about_is_kept_as_it_was(consulted):
    with pytest.raises((InternalError, Error)), transaction.atomic():
        RuleVersion.objects.filter(pk=consulted.pk).update(consulted_text="别的")


def test_the_database_knows_that_two_are_two(reviewed, ops):
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleVersion.objects.filter(pk=reviewed.pk).update(skip_asked_by=ops, skip_approved_by=ops)


def test_an_overdue_result_is_told_and_may_still_come(consulted, ops):
    ends = over(consulted)
    run_clock(ends)
    assert Deadline.objects.get(kind="rulebook.due").due_at == ends + 7 * DAY
    run_clock(ends + 7 * DAY)
    assert "rule.result_overdue" in {line.action for line in history_of(consulted)}
    publish_result(consulted, result="迟了", by=ops, now=ends + 8 * DAY)
    assert "rule.result_published_late" in {line.action for line in history_of(consulted)}


def test_advancing_twice_does_nothing_more(consulted, qiao, ops):
    version = noticed(answered(consulted, qiao, ops), ops)
    run_clock(version.planned_from)
    lines = history_of(version).count()
    advance(version, now=version.planned_from + DAY)
    assert history_of(version).count() == lines
    assert version.reviews.count() == 2


def in_force(version, qiao, ops):
    version = noticed(answered(version, qiao, ops), ops)
    run_clock(version.planned_from)
    version.refresh_from_db()
    return version


def test_a_rule_that_moved_its_target_is_left_in_peace(consulted, qiao, ops):
    version = in_force(consulted, qiao, ops)
    # A tenth less was aimed at: 20 % became 18 % exactly.
    MEASURES["test_measure"] = [Measured(Decimal("0.20"), 400), Measured(Decimal("0.18"), 300)]
    run_clock(version.effective_from + 30 * DAY)
    review = version.reviews.get(days=30)
    assert (review.change, review.moved) == (Decimal("-10.0"), True)
    assert not EndProposal.objects.exists()


def test_a_rule_that_did_not_is_told_at_30_and_proposed_to_end_at_90(
    consulted, qiao, ops, zhao, lu
):
    version = in_force(consulted, qiao, ops)
    flat = [Measured(Decimal("0.20"), 400), Measured(Decimal("0.19"), 300)]
    MEASURES["test_measure"] = [*flat, *flat]
    run_clock(version.effective_from + 30 * DAY)
    assert version.reviews.get(days=30).moved is False
    assert not EndProposal.objects.exists()
    run_clock(version.effective_from + 90 * DAY)
    proposal = EndProposal.objects.get()
    assert refusal(decide_end, proposal, ends=True, by=lu, reason=WHY) == "forbidden"
    moment = version.effective_from + 91 * DAY
    decide_end(proposal, ends=True, by=zhao, reason="没有用", now=moment)
    version.refresh_from_db()
    assert (version.state, version.effective_until) == (RuleState.RETIRED, moment)
    assert refusal(decide_end, proposal, ends=False, by=zhao, reason=WHY) == "end.decided"


def test_too_few_cases_say_nothing(consulted, qiao, ops):
    version = in_force(consulted, qiao, ops)
    MEASURES["test_measure"] = [Measured(Decimal("0.20"), 29), Measured(Decimal("0.19"), 300)]
    run_clock(version.effective_from + 30 * DAY)
    review = version.reviews.get(days=30)
    assert (review.moved, review.measured_at is not None) == (None, True)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"condition": [1]}, "condition.shape"),
        ({"condition": "paid"}, "condition.shape"),
        ({"condition": 5}, "condition.shape"),
        ({"exceptions": 5}, "exception.shape"),
        (
            {"condition": {"field": "late_ship_days", "op": "gt", "value": "1e-20000"}},
            "condition.bad_value",
        ),
    ],
)
def test_what_is_no_condition_at_all_is_refused_too(fields, code, rule, ops):
    assert refusal(draft_version, rule, wording(**fields), by=ops) == code
    assert not RuleVersion.objects.exists()


@pytest.mark.parametrize("verb", [retire_version, drop_version])
def test_what_is_in_force_by_the_calendar_is_so_though_the_clock_is_late(
    verb, consulted, qiao, ops, zhao, rule
):
    first = noticed(answered(consulted, qiao, ops), ops)
    begins = first.planned_from
    if verb is drop_version:
        assert refusal(drop_version, first, by=ops, reason=WHY, now=begins) == "rule.cannot_move"
        return
    run_clock(begins)
    second = draft_version(rule, wording("第一条 七十二小时内发货。"), by=ops, now=begins)
    pass_gates(second, ops)
    send_to_review(second, by=ops, reason=WHY, now=begins)
    ask_to_skip(second, ground="law", order="市监 1 号", by=ops, reason=WHY, now=begins)
    approve_skip(second, by=zhao, reason=WHY, now=begins)
    due = begins + 7 * DAY
    give_notice(
        second, effective_from=due, target_metric="test_measure", target_change=Decimal(-10),
        by=ops, reason=WHY, now=begins,
    )  # fmt: skip
    code = refusal(retire_version, first, by=zhao, reason=WHY, now=due + DAY)
    assert code == "rule.cannot_move"
    run_clock(due + DAY)
    assert RuleVersion.objects.in_force(due + SECOND).get() == second


def test_the_news_of_a_rule_names_the_day_of_shanghai(consulted, qiao, ops):
    version = answered(consulted, qiao, ops)
    # Half past midnight on the 17th in Shanghai, the 16th in Greenwich.
    begins = version.result_published_at + 7 * DAY + timedelta(hours=14, minutes=30)
    noticed(version, ops, effective_from=begins)
    assert "2026-11-17" in Notification.objects.get(person=qiao, kind="rules.changes").body
