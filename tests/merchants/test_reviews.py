"""What happens to a review after it was given, and how others read it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts.models import Member
from common.personal_data import Subject
from common.rules import midnight
from merchants.actions import (
    add_followup,
    edit_review,
    exclude_rating,
    mask_review,
    reply_to_review,
    restore_rating,
    unmask_review,
    withdraw_review,
)
from merchants.models import FollowupReview, Grade, Rating, RatingMeasure, ReviewReply
from merchants.queries.reviews import review_page
from merchants.ratings.personal_data import Ratings
from tests.merchants.casts_ratings import (
    DAY,
    NOW,
    SECOND,
    WHY,
    at,
    buyers,
    employ,
    rate,
    real_reviews,
    refusal,
)
from tests.waiting import Beside, Halt

pytestmark = pytest.mark.django_db
BAD = {"grade": Grade.NEGATIVE, "comment": "坏了一半"}


def end_of(moment, days):
    """Return the first moment after so many whole days."""
    return midnight(moment.date() + timedelta(days=days + 1))


@pytest.fixture
def bad(mei, shop) -> Rating:
    return rate(mei, shop, 1, 1, 1, **BAD)


# --- Followed up ------------------------------------------------------------------------------------------


def test_mei_follows_up_once_within_180_days(mei, bad):
    over = end_of(NOW, 180)
    assert refusal(add_followup, bad, "还是坏", by=mei, now=over) == "followup.too_late"
    assert add_followup(bad, "补发了，谢谢", by=mei, now=over - SECOND).text == "补发了，谢谢"
    assert refusal(add_followup, bad, "再说一句", by=mei, now=NOW) == "followup.already"


def test_a_follow_up_has_500_characters_at_most(mei, bad):
    assert refusal(add_followup, bad, "长" * 501, by=mei, now=NOW) == "text.too_long"
    assert add_followup(bad, "长" * 500, by=mei, now=NOW).pk


def test_nobody_follows_up_for_somebody_else(chen, bo, ops, bad):
    for other in (chen, bo, ops):
        assert refusal(add_followup, bad, "别人说的", by=other, now=NOW) == "rating.not_buyer"


# --- Changed or withdrawn -----------------------------------------------------------------------------------


def test_a_bad_one_is_changed_once_within_30_days_and_its_scores_stay(mei, bad):
    over = end_of(NOW, 30)
    assert refusal(edit_review, bad, grade=1, by=mei, now=over) == "review.too_late"
    changed = edit_review(bad, grade=1, comment="补发了", by=mei, now=over - SECOND)
    assert (changed.grade, changed.comment, changed.credit, changed.desc_match) == (
        1,
        "补发了",
        1,
        1,
    )
    assert refusal(edit_review, bad, grade=-1, by=mei, now=NOW) == "review.edited"
    assert refusal(withdraw_review, bad, by=mei, now=NOW) == "review.edited"


def test_a_good_one_is_never_changed_or_withdrawn(mei, shop):
    good = rate(mei, shop)
    assert refusal(edit_review, good, grade=-1, by=mei, now=NOW) == "review.not_editable"
    assert refusal(withdraw_review, good, by=mei, now=NOW) == "review.not_editable"


def test_a_withdrawn_one_is_neither_followed_up_nor_changed(mei, bad):
    gone = withdraw_review(bad, by=mei, now=NOW)
    assert (gone.withdrawn_at, gone.credit) == (NOW, 0)
    assert refusal(add_followup, bad, "又", by=mei, now=NOW) == "review.withdrawn"
    assert refusal(edit_review, bad, grade=0, by=mei, now=NOW) == "review.withdrawn"


def test_only_its_author_changes_a_review(chen, qiao, ops, shop, bad):
    employ(qiao, shop, "answer")
    for other in (chen, qiao, ops):
        assert refusal(edit_review, bad, grade=1, by=other, now=NOW) == "rating.not_buyer"
        assert refusal(withdraw_review, bad, by=other, now=NOW) == "rating.not_buyer"


@pytest.mark.django_db(transaction=True)
def test_changing_and_withdrawing_at_once_one_wins(mei, bad, monkeypatch):
    halt = Halt()
    monkeypatch.setattr(
        "merchants.actions.reviews.recount_pair",
        halt.before(__import__("merchants.actions.reviews", fromlist=["x"]).recount_pair),
    )
    first = Beside(lambda: edit_review(bad, grade=1, by=None, now=NOW))
    halt.reached()
    second = Beside(lambda: refusal(withdraw_review, bad, by=None, now=NOW))
    assert second.waits()
    halt.go_on()
    assert (first.done().grade, second.done()) == (1, "review.edited")


# --- Replied to -----------------------------------------------------------------------------------------------


def test_qiao_replies_once_and_once_more_to_the_follow_up(mei, qiao, shop, bad):
    employ(qiao, shop, "answer")
    assert reply_to_review(bad, "抱歉，已补发", by=qiao, now=NOW).to == "review"
    assert refusal(reply_to_review, bad, "再说", by=qiao, now=NOW) == "reply.already"
    add_followup(bad, "收到了", by=mei, now=NOW + DAY)
    assert reply_to_review(bad, "谢谢", by=qiao, now=NOW + DAY).to == "followup"
    assert refusal(reply_to_review, bad, "再谢", by=qiao, now=NOW + DAY) == "reply.already"


def test_a_shop_has_30_days_to_reply(qiao, shop, bad):
    employ(qiao, shop, "answer")
    over = end_of(NOW, 30)
    assert refusal(reply_to_review, bad, "晚了", by=qiao, now=over) == "reply.too_late"
    assert reply_to_review(bad, "赶上了", by=qiao, now=over - SECOND).pk


def test_who_does_not_answer_for_the_shop_does_not_reply(mei, wen, qiao, ops, shop, bad):
    for other in (mei, wen, qiao, ops):
        assert refusal(reply_to_review, bad, "我来说", by=other, now=NOW) == "reply.not_yours"
    employ(qiao, shop, "vote")
    assert refusal(reply_to_review, bad, "我来说", by=qiao, now=NOW) == "reply.not_yours"


# --- Excluded and masked --------------------------------------------------------------------------------------


def test_excluding_asks_for_a_right_a_ground_and_a_reason(mei, bo, qiao, ops, shop, bad):
    employ(qiao, shop, "answer")
    for other in (mei, bo, qiao):
        assert refusal(exclude_rating, bad, ground="malicious", reason=WHY, by=other) == "forbidden"
    assert (
        refusal(exclude_rating, bad, ground="private", reason=WHY, by=ops) == "measure.bad_ground"
    )
    assert refusal(exclude_rating, bad, ground="malicious", reason=" ", by=ops) == "text.empty"
    assert not RatingMeasure.objects.exists()


def test_a_measure_runs_once_and_is_lifted_not_deleted(ops, bad):
    assert refusal(restore_rating, bad, reason=WHY, by=ops) == "measure.not_running"
    measure = exclude_rating(bad, ground="malicious", reason=WHY, by=ops)
    again = {"ground": "malicious", "reason": WHY, "by": ops}
    assert refusal(exclude_rating, bad, **again) == "measure.running"
    lifted = restore_rating(bad, reason="申诉成立", by=ops)
    assert (lifted.pk, lifted.ended_by, lifted.ended_reason) == (measure.pk, ops, "申诉成立")
    exclude_rating(bad, **again)
    assert RatingMeasure.objects.filter(rating=bad).count() == 2
    with pytest.raises(ProgrammingError), transaction.atomic():
        measure.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        RatingMeasure.objects.filter(pk=measure.pk).update(ended_at=None)


def test_follow_ups_and_replies_are_not_deleted_either(mei, qiao, shop, bad):
    employ(qiao, shop, "answer")
    for row in (
        add_followup(bad, "追评", by=mei, now=NOW),
        reply_to_review(bad, "回复", by=qiao, now=NOW),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            row.delete()
    assert (FollowupReview.objects.count(), ReviewReply.objects.count()) == (1, 1)


# --- As others read them --------------------------------------------------------------------------------------


def test_reviews_stand_newest_first_whatever_their_grade(mei, ada, chen, shop):
    for who, hour, grade in ((mei, 9, 1), (ada, 10, -1), (chen, 11, 0)):
        rate(who, shop, grade=grade, succeeded_at=at(20, hour))
    grades = [row["grade"] for row in review_page(chen, shop)[0]]
    assert grades == ["neutral", "negative", "positive"]


def test_what_is_excluded_stays_in_its_place_folded_with_its_reason(mei, ada, ops, shop, bad):
    rate(ada, shop, succeeded_at=NOW + DAY)
    exclude_rating(bad, ground="malicious", reason=WHY, by=ops)
    newer, folded = review_page(ada, shop)[0]
    assert (newer["is_folded"], newer["not_counted"]) == (False, None)
    assert (folded["is_folded"], folded["not_counted"], folded["comment"]) == (
        True, "malicious", "坏了一半",
    )  # fmt: skip


def test_masked_words_are_read_by_nobody_and_scores_stay(mei, ada, ops, shop, bad):
    mask_review(bad, ground="insulting", words=["坏"], reason=WHY, by=ops)
    (row,) = review_page(ada, shop)[0]
    assert (row["comment"], row["is_masked"], row["scores"]["desc_match"]) == (
        "＊＊＊了一半",
        True,
        1,
    )
    unmask_review(bad, reason=WHY, by=ops)
    assert review_page(ada, shop)[0][0]["comment"] == "坏了一半"
    mask_review(bad, ground="insulting", reason=WHY, by=ops)
    assert review_page(ada, shop)[0][0]["comment"] == "＊＊＊"


def test_names_and_phones_are_masked_for_others_and_plain_for_the_author(mei, ada, shop):
    rate(mei, shop, comment="联系我 13800002071")
    (others,), (own,) = (review_page(who, shop)[0] for who in (ada, mei))
    assert "13800002071" not in others["comment"]
    assert others["author"] != "周小宁"
    assert (own["author"], own["comment"]) == ("周小宁", "联系我 13800002071")


def test_what_was_withdrawn_shows_no_words(mei, ada, shop, bad):
    withdraw_review(bad, by=mei, now=NOW)
    (row,) = review_page(ada, shop)[0]
    assert (row["is_withdrawn"], row["is_folded"], row["comment"]) == (True, True, "")


def test_real_reviews_come_back_as_they_were_written(ada, shop):
    reviews = real_reviews()
    assert len(reviews) >= 20
    for buyer, (words, stars) in zip(buyers(len(reviews)), reviews, strict=True):
        rate(buyer, shop, stars, stars, stars, comment=words[:2000])
    seen, cursor, first = [], "", True
    while first or cursor:
        first = False
        page, cursor = review_page(ada, shop, cursor=cursor, limit=7)
        seen += page
    assert len(seen) == len({row["key"] for row in seen}) == len(reviews)
    assert sum(row["scores"]["desc_match"] for row in seen) == sum(stars for _w, stars in reviews)


def test_a_page_asks_as_often_however_long_it_is(ada, ops, shop, django_assert_num_queries):
    rows = [rate(buyer, shop) for buyer in buyers(12)]
    exclude_rating(rows[0], ground="malicious", reason=WHY, by=ops)
    with django_assert_num_queries(5):
        assert len(review_page(ada, shop)[0]) == 12


def test_nobody_measures_what_they_wrote_or_what_was_said_of_their_own_merchant(
    mei, wen, ops, shop, bad
):
    mask = {"ground": "insulting", "reason": WHY}
    out = {"ground": "suspected_fake", "reason": WHY}
    employ(ops, shop, "answer")
    assert refusal(exclude_rating, bad, by=ops, **out) == "conflict.own_case"
    assert refusal(mask_review, bad, by=ops, **mask) == "conflict.own_case"
    ops.staff_accounts.update(ended_at=NOW)
    assert refusal(exclude_rating, bad, by=ops, **out) == "conflict.own_case"
    exclude_rating(bad, by=None, **out)
    mask_review(bad, by=None, **mask)
    assert refusal(restore_rating, bad, reason=WHY, by=ops) == "conflict.own_case"
    assert refusal(unmask_review, bad, reason=WHY, by=ops) == "conflict.own_case"


def test_an_author_who_works_here_measures_no_review_of_their_own(mei, ops, bad):
    Member.objects.filter(pk=mei.member.pk).update(user=ops)
    out = {"ground": "suspected_fake", "reason": WHY}
    assert refusal(exclude_rating, bad, by=ops, **out) == "conflict.own_case"
    exclude_rating(bad, by=None, **out)
    assert refusal(restore_rating, bad, reason=WHY, by=ops) == "conflict.own_case"


# --- Forgotten ---------------------------------------------------------------------------------------------


def test_who_is_forgotten_is_named_by_no_reply_and_no_measure(mei, qiao, ops, shop):
    member = mei.member
    rating = rate(mei, shop, 1, grade=Grade.NEGATIVE, comment="坏了，打13800002071")
    employ(qiao, shop, "answer")
    reply_to_review(rating, "请林小梅回电，已打13800002071", by=qiao, now=NOW)
    mask_review(
        rating, ground="private", words=["13800002071"], reason="留了电话13800002071", by=ops
    )
    subject = Subject(member.pk, mei.pk, member.member_no, names=("林小梅",))
    store = Ratings()
    (row,) = store.rows(subject, None, 10).rows
    assert "13800002071" in row["replies"]
    assert store.pseudonymise(subject, None, 10).changed == 3
    left = str(list(ReviewReply.objects.values())) + str(list(RatingMeasure.objects.values()))
    assert "13800002071" not in left
    assert "林小梅" not in left
    assert store.pseudonymise(subject, None, 10).changed == 0
