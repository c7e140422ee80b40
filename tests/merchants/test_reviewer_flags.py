"""A reviewer is flagged on two independent signs, shown weak shops less, measured, and given back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import MarkKind, Member, MemberMark
from common.deadlines import sweep
from common.models import Event
from common.parameters import set_value
from merchants.actions import add_followup
from merchants.actions.exposures import weigh_shops
from merchants.actions.held_reviews import show_held_review
from merchants.actions.reviewer_appeals import appeal_as_reviewer, decide_reviewer_appeal
from merchants.actions.reviewer_flags import flag_reviewer, lift_flag, signs_of, upheld_of
from merchants.complaints import rules
from merchants.models import (
    FlagSignal,
    HeldReview,
    ReviewComplaint,
    ReviewerExposure,
    ReviewerFlag,
    Shop,
    ShopScore,
)
from merchants.queries.flags import exposure_weight, may_refund_quickly, measured
from merchants.queries.reviews import review_page
from tests.merchants.casts_complaints import (
    DAY,
    NOW,
    SECOND,
    WHY,
    another_shop,
    bad,
    employ,
    linked,
    other_reviews,
    upheld,
)
from tests.merchants.casts_penalties import judge_named
from tests.merchants.casts_ratings import buyers, rate, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge2(db):
    return judge_named("judge")


@pytest.fixture
def extorted(mei, qiao, ops):
    """Return a verb: let so many shops be extorted by Mei and their complaints be upheld."""

    def extort(count, *, shops=None, now=NOW):
        shops = shops or [another_shop(f"果园{n}") for n in range(count)]
        for shop in shops:
            if not shop.merchant.staff.filter(user=qiao).exists():
                employ(qiao, shop, "answer")
        return [upheld(bad(mei, shops[n % len(shops)], now), qiao, ops, now) for n in range(count)]

    return extort


@pytest.fixture
def flagged(extorted, mei, judge2):
    """Mei is flagged: three merchants, and nearly all her other reviews are bad."""
    other_reviews(mei, 9, 8)
    extorted(3)
    return ReviewerFlag.objects.get()


def as_arm(flag, arm):
    ReviewerFlag.objects.filter(pk=flag.pk).update(arm=arm)


# --- What makes a flag ------------------------------------------------------------------------------


def test_three_of_several_merchants_and_a_pattern_flag_at_once(flagged, mei):
    assert (flagged.member, flagged.until) == (mei.member, NOW + 180 * DAY)
    kinds = set(FlagSignal.objects.values_list("kind", flat=True))
    assert kinds == {"several_merchants", "pattern"}
    assert Event.objects.filter(action="reviewer_flag.put").count() == 1
    assert mei.notifications.filter(kind="me.malicious_review").count() == 4


def test_three_alone_are_one_sign_and_nobody_is_flagged(extorted, mei, judge2):
    extorted(3)
    assert not ReviewerFlag.objects.exists()
    assert refusal(flag_reviewer, mei.member, by=judge2, reason=WHY, now=NOW) == "flag.one_sign"


def test_three_of_one_merchant_are_no_sign_that_one_shops_word_does_it(extorted, mei, judge2):
    shop = another_shop()
    other_reviews(mei, 9, 8)
    extorted(3, shops=[shop])
    assert [one.kind for one in signs_of(mei.member, upheld_of(mei.member, NOW), NOW)] == [
        "pattern"
    ]
    assert not ReviewerFlag.objects.exists()


def test_two_are_too_few_whatever_the_signs(extorted, mei, judge2):
    other_reviews(mei, 9, 8)
    extorted(2)
    assert refusal(flag_reviewer, mei.member, by=judge2, reason=WHY, now=NOW) == "flag.too_few"


def test_those_of_more_than_180_days_ago_do_not_count(extorted, mei):
    other_reviews(mei, 9, 8)
    extorted(1, now=NOW - 180 * DAY)
    extorted(2)
    assert not ReviewerFlag.objects.exists()


@pytest.mark.parametrize(
    ("kind", "is_flagged"),
    [(MarkKind.PAYER, True), (MarkKind.DEVICE, True), (MarkKind.ADDRESS, False)],
)
def test_a_payer_or_device_of_another_such_reviewer_is_a_sign_an_address_is_none(
    extorted, mei, chen, ops, qiao, kind, is_flagged
):
    shop = another_shop()
    employ(qiao, shop, "answer")
    upheld(bad(chen, shop), qiao, ops)
    linked(mei.member, chen.member, kind)
    extorted(3)
    assert ReviewerFlag.objects.filter(member=mei.member).exists() == is_flagged


def test_a_sign_that_comes_later_lets_a_person_flag(extorted, mei, judge2, chen, qiao, ops, bo):
    extorted(3)
    shop = another_shop()
    employ(qiao, shop, "answer")
    upheld(bad(chen, shop), qiao, ops)
    linked(mei.member, chen.member)
    assert refusal(flag_reviewer, mei.member, by=bo, reason=WHY, now=NOW) == "forbidden"
    assert (
        refusal(flag_reviewer, mei.member, by=judge2, reason="", now=NOW) == "complaint.no_reason"
    )
    flag = flag_reviewer(mei.member, by=judge2, reason=WHY, now=NOW)
    assert set(flag.signals.values_list("kind", flat=True)) == {"several_merchants", "linked"}
    assert refusal(flag_reviewer, mei.member, by=judge2, reason=WHY, now=NOW) == "flag.running"


# --- Its end ----------------------------------------------------------------------------------------


def test_it_ends_by_itself_and_holds_no_longer_whether_swept_or_not(flagged, mei):
    over = flagged.until
    assert not may_refund_quickly(mei.member.pk, over - SECOND)
    assert may_refund_quickly(mei.member.pk, over)
    sweep(over)
    sweep(over + SECOND)
    flagged.refresh_from_db()
    assert flagged.ended_why == "expired"
    assert Event.objects.filter(action="reviewer_flag.ended").count() == 1


def test_each_complaint_counts_towards_one_flag_alone(flagged, mei, extorted):
    sweep(flagged.until)
    extorted(1, now=flagged.until + SECOND)
    assert ReviewerFlag.objects.count() == 1


def test_one_of_us_lifts_it_with_a_reason(flagged, bo, judge2, mei):
    assert refusal(lift_flag, flagged, by=bo, reason=WHY, now=NOW) == "forbidden"
    assert refusal(lift_flag, flagged, by=None, reason=WHY, now=NOW) == "forbidden"
    lift_flag(flagged, by=judge2, reason="查过了，误会", now=NOW)
    assert may_refund_quickly(mei.member.pk, NOW)
    assert refusal(lift_flag, flagged, by=judge2, reason=WHY, now=NOW) == "flag.ended"


def test_the_member_appeals_against_the_flag_and_somebody_else_decides(
    flagged, mei, ops, judge2, chen
):
    assert refusal(appeal_as_reviewer, flagged, text="不是", by=chen, now=NOW) == "not_found"
    appeal = appeal_as_reviewer(flagged, text="这些店真的很差", by=mei, now=NOW + DAY)
    how = {"granted": True, "answer": "属实", "now": NOW + DAY}
    # Ops decided the complaints it rests on.
    assert refusal(decide_reviewer_appeal, appeal, by=ops, **how) == "appeal.same_person"
    decide_reviewer_appeal(appeal, by=judge2, **how)
    flagged.refresh_from_db()
    assert flagged.ended_why == "appeal"
    assert may_refund_quickly(mei.member.pk, NOW + DAY)


def test_a_flag_ends_when_a_complaint_it_rests_on_is_taken_back(flagged, mei, judge2):
    complaint = ReviewComplaint.objects.filter(member=mei.member).first()
    appeal = appeal_as_reviewer(complaint, text="没有要挟", by=mei, now=NOW)
    decide_reviewer_appeal(appeal, granted=True, answer="对", by=judge2, now=NOW)
    flagged.refresh_from_db()
    assert flagged.ended_why == "basis"


def linked_flag(mei, chen, extorted, qiao, ops):
    """Flag Mei by three merchants and a payer she shares with Chen, about whom a complaint was upheld."""
    shop = another_shop("果园九")
    employ(qiao, shop, "answer")
    linked(mei.member, chen.member)
    complaint = upheld(bad(chen, shop), qiao, ops)
    extorted(3)
    return ReviewerFlag.objects.get(member=mei.member), complaint


def won(complaint, who, judge):
    """Let the author of a review win an appeal against an upheld complaint."""
    appeal = appeal_as_reviewer(complaint, text="没有要挟", by=who, now=NOW)
    return decide_reviewer_appeal(appeal, granted=True, answer="陈晨没有要挟", by=judge, now=NOW)


def test_a_flag_ends_when_the_complaint_about_who_is_linked_is_taken_back(
    mei, chen, extorted, qiao, ops, judge2
):
    flag, complaint = linked_flag(mei, chen, extorted, qiao, ops)
    assert {it.kind for it in flag.signals.all()} == {"several_merchants", "linked"}
    won(complaint, chen, judge2)
    flag.refresh_from_db()
    # What Chen was answered is not for Mei.
    assert (flag.ended_why, flag.ended_reason) == ("basis", "")
    assert may_refund_quickly(mei.member.pk, NOW)


def test_a_flag_stays_while_two_other_signs_carry_it(mei, chen, extorted, qiao, ops, judge2):
    other_reviews(mei, 9, 8)
    flag, complaint = linked_flag(mei, chen, extorted, qiao, ops)
    won(complaint, chen, judge2)
    flag.refresh_from_db()
    assert flag.ended_at is None


def test_a_flag_stays_while_somebody_else_is_linked_too(
    mei, chen, ada, extorted, qiao, ops, judge2
):
    MemberMark.objects.create(
        member=ada.member, kind=MarkKind.DEVICE, digest=b"d" * 32, seen_at=NOW
    )
    MemberMark.objects.create(
        member=mei.member, kind=MarkKind.DEVICE, digest=b"d" * 32, seen_at=NOW
    )
    shop = another_shop("果园八")
    employ(qiao, shop, "answer")
    upheld(bad(ada, shop), qiao, ops)
    flag, complaint = linked_flag(mei, chen, extorted, qiao, ops)
    won(complaint, chen, judge2)
    flag.refresh_from_db()
    assert flag.ended_at is None


# --- What it does -----------------------------------------------------------------------------------


def test_words_are_held_from_others_until_the_clock_shows_them(flagged, mei, chen, shop, ops):
    review = rate(mei, shop, 2, 2, 2, grade=-1, comment="果子小", succeeded_at=NOW)
    hold = HeldReview.objects.get()
    assert hold.until == NOW + timedelta(hours=24)
    for reader, words in ((chen, ""), (mei, "果子小"), (ops, "果子小")):
        (card,), _more = review_page(reader, shop)
        assert (card["comment"], card["held_until"]) == (words, hold.until)
    sweep(hold.until - SECOND)
    assert HeldReview.objects.running().exists()
    sweep(hold.until)
    (card,), _more = review_page(chen, shop)
    assert (card["comment"], card["held_until"]) == ("果子小", None)
    add_followup(review, "还是小", by=mei, now=hold.until + SECOND)
    assert HeldReview.objects.running().count() == 1


def test_a_person_shows_them_sooner_with_a_reason(flagged, mei, shop, bo, judge2):
    rate(mei, shop, 2, 2, 2, comment="果子小", succeeded_at=NOW)
    hold = HeldReview.objects.get()
    assert refusal(show_held_review, hold, by=bo, reason=WHY) == "forbidden"
    assert refusal(show_held_review, hold, by=judge2, reason=" ") == "complaint.no_reason"
    assert show_held_review(hold, by=judge2, reason="没有问题")
    assert not show_held_review(hold, by=judge2, reason="没有问题")


def test_everybody_else_is_read_at_once(mei, shop):
    rate(mei, shop, 2, 2, 2, comment="果子小", succeeded_at=NOW)
    assert not HeldReview.objects.exists()


def strong(shop, ratings=500, opened=NOW - 900 * DAY):
    ShopScore.objects.filter(shop=shop).update(desc_count=ratings, positive=ratings)
    Shop.objects.filter(pk=shop.pk).update(opened_at=opened)
    return shop


def test_weak_shops_weigh_less_for_the_flagged_never_nothing_and_strong_ones_the_same(
    flagged, mei, chen, shop
):
    as_arm(flagged, "treated")
    weak, new = another_shop(), strong(another_shop(), opened=NOW - 10 * DAY)
    strong(shop)
    weigh = lambda who, what: exposure_weight(who.member, what, NOW)  # noqa: E731
    assert weigh(mei, weak) == weigh(mei, new) == Decimal("0.30")
    assert weigh(mei, shop) == 1
    assert weigh(chen, weak) == 1
    with pytest.raises(Exception, match="out_of_bounds"):
        set_value("reviewer_flag.weight", Decimal(0), by=None, reason="封掉")


def test_those_left_alone_keep_the_full_weight(flagged, mei):
    as_arm(flagged, "holdout")
    assert exposure_weight(mei.member, another_shop(), NOW) == 1


def test_the_arm_is_the_same_for_ever_and_about_the_share_is_left_alone():
    arms = [rules.arm_of(member, 2000) for member in range(1, 10_001)]
    assert arms == [rules.arm_of(member, 2000) for member in range(1, 10_001)]
    assert 1_850 < arms.count("holdout") < 2_150


def test_the_search_asks_for_many_in_few_queries_and_only_weak_shops_are_counted(
    flagged, mei, ops, bo, shop, django_assert_max_num_queries
):
    as_arm(flagged, "treated")
    strong(shop)
    numbers = [another_shop().shop_no for _one in range(20)] + [shop.shop_no, "nobody"]
    with django_assert_max_num_queries(8):  # a savepoint around shops, flag, scores and counts
        found = weigh_shops(mei.member, numbers, by=ops, now=NOW)
    assert (found[numbers[0]], found[shop.shop_no]) == (Decimal("0.30"), 1)
    assert "nobody" not in found
    weigh_shops(mei.member, numbers, by=ops, now=NOW)
    assert set(ReviewerExposure.objects.values_list("count", flat=True)) == {2}
    assert ReviewerExposure.objects.count() == 20
    assert refusal(weigh_shops, mei.member, numbers, by=bo, now=NOW) == "forbidden"
    many = [str(n) for n in range(201)]
    assert refusal(weigh_shops, mei.member, many, by=ops, now=NOW) == "exposures.too_many"


def test_nothing_is_counted_of_who_is_not_flagged(chen, ops):
    shop = another_shop()
    assert weigh_shops(chen.member, [shop.shop_no], by=ops, now=NOW) == {shop.shop_no: 1}
    assert not ReviewerExposure.objects.exists()


# --- What it brought ----------------------------------------------------------------------------------


def exposed(member: Member, shop: Shop, arm: str, count: int) -> None:
    flag = ReviewerFlag.objects.create(
        member=member, complaints=[], arm=arm, since=NOW - 30 * DAY, until=NOW + 30 * DAY,
        reason="测",
    )  # fmt: skip
    ReviewerExposure.objects.create(flag=flag, shop=shop, day=(NOW - 5 * DAY).date(), count=count)


def test_what_followed_is_counted_per_10k_exposures_for_both_sides(shop):
    treated, left_alone = buyers(40), buyers(40)
    for side, arm, every in ((treated, "treated", 8), (left_alone, "holdout", 2)):
        for number, member in enumerate(side):
            exposed(member, shop, arm, 100)
            if number % every == 0:
                rate(member, shop, 1, 1, 1, grade=-1, succeeded_at=NOW - 2 * DAY)
    found = measured(NOW)
    assert found["treated"] == {"members": 40, "exposures": 4000}
    (bad_reviews,) = [one for one in found["outcomes"] if one["key"] == "bad_reviews"]
    assert (bad_reviews["treated"]["total"], bad_reviews["holdout"]["total"]) == (5, 20)
    assert bad_reviews["treated"]["per_10k"] == pytest.approx(12.5)
    assert bad_reviews["holdout"]["per_10k"] == pytest.approx(50)
    difference = bad_reviews["difference"]
    assert difference["per_10k"] == pytest.approx(-37.5)
    assert difference["low"] < -37.5 < difference["high"] < 0
    assert not difference["too_small"]
    assert {one["key"] for one in found["outcomes"]} == {"bad_reviews", "complaints", "loss"}


def test_few_members_conclude_nothing(shop):
    for member, arm in zip(buyers(4), ("treated", "holdout") * 2, strict=True):
        exposed(member, shop, arm, 1000)
    assert all(one["difference"]["too_small"] for one in measured(NOW)["outcomes"])


def test_a_review_before_the_first_exposure_is_not_counted_to_it(shop):
    (member,) = buyers(1)
    rate(member, shop, 1, 1, 1, grade=-1, succeeded_at=NOW - 10 * DAY)
    exposed(member, shop, "treated", 100)
    (bad_reviews,) = [one for one in measured(NOW)["outcomes"] if one["key"] == "bad_reviews"]
    assert bad_reviews["treated"]["total"] == 0


def test_refunds_are_told_by_trade(mei, shop):
    from tests.conftest import make_order

    exposed(mei.member, shop, "treated", 100)
    make_order(mei, shop, "26111903417000001", NOW - DAY, paid_amount="90", refunded_amount="40")
    (loss,) = [one for one in measured(NOW)["outcomes"] if one["key"] == "loss"]
    assert (loss["treated"]["total"], loss["is_money"]) == (40, True)


def test_now_is_asked_of_the_clock_when_nobody_says_it(mei):
    assert may_refund_quickly(mei.member.pk, timezone.now())


def test_a_share_just_below_the_line_is_no_pattern():
    # 323 of 404 are 79.95 %.
    how = {"linked": [], "least_graded": 8, "least_share": Decimal("0.8")}
    assert rules.signals([], others=rules.OtherReviews(404, 323), **how) == []
    found = rules.signals([], others=rules.OtherReviews(405, 324), **how)
    assert [one.kind for one in found] == ["pattern"]
