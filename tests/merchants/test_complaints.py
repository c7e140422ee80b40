"""A shop complains about a malicious review: filed, decided, asked once more, appealed, given back."""

from datetime import datetime

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts.models import Cause, Member, ScoreEntry
from accounts.standing.queries import standing_card
from common.deadlines import sweep
from common.models import Event
from common.rules import SHANGHAI, midnight
from merchants.actions import (
    exclude_rating,
    mask_review,
    restore_rating,
    unmask_review,
    withdraw_review,
)
from merchants.actions.complaints import decide_complaint, file_complaint, reapply
from merchants.actions.reviewer_appeals import appeal_as_reviewer, decide_reviewer_appeal
from merchants.models import (
    BuyerPointsEntry,
    ComplaintDecision,
    ComplaintFile,
    MeasureGround,
    Rating,
    RatingMeasure,
    ReviewComplaint,
    ReviewerAppeal,
)
from tests.merchants.casts_complaints import (
    DAY,
    NOW,
    SECOND,
    WHY,
    bad,
    complained,
    employ,
    evidence,
    upheld,
)
from tests.merchants.casts_penalties import judge_named
from tests.merchants.casts_ratings import rate, refusal
from tests.waiting import Beside

pytestmark = pytest.mark.django_db
# A Friday: the two working days after it are Monday and Tuesday.
DUE = midnight(datetime(2026, 11, 25, tzinfo=SHANGHAI).date())


@pytest.fixture
def qiao_answers(qiao, shop):
    employ(qiao, shop, "answer")
    return qiao


@pytest.fixture
def review(mei, shop) -> Rating:
    return bad(mei, shop)


@pytest.fixture
def other_judge(db):
    return judge_named("judge")


def credit_of(user) -> int:
    card = standing_card(Member.objects.get(user=user), NOW)
    return next(one["total"] for one in card["scores"] if one["score"] == "credit")


def points_of(user):
    return sum(BuyerPointsEntry.objects.filter(member__user=user).values_list("points", flat=True))


# --- Filed ----------------------------------------------------------------------------------------


def test_a_shop_complains_within_30_days_once_and_we_have_two_working_days(review, qiao_answers):
    over = midnight(NOW.date() + 31 * DAY)
    early = {"type": "extortion", "text": "要挟", "by": qiao_answers}
    key = evidence(review, qiao_answers)
    assert refusal(file_complaint, review, files=[key], now=over, **early) == "complaint.too_late"
    filed = file_complaint(review, files=[key], now=NOW, **early)
    assert (filed.state, filed.due_at) == ("review", DUE)
    assert refusal(complained, review, qiao_answers) == "complaint.already"


def test_the_last_second_of_the_30th_day_is_in_time(review, qiao_answers):
    assert complained(review, qiao_answers, midnight(NOW.date() + 31 * DAY) - SECOND).pk


def test_without_evidence_there_is_no_complaint(review, qiao_answers):
    code = refusal(file_complaint, review, type="extortion", text="要挟", by=qiao_answers, now=NOW)
    assert code == "complaint.no_evidence"
    assert not ReviewComplaint.objects.exists()


def test_only_who_answers_for_that_shop_complains(review, qiao, bo, ops, shop, mei, stranger):
    employ(qiao, shop, "vote")
    key = evidence(review, qiao)
    for who, code in ((qiao, "forbidden"), (stranger, "not_found"), (ops, "not_found"),
                      (bo, "not_found"), (mei, "not_found")):  # fmt: skip
        said = {"type": "extortion", "text": "要挟", "files": [key], "by": who, "now": NOW}
        assert refusal(file_complaint, review, **said) == code
    assert not ReviewComplaint.objects.exists()


def test_nobody_complains_of_what_was_withdrawn_or_with_somebody_elses_file(
    review, qiao_answers, mei, ops
):
    key = evidence(review, ops)
    said = {"type": "extortion", "text": "要挟", "files": [key], "by": qiao_answers, "now": NOW}
    assert refusal(file_complaint, review, **said) == "file.unknown"
    assert refusal(file_complaint, review, **(said | {"type": "rude"})) == "complaint.unknown_type"
    withdraw_review(review, by=mei, now=NOW)
    assert refusal(complained, review, qiao_answers) == "complaint.no_review"
    assert not ReviewComplaint.objects.exists()


def test_a_file_no_complaint_names_is_let_go(review, qiao_answers):
    evidence(review, qiao_answers)
    file = ComplaintFile.objects.get()
    sweep(file.uploaded_at + DAY + SECOND)
    assert not ComplaintFile.objects.exists()


# --- Decided --------------------------------------------------------------------------------------


def test_upheld_the_review_does_not_count_and_costs_credit_and_points(
    review, qiao_answers, ops, mei
):
    before = credit_of(mei)
    complaint = upheld(review, qiao_answers, ops)
    review.refresh_from_db()
    assert (complaint.state, review.is_excluded, review.credit) == ("upheld", True, 0)
    assert complaint.measure.ground == MeasureGround.MALICIOUS
    assert credit_of(mei) == before - 50
    assert points_of(mei) == 12
    entry = ScoreEntry.objects.get(cause=Cause.MALICIOUS_REVIEW)
    assert (entry.cause_key, entry.points) == (complaint.public_key, -50)


def test_insults_are_masked_alone_and_the_scores_stay(review, qiao_answers, ops, mei):
    upheld(review, qiao_answers, ops, type="abuse_leak_ad")
    review.refresh_from_db()
    assert (review.is_masked, review.is_excluded) == (True, False)
    assert points_of(mei) == 12


def test_rejected_nothing_is_done(review, qiao_answers, ops, mei):
    before = credit_of(mei)
    complaint = complained(review, qiao_answers)
    done = decide_complaint(complaint, outcome="rejected", reason="只是不满意", by=ops, now=NOW)
    review.refresh_from_db()
    assert (done.state, review.is_excluded, credit_of(mei)) == ("rejected", False, before)
    assert not BuyerPointsEntry.objects.exists()


def test_nobody_decides_without_a_reason_twice_or_in_their_own_matter(
    review, qiao_answers, ops, bo, shop
):
    complaint = complained(review, qiao_answers)
    how = {"outcome": "upheld", "now": NOW}
    assert refusal(decide_complaint, complaint, reason=" ", by=ops, **how) == "complaint.no_reason"
    assert refusal(decide_complaint, complaint, reason=WHY, by=bo, **how) == "forbidden"
    assert refusal(decide_complaint, complaint, reason=WHY, by=None, **how) == "forbidden"
    ally = judge_named("ally")
    employ(ally, shop)
    assert refusal(decide_complaint, complaint, reason=WHY, by=ally, **how) == "conflict.own_case"
    decide_complaint(complaint, reason=WHY, by=ops, **how)
    assert refusal(decide_complaint, complaint, reason=WHY, by=ops, **how) == "complaint.decided"


def test_a_judge_never_judges_a_complaint_about_their_own_review(mei, qiao_answers, shop, ops):
    # Ops buys as a member under another account of theirs.
    Member.objects.filter(user=mei).update(user=ops)
    review = bad(Member.objects.get(user=ops), shop)
    complaint = complained(review, qiao_answers)
    code = refusal(decide_complaint, complaint, outcome="upheld", reason=WHY, by=ops, now=NOW)
    assert code == "conflict.own_case"


def test_the_clock_marks_what_is_late_once(review, qiao_answers, ops):
    complaint = complained(review, qiao_answers)
    sweep(DUE - SECOND)
    complaint.refresh_from_db()
    assert not complaint.is_late
    sweep(DUE)
    sweep(DUE + SECOND)
    complaint.refresh_from_db()
    assert complaint.is_late
    assert Event.objects.filter(action="complaint.late").count() == 1
    decide_complaint(complaint, outcome="rejected", reason="晚了也要说清", by=ops, now=DUE + SECOND)


# --- Asked once more --------------------------------------------------------------------------------


def test_asked_once_more_somebody_else_decides_for_good(review, qiao_answers, ops, other_judge):
    complaint = complained(review, qiao_answers)
    decide_complaint(complaint, outcome="rejected", reason="证据不够", by=ops, now=NOW)
    asked = reapply(complaint, text="补充录音文字", by=qiao_answers, now=NOW + DAY)
    assert asked.state == "reapplied"
    how = {"outcome": "upheld", "reason": WHY, "now": NOW + DAY}
    assert refusal(decide_complaint, complaint, by=ops, **how) == "complaint.same_person"
    done = decide_complaint(complaint, by=other_judge, **how)
    assert (done.state, done.outcome) == ("final", "upheld")
    review.refresh_from_db()
    assert review.is_excluded
    again = {"text": "再来", "by": qiao_answers, "now": NOW + DAY}
    assert refusal(reapply, complaint, **again) == "complaint.reapplied"


def test_asked_once_more_within_three_working_days(review, qiao_answers, ops):
    complaint = complained(review, qiao_answers)
    more = {"text": "补充", "by": qiao_answers}
    assert refusal(reapply, complaint, now=NOW, **more) == "complaint.not_rejected"
    done = decide_complaint(complaint, outcome="rejected", reason="证据不够", by=ops, now=NOW)
    until = midnight(datetime(2026, 11, 26, tzinfo=SHANGHAI).date())
    assert done.reapply_until == until
    assert refusal(reapply, complaint, now=until, **more) == "complaint.too_late"
    assert reapply(complaint, now=until - SECOND, **more).state == "reapplied"


def test_a_decision_is_never_changed_and_the_same_person_is_stopped_by_the_database(
    review, qiao_answers, ops
):
    complaint = upheld(review, qiao_answers, ops)
    with pytest.raises(ProgrammingError, match=r"append_only|update"), transaction.atomic():
        ComplaintDecision.objects.update(reason="别的")
    with pytest.raises(IntegrityError), transaction.atomic():
        ComplaintDecision.objects.create(
            complaint=complaint, stage="final", outcome="upheld", reason=WHY, by=ops, at=NOW
        )


# --- Appealed by the member ---------------------------------------------------------------------------


def test_won_on_appeal_everything_is_exactly_as_before(review, qiao_answers, ops, other_judge, mei):
    credit, counts = credit_of(mei), Rating.objects.filter(pk=review.pk).values().get()
    complaint = upheld(review, qiao_answers, ops)
    appeal = appeal_as_reviewer(complaint, text="我没有要挟", by=mei, now=NOW + DAY)
    how = {"granted": True, "answer": "聊天不是她写的", "now": NOW + DAY}
    assert refusal(decide_reviewer_appeal, appeal, by=ops, **how) == "appeal.same_person"
    decide_reviewer_appeal(appeal, by=other_judge, **how)
    assert Rating.objects.filter(pk=review.pk).values().get() == counts
    assert (credit_of(mei), points_of(mei)) == (credit, 0)
    complaint.refresh_from_db()
    assert (complaint.stands, complaint.reversed_at) == (False, NOW + DAY)
    assert refusal(decide_reviewer_appeal, appeal, by=other_judge, **how) == "appeal.decided"


def test_lost_on_appeal_everything_stays(review, qiao_answers, ops, other_judge, mei):
    complaint = upheld(review, qiao_answers, ops)
    left = credit_of(mei)
    appeal = appeal_as_reviewer(complaint, text="我没有要挟", by=mei, now=NOW + DAY)
    decide_reviewer_appeal(
        appeal, granted=False, answer="聊天是她写的", by=other_judge, now=NOW + DAY
    )
    review.refresh_from_db()
    assert (review.is_excluded, credit_of(mei), points_of(mei)) == (True, left, 12)


def test_a_member_appeals_once_in_time_and_only_for_themselves(
    review, qiao_answers, ops, mei, chen
):
    complaint = upheld(review, qiao_answers, ops)
    over = midnight(NOW.date() + 16 * DAY)
    assert refusal(appeal_as_reviewer, complaint, text="不是我", by=chen, now=NOW) == "not_found"
    late = refusal(appeal_as_reviewer, complaint, text="不是我", by=mei, now=over)
    assert late == "appeal.too_late"
    appeal_as_reviewer(complaint, text="不是我", by=mei, now=over - SECOND)
    again = refusal(appeal_as_reviewer, complaint, text="再说", by=mei, now=NOW)
    assert again == "appeal.already"


def test_a_review_excluded_before_for_another_reason_stays_so_when_the_appeal_is_won(
    review, qiao_answers, ops, other_judge, mei
):
    exclude_rating(review, ground="suspected_fake", reason="刷单", by=ops, now=NOW)
    complaint = upheld(review, qiao_answers, ops)
    assert complaint.measure is None
    appeal = appeal_as_reviewer(complaint, text="没有要挟", by=mei, now=NOW)
    decide_reviewer_appeal(appeal, granted=True, answer="对", by=other_judge, now=NOW)
    review.refresh_from_db()
    assert review.is_excluded
    restore_rating(review, reason="不是刷单", by=ops, now=NOW)
    assert RatingMeasure.objects.filter(ended_at=None).count() == 0


def test_a_suspicion_that_is_lifted_leaves_a_review_out_that_a_complaint_excludes_too(
    review, qiao_answers, ops, other_judge, mei
):
    exclude_rating(review, ground="suspected_fake", reason="刷单", by=ops, now=NOW)
    complaint = upheld(review, qiao_answers, ops)
    restore_rating(review, reason="不是刷单", by=other_judge, now=NOW + SECOND)
    review.refresh_from_db()
    running = RatingMeasure.objects.get(ended_at=None)
    assert (review.is_excluded, review.credit) == (True, 0)
    assert (running.ground, running.since, running.by) == ("malicious", NOW + SECOND, ops)
    appeal = appeal_as_reviewer(complaint, text="没有要挟", by=mei, now=NOW + DAY)
    decide_reviewer_appeal(appeal, granted=True, answer="对", by=other_judge, now=NOW + DAY)
    review.refresh_from_db()
    assert (review.is_excluded, review.credit) == (False, -1)
    assert not RatingMeasure.objects.filter(ended_at=None).exists()


def test_words_that_a_complaint_masks_too_stay_masked(shop, mei, qiao_answers, ops, other_judge):
    advert = rate(mei, shop, comment="加微信领红包")
    mask_review(advert, ground="advertising", words=["微信"], reason=WHY, by=ops, now=NOW)
    complaint = upheld(advert, qiao_answers, ops, type="abuse_leak_ad")
    unmask_review(advert, reason="不算广告", by=other_judge, now=NOW + SECOND)
    advert.refresh_from_db()
    assert advert.is_masked
    assert RatingMeasure.objects.get(ended_at=None).words == ["微信"]
    appeal = appeal_as_reviewer(complaint, text="不是广告", by=mei, now=NOW + DAY)
    decide_reviewer_appeal(appeal, granted=True, answer="对", by=other_judge, now=NOW + DAY)
    advert.refresh_from_db()
    assert not advert.is_masked


def test_an_appeal_nobody_answers_is_late_once(review, qiao_answers, ops, mei):
    complaint = upheld(review, qiao_answers, ops)
    appeal = appeal_as_reviewer(complaint, text="不是我", by=mei, now=NOW)
    sweep(appeal.due_at)
    sweep(appeal.due_at + SECOND)
    assert ReviewerAppeal.objects.get().is_late
    assert Event.objects.filter(action="reviewer_appeal.late").count() == 1


# --- Two at once ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_judges_decide_a_complaint_once(review, qiao_answers, ops, other_judge, mei):
    complaint = complained(review, qiao_answers)

    def decide(who, outcome):
        def run():
            try:
                how = {"outcome": outcome, "reason": WHY, "by": who, "now": NOW}
                return decide_complaint(complaint, **how).outcome
            except Exception as refused:
                return getattr(refused, "code", repr(refused))

        return run

    with transaction.atomic():
        ReviewComplaint.objects.select_for_update().get(pk=complaint.pk)
        both = [Beside(decide(ops, "upheld")), Beside(decide(other_judge, "rejected"))]
        assert all(one.waits() for one in both)
    answers = [one.done() for one in both]
    assert answers.count("complaint.decided") == 1
    (outcome,) = set(answers) - {"complaint.decided"}
    review.refresh_from_db()
    assert review.is_excluded == (outcome == "upheld")
    assert points_of(mei) == (12 if outcome == "upheld" else 0)
    assert ComplaintDecision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_of_a_shop_complain_at_once_and_one_complaint_stands(review, qiao_answers, mei, shop):
    keys = [evidence(review, qiao_answers) for _one in range(2)]

    def complain(key):
        def run():
            try:
                said = {"type": "extortion", "text": "要挟", "by": qiao_answers, "now": NOW}
                return file_complaint(review, files=[key], **said).state
            except Exception as refused:
                return getattr(refused, "code", repr(refused))

        return run

    with transaction.atomic():
        from merchants.actions.pairs import hold_pair

        hold_pair(review.member_id, review.shop_id)
        both = [Beside(complain(key)) for key in keys]
        assert all(one.waits() for one in both)
    assert sorted(one.done() for one in both) == ["complaint.already", "review"]


@pytest.mark.django_db(transaction=True)
def test_a_review_is_lifted_while_its_complaint_falls_and_counts_again(
    review, qiao_answers, ops, other_judge, mei
):
    exclude_rating(review, ground="suspected_fake", reason="刷单", by=ops, now=NOW)
    complaint = upheld(review, qiao_answers, ops)
    appeal = appeal_as_reviewer(complaint, text="没有要挟", by=mei, now=NOW + DAY)
    how = {"by": other_judge, "now": NOW + DAY}
    with transaction.atomic():
        ReviewComplaint.objects.select_for_update().get(pk=complaint.pk)
        both = [
            Beside(lambda: restore_rating(review, reason="不是刷单", **how)),
            Beside(lambda: decide_reviewer_appeal(appeal, granted=True, answer="对", **how)),
        ]
        assert all(one.waits() for one in both)
    for one in both:
        one.done()
    review.refresh_from_db()
    assert not review.is_excluded
    assert not RatingMeasure.objects.filter(ended_at=None).exists()


def test_a_good_review_may_be_complained_about_too(mei, shop, qiao_answers, ops):
    advert = rate(mei, shop, comment="加微信领红包")
    upheld(advert, qiao_answers, ops, type="abuse_leak_ad")
    advert.refresh_from_db()
    assert (advert.is_masked, advert.is_excluded) == (True, False)
