"""Merchants take part: who is asked, one voice each until the end, grouped, answered, and what it changed."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import Notification
from common.errors import DomainError
from common.history import history_of
from merchants.actions.consultations import (
    answer_group,
    group_objections,
    open_consultation,
    publish_result,
    revise_text,
    say_of_draft,
)
from merchants.actions.invites import invite_filtered, invite_named
from merchants.models import ConsultationInvite, Merchant, OpinionGroup, RuleVote, Shop
from tests.merchants.casts_rulebook import (
    NOW,
    SECOND,
    TEXT,
    WHY,
    answered,
    employ,
    over,
    refusal,
)
from tests.waiting import Beside

pytestmark = pytest.mark.django_db


def say(version, merchant, by, choice="change", comment="节假日应当顺延", now=NOW):
    return say_of_draft(version, merchant, choice=choice, comment=comment, by=by, now=now)


def test_merchants_named_by_number_are_asked_once(draft, ops, lingshan, lu):
    assert invite_named(draft, ["B2001", "B2002", " B2001 "], by=ops) == 2
    assert invite_named(draft, ["B2001"], by=ops) == 0


def test_an_unknown_number_is_named_and_nobody_is_asked(draft, ops, lingshan):
    with pytest.raises(DomainError) as refused:
        invite_named(draft, ["B2001", "B9999"], by=ops)
    assert (refused.value.code, refused.value.details["numbers"]) == ("invite.unknown", ["B9999"])
    assert not ConsultationInvite.objects.exists()


def test_a_filter_asks_whoever_sells_such_things(draft, ops, lingshan, lu):
    assert invite_filtered(draft, category="珠宝", by=ops) == 1
    assert draft.invites.get().merchant.merchant_no == "B2002"
    assert invite_filtered(draft, by=ops) == 1


def test_a_draw_is_stable_and_a_larger_one_holds_a_smaller_one(rule, draft, ops):
    merchants = Merchant.objects.bulk_create(
        [Merchant(merchant_no=f"D{n:03}", name=f"商家{n}") for n in range(60)]
    )
    Shop.objects.bulk_create(
        [Shop(shop_no=f"T{n:03}", name="店", merchant=one) for n, one in enumerate(merchants)]
    )
    assert invite_filtered(draft, sample=10, by=ops) == 10
    first = set(draft.invites.values_list("merchant", flat=True))
    assert invite_filtered(draft, sample=10, by=ops) == 0
    assert invite_filtered(draft, sample=25, by=ops) == 15
    larger = set(draft.invites.values_list("merchant", flat=True))
    draft.invites.all().delete()
    invite_filtered(draft, sample=25, by=ops)
    assert first < larger == set(draft.invites.values_list("merchant", flat=True))


def test_nobody_is_asked_once_it_has_begun(consulted, ops):
    assert refusal(invite_named, consulted, ["B2001"], by=ops) == "invite.too_late"
    assert refusal(invite_filtered, consulted, by=ops) == "invite.too_late"


def test_whoever_may_vote_is_told(consulted, qiao, lu, lingshan):
    told = Notification.objects.filter(kind="rules.drafts").values_list("person", flat=True)
    assert set(told) == {qiao.pk, lu.pk}


def test_a_merchant_has_one_voice_and_changes_it_until_the_end(consulted, lingshan, qiao):
    first = say(consulted, lingshan, qiao, "against", "扣分太重")
    last = say(consulted, lingshan, qiao, "for", "", now=over(consulted) - SECOND)
    assert (first.pk, last.choice, last.comment) == (last.pk, "for", "")
    assert RuleVote.objects.count() == 1
    assert {line.action for line in history_of(last)} == {"rule_vote.said", "rule_vote.changed"}
    assert refusal(say, consulted, lingshan, qiao, now=over(consulted)) == "consultation.over"


def test_a_colleague_changes_the_same_voice(consulted, lingshan, qiao, he):
    employ(he, lingshan, "vote")
    say(consulted, lingshan, qiao)
    assert say(consulted, lingshan, he, "for", "").by == he
    assert RuleVote.objects.count() == 1


def test_who_is_not_asked_or_does_not_work_there_finds_no_draft(consulted, lingshan, qiao, lu, bo):
    other = Merchant.objects.create(merchant_no="B2003", name="没有被问的")
    employ(bo, other, "vote")
    for merchant, by in ((lingshan, lu), (lingshan, bo), (other, bo), (other, qiao)):
        assert refusal(say, consulted, merchant, by) == "draft.unknown"
    assert not RuleVote.objects.exists()


def test_who_may_not_vote_may_look_alone(consulted, lingshan, he):
    employ(he, lingshan, "answer")
    assert refusal(say, consulted, lingshan, he) == "forbidden"


def test_who_left_the_merchant_has_no_voice(consulted, lingshan, qiao):
    lingshan.staff.update(ended_at=NOW)
    assert refusal(say, consulted, lingshan, qiao) == "draft.unknown"


@pytest.mark.parametrize(
    ("choice", "comment", "code"),
    [
        ("maybe", "好", "vote.choice"),
        ("change", " ", "vote.no_comment"),
        ("against", "", "vote.no_comment"),
        ("change", "长" * 2001, "text.too_long"),
        ("for", "\x00", "text.nul"),
    ],
)
def test_a_bad_voice_is_refused(choice, comment, code, consulted, lingshan, qiao):
    assert refusal(say, consulted, lingshan, qiao, choice, comment) == code
    assert not RuleVote.objects.exists()


def test_a_draft_has_no_voice_before_and_after(reviewed, lingshan, qiao):
    assert refusal(say, reviewed, lingshan, qiao) == "consultation.over"


def test_no_result_before_every_objection_is_grouped_and_answered(
    consulted, lingshan, qiao, lu, ops
):
    one = say(consulted, lingshan, qiao)
    say(consulted, Merchant.objects.get(merchant_no="B2002"), lu, "for", "很好")
    publish = {"result": "一条修改", "by": ops, "now": over(consulted)}
    assert refusal(publish_result, consulted, **publish) == "result.ungrouped"
    group = group_objections(consulted, "节假日顺延", [one.pk], by=ops)
    assert refusal(publish_result, consulted, **publish) == "result.unanswered"
    answer_group(group, answer="采纳。", by=ops)
    publish_result(consulted, **publish)
    assert refusal(answer_group, group, answer="改口", by=ops) == "group.closed"


def test_a_changed_voice_leaves_its_group(consulted, lingshan, qiao, ops):
    group = group_objections(consulted, "顺延", [say(consulted, lingshan, qiao).pk], by=ops)
    assert say(consulted, lingshan, qiao, comment="另一回事").group_id is None
    assert group.votes.count() == 0


def test_a_group_holds_voices_on_its_own_draft_alone(consulted, lingshan, qiao, lu, ops):
    silent = say(consulted, Merchant.objects.get(merchant_no="B2002"), lu, "for", "")
    assert refusal(group_objections, consulted, "空", [silent.pk], by=ops) == "group.foreign"
    assert refusal(group_objections, consulted, "空", [], by=ops) == "group.foreign"
    assert not OpinionGroup.objects.exists()


def test_the_text_is_changed_after_the_end_and_says_why(consulted, lingshan, qiao, ops):
    vote = say(consulted, lingshan, qiao)
    group = group_objections(consulted, "顺延", [vote.pk], by=ops)
    new = TEXT.replace("四十八小时内发货", "四十八小时内发货,法定节假日顺延")
    change = {"because_of": [group], "by": ops}
    too_early = {**change, "now": over(consulted) - SECOND}
    assert refusal(revise_text, consulted, new, **too_early) == "rule.too_early"
    moment = over(consulted)
    assert refusal(revise_text, consulted, TEXT, **change, now=moment) == "rule.no_change"
    assert refusal(
        revise_text, consulted, new, because_of=[], by=ops, now=moment
    ) == "group.foreign"  # fmt: skip
    (kept,) = revise_text(consulted, new, **change, now=moment)
    consulted.refresh_from_db()
    assert (kept.before, kept.after, kept.groups) == (
        TEXT.split("\n")[0], new.split("\n")[0], [group.pk],
    )  # fmt: skip
    assert (consulted.text, consulted.consulted_text) == (new, TEXT)


@pytest.mark.parametrize("who", ["qiao", "bo", "wen"])
def test_who_makes_no_rules_groups_and_answers_nothing(
    who, request, consulted, lingshan, qiao, ops
):
    stranger = request.getfixturevalue(who)
    vote = say(consulted, lingshan, qiao)
    group = group_objections(consulted, "顺延", [vote.pk], by=ops)
    assert refusal(group_objections, consulted, "x", [vote.pk], by=stranger) == "forbidden"
    assert refusal(answer_group, group, answer="x", by=stranger) == "forbidden"
    assert refusal(revise_text, consulted, "x", because_of=[group], by=stranger) == "forbidden"
    assert refusal(
        publish_result, consulted, result="x", by=stranger, now=over(consulted)
    ) == "forbidden"  # fmt: skip
    assert refusal(invite_named, consulted, ["B2001"], by=stranger) == "forbidden"


def test_an_asked_merchant_hears_the_result(consulted, qiao, ops):
    answered(consulted, qiao, ops)
    urls = set(Notification.objects.filter(person=qiao).values_list("url", flat=True))
    assert urls == {"/shop/rules/drafts/late-shipping/1/"}
    assert Notification.objects.filter(person=qiao).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_voice_at_the_last_second_is_not_lost_to_the_result(consulted, lingshan, qiao, ops):
    ends = over(consulted)
    with transaction.atomic():
        say(consulted, lingshan, qiao, now=ends - SECOND)
        publisher = Beside(
            lambda: refusal(publish_result, consulted, result="没有意见", by=ops, now=ends)
        )
        assert publisher.waits()
    # It has waited for the voice, and asks for its answer.
    assert publisher.done() == "result.ungrouped"


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_are_one_voice(consulted, lingshan, qiao, he):
    employ(he, lingshan, "vote")
    with transaction.atomic():
        say(consulted, lingshan, qiao, "against", "太重")
        other = Beside(lambda: say(consulted, lingshan, he, "for", ""))
        assert other.waits()
    assert other.done().choice == "for"
    assert RuleVote.objects.get().choice == "for"


@pytest.mark.django_db(transaction=True)
def test_two_who_open_it_at_once_open_it_once(reviewed, zhao):
    def opens():
        return open_consultation(reviewed, by=zhao, reason=WHY, now=NOW + timedelta(hours=1))

    with transaction.atomic():
        open_consultation(reviewed, by=zhao, reason=WHY, now=NOW)
        other = Beside(lambda: refusal(opens))
        assert other.waits()
    assert other.done() == "rule.cannot_move"
    reviewed.refresh_from_db()
    assert reviewed.consultation_began_at == NOW


def test_each_category_has_a_sample_of_its_own(draft, ops, lingshan, lu, shop):
    for category in (shop.category, "珠宝"):
        assert invite_filtered(draft, category=category, sample=1, by=ops) == 1
        assert invite_filtered(draft, category=category, sample=1, by=ops) == 0
    assert draft.invites.count() == 2
