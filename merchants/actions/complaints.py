"""Complaints about malicious reviews: filed by the shop, decided by one of us, asked once more, decided by another.

Locks are taken in one order: totals of scores (shared), the complaint, buyer and shop, the member.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import hold_totals, post_entry
from accounts.actions.asking import refuse_own_case
from accounts.actions.score_cases import points_of
from accounts.models import Cause, Score, User
from common.calendars import is_workday
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.parameters import value
from merchants.actions.cases import require_house
from merchants.actions.complaint_files import attach_files, store_complaint_file
from merchants.actions.complaint_telling import tell_decided, tell_judges, tell_upheld
from merchants.actions.complaint_words import reason_of, words_of
from merchants.actions.measures import MASKING, exclude_rating, mask_review
from merchants.actions.pairs import held
from merchants.actions.reviewer_flags import flag_if_due
from merchants.complaints import rules
from merchants.complaints.quoting import quoted
from merchants.models import (
    BuyerPointsCause,
    BuyerPointsEntry,
    ComplaintDecision,
    ComplaintFile,
    ComplaintOutcome,
    ComplaintQuote,
    ComplaintState,
    ComplaintType,
    MeasureGround,
    Rating,
    RatingMeasure,
    RatingMeasureKind,
    ReviewComplaint,
    StaffRight,
    Stage,
    shops_of,
)
from merchants.models.complaints import JUDGE
from merchants.penalties.rules import end_of_workday
from merchants.ratings.rules import first_moment_after

LATE = "complaint.late"


def upload_complaint_file(
    rating: Rating, *, source: BinaryIO, name: str, by: User
) -> ComplaintFile:
    """Take a file for a complaint about a review of one's shop.

    Raises ``not_found``, ``forbidden``, ``file.too_many`` and the codes of the gate of files.
    """
    require_shop(rating, by)
    return store_complaint_file(rating, source=source, name=name, by=by)


@transaction.atomic
def file_complaint(
    rating: Rating,
    *,
    type: str,
    text: str,
    quotes: dict[str, list[int]] | None = None,
    files: Sequence[str] = (),
    by: User,
    now: datetime | None = None,
) -> ReviewComplaint:
    """Complain that a review is malicious, once, with evidence; one of us looks at it in time.

    ``quotes`` are numbers of messages by number of the talk, which is about that order; they are kept
    as they stand now, masked. Raises ``not_found``, ``forbidden``, ``complaint.unknown_type``,
    ``complaint.no_evidence``, ``complaint.already``, ``complaint.too_late`` (details ``until``),
    ``complaint.no_review``, those of quoting and of attaching files.
    """
    require_shop(rating, by)
    if type not in ComplaintType.values:
        raise DomainError("complaint.unknown_type", _("There is no such kind of complaint."))
    words = words_of(text)
    rating, now = held(rating), now or timezone.now()
    if rating.is_default or rating.withdrawn_at is not None:
        raise DomainError(
            "complaint.no_review", _("There is nothing to complain about: nobody reads such words.")
        )
    if ReviewComplaint.objects.filter(rating=rating).exists():
        raise DomainError(
            "complaint.already", _("Your shop has complained about this review already.")
        )
    until = first_moment_after(rating.rated_at, value("complaint.window_days", rating.rated_at))
    if now >= until:
        raise DomainError(
            "complaint.too_late", _("The time to complain about this review is over."),
            until=until.isoformat(),
        )  # fmt: skip
    if not files and not any((quotes or {}).values()):
        raise DomainError(
            "complaint.no_evidence", _("Show it: quote the talk about this order, or add a file.")
        )
    said = quoted(rating.order_no, quotes or {}, most=value("complaint.quotes", now))
    complaint = ReviewComplaint.objects.create(
        rating=rating,
        shop_id=rating.shop_id,
        member_id=rating.member_id,
        type=type,
        text=words,
        state=ComplaintState.REVIEW,
        filed_at=now,
        filed_by=by,
        due_at=end_of_workday(now, value("complaint.review_workdays", now), is_workday),
    )
    ComplaintQuote.objects.bulk_create(
        ComplaintQuote(
            complaint=complaint, conversation_no=one.conversation_no, seq=one.seq,
            author=one.author, said_at=one.said_at, body=one.body,
        )
        for one in said
    )  # fmt: skip
    attached = attach_files(complaint, files, by=by)
    record(
        complaint, "complaint.filed", by=by, at=now,
        after={"type": type, "rating": rating.pk, "quotes": len(said), "files": attached,
               "due_at": complaint.due_at},
    )  # fmt: skip
    _wait(complaint, _("A shop complains about a review"), "filed", now)
    return complaint


@transaction.atomic
def decide_complaint(
    complaint: ReviewComplaint,
    *,
    outcome: str,
    reason: str,
    words: Sequence[str] = (),
    ground: str = MeasureGround.INSULTING,
    by: User | None,
    now: datetime | None = None,
) -> ReviewComplaint:
    """Decide a complaint: the first time, or finally when the shop has asked once more.

    Upheld, the review no longer counts, or its ``words`` are masked on ``ground`` when it was insulting,
    private or advertising; it costs the buyer credit and points. Raises ``forbidden``,
    ``conflict.own_case``, ``complaint.no_reason``, ``complaint.unknown_outcome``,
    ``complaint.decided`` (details ``outcome``), ``complaint.same_person`` and those of measures.
    """
    judge = require_house(complaint.shop, by, JUDGE)
    refuse_own_case(complaint.member_id, judge)
    why = reason_of(reason)
    if outcome not in ComplaintOutcome.values:
        raise DomainError("complaint.unknown_outcome", _("There is no such outcome."))
    if ground not in MASKING:
        raise DomainError("measure.bad_ground", _("This is no ground for such a measure."))
    hold_totals()
    complaint, now = hold_complaint(complaint, now)
    stage = _stage_of(complaint)
    if complaint.decisions.filter(by=judge).exists():
        raise DomainError(
            "complaint.same_person",
            _("You have decided this before. Somebody else decides it now."),
        )
    ComplaintDecision.objects.create(
        complaint=complaint, stage=stage, outcome=outcome, reason=why, by=judge, at=now
    )
    before = {"state": complaint.state, "outcome": complaint.outcome}
    complaint.outcome, complaint.due_at = outcome, None
    complaint.state = outcome if stage == Stage.FIRST else ComplaintState.FINAL
    if outcome == ComplaintOutcome.UPHELD:
        complaint.upheld_at = now
        complaint.measure = _measure(complaint, words, ground, by=judge, reason=why, now=now)
    elif stage == Stage.FIRST:
        days = value("complaint.reapply_workdays", complaint.filed_at)
        complaint.reapply_until = end_of_workday(now, days, is_workday)
    complaint.save(
        update_fields=["state", "outcome", "due_at", "upheld_at", "measure", "reapply_until"]
    )
    record(
        complaint, "complaint.decided", by=judge, before=before, reason=why, at=now,
        after={"state": complaint.state, "outcome": outcome, "stage": stage},
    )  # fmt: skip
    drop_deadline(LATE, complaint)
    if outcome == ComplaintOutcome.UPHELD:
        _charge(complaint, why, now)
    tell_decided(complaint, stage, now=now)
    return complaint


@transaction.atomic
def reapply(
    complaint: ReviewComplaint,
    *,
    text: str,
    files: Sequence[str] = (),
    by: User,
    now: datetime | None = None,
) -> ReviewComplaint:
    """Ask once more after a complaint was rejected, in time; somebody else decides, for good.

    Raises ``not_found``, ``forbidden``, ``complaint.not_rejected``, ``complaint.reapplied``,
    ``complaint.too_late``, and those of attaching files.
    """
    require_shop(complaint.rating, by)
    words = words_of(text)
    complaint, now = hold_complaint(complaint, now)
    if complaint.reapplied_at is not None:
        raise DomainError("complaint.reapplied", _("You have asked once more already."))
    if complaint.state != ComplaintState.REJECTED:
        raise DomainError(
            "complaint.not_rejected", _("Only a complaint that was rejected is asked once more.")
        )
    assert complaint.reapply_until is not None
    if now >= complaint.reapply_until:
        raise DomainError(
            "complaint.too_late", _("The time to ask once more is over."),
            until=complaint.reapply_until.isoformat(),
        )  # fmt: skip
    complaint.state, complaint.more_text = ComplaintState.REAPPLIED, words
    complaint.reapplied_at, complaint.reapplied_by, complaint.is_late = now, by, False
    days = value("complaint.final_workdays", complaint.filed_at)
    complaint.due_at = end_of_workday(now, days, is_workday)
    complaint.save(
        update_fields=["state", "more_text", "reapplied_at", "reapplied_by", "due_at", "is_late"]
    )
    attached = attach_files(complaint, files, by=by)
    record(
        complaint, "complaint.reapplied", by=by, before={"state": ComplaintState.REJECTED}, at=now,
        after={"state": complaint.state, "due_at": complaint.due_at, "files": attached},
    )  # fmt: skip
    _wait(complaint, _("A shop asks once more about a review"), "reapplied", now)
    return complaint


@transaction.atomic
def mark_complaint_late(complaint: ReviewComplaint, *, now: datetime) -> bool:
    """Mark a complaint nobody has decided in time, once, and tell who decides. False when it moved on."""
    late = ReviewComplaint.objects.filter(
        pk=complaint.pk, state__in=rules.WAITING, due_at__lte=now, is_late=False
    )
    if not late.update(is_late=True):
        return False
    record(complaint, "complaint.late", by=None, after={"is_late": True}, at=now)
    _tell_judges(complaint, _("A complaint about a review is late"), f"late:{complaint.state}", now)
    return True


def require_shop(rating: Rating, by: User) -> None:
    """Raise unless ``by`` answers for the shop of a review: ``not_found`` for who is of another shop."""
    if not by.is_active or not shops_of(by).filter(pk=rating.shop_id).exists():
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    if not shops_of(by, StaffRight.ANSWER).filter(pk=rating.shop_id).exists():
        raise Forbidden(_("Your account has no right to state and appeal."))


def hold_complaint(
    complaint: ReviewComplaint, now: datetime | None
) -> tuple[ReviewComplaint, datetime]:
    """Return the complaint as it is now, held, and the moment after the wait."""
    row = (
        ReviewComplaint.objects.select_for_update(of=("self",))
        .select_related("shop", "rating", "member__user", "measure")
        .get(pk=complaint.pk)
    )
    return row, now or timezone.now()


def _stage_of(complaint: ReviewComplaint) -> str:
    if complaint.state == ComplaintState.REVIEW:
        return Stage.FIRST
    if complaint.state == ComplaintState.REAPPLIED:
        return Stage.FINAL
    raise DomainError(
        "complaint.decided",
        _("This complaint is decided already: “%(outcome)s”.")
        % {"outcome": complaint.get_outcome_display() or complaint.get_state_display()},
        outcome=complaint.outcome,
    )


def _measure(
    complaint: ReviewComplaint,
    words: Sequence[str],
    ground: str,
    *,
    by: User,
    reason: str,
    now: datetime,
) -> RatingMeasure | None:
    """Do to the review what follows; None when the same was done to it before for another reason."""
    masks = complaint.type == ComplaintType.ABUSE_LEAK_AD
    kind = RatingMeasureKind.MASKED if masks else RatingMeasureKind.EXCLUDED
    rating = held(complaint.rating)
    if RatingMeasure.objects.filter(rating=rating, kind=kind, ended_at=None).exists():
        return None
    given: dict[str, Any] = {"reason": reason, "by": by, "now": now}
    if masks:
        return mask_review(rating, ground=ground, words=words, **given)
    return exclude_rating(rating, ground=MeasureGround.MALICIOUS, **given)


def _charge(complaint: ReviewComplaint, reason: str, now: datetime) -> None:
    """Post what an upheld complaint costs its author, and flag who has earned it."""
    post_entry(
        complaint.member,
        Score.CREDIT,
        points_of(Cause.MALICIOUS_REVIEW, now),
        Cause.MALICIOUS_REVIEW,
        complaint.public_key,
        by=None,  # what an upheld complaint costs is the house's rule, nobody's choice
        reason=reason,
        now=now,
    )
    BuyerPointsEntry.objects.create(
        member=complaint.member, points=value("complaint.buyer_points", complaint.filed_at),
        cause=BuyerPointsCause.MALICIOUS_REVIEW, complaint=complaint, at=now,
    )  # fmt: skip
    tell_upheld(complaint, now=now)
    flag_if_due(complaint.member, reason=reason, now=now)


def _wait(complaint: ReviewComplaint, title: object, dedupe: str, now: datetime) -> None:
    assert complaint.due_at is not None
    set_deadline(LATE, complaint, complaint.due_at)
    _tell_judges(complaint, title, dedupe, now)


def _tell_judges(complaint: ReviewComplaint, title: object, dedupe: str, now: datetime) -> None:
    url = f"/admin/merchants/reviewcomplaint/{complaint.pk}/change/"
    tell_judges(complaint, title, url=url, dedupe=dedupe, now=now)
