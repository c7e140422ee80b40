"""Members' appeals against upheld complaints and flags: once, in time, decided by somebody else."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import hold_totals, reverse_entry
from accounts.actions.asking import refuse_own_case
from accounts.models import Cause, Score, ScoreEntry, User
from common.calendars import is_workday
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.parameters import value
from common.rights import require_right
from merchants.actions.complaint_telling import tell_appeal_answered, tell_judges, tell_shop
from merchants.actions.complaint_words import reason_of, words_of
from merchants.actions.complaints import hold_complaint
from merchants.actions.measures import restore_rating, unmask_review
from merchants.actions.pairs import held
from merchants.actions.reviewer_flags import end_flag, end_without_basis, hold_with_linked
from merchants.models import (
    BuyerPointsCause,
    BuyerPointsEntry,
    FlagEnd,
    RatingMeasure,
    RatingMeasureKind,
    ReviewComplaint,
    ReviewerAppeal,
    ReviewerAppealState,
    ReviewerFlag,
    Shop,
    judges_of,
    works_for,
)
from merchants.models.complaints import JUDGE
from merchants.penalties.rules import end_of_workday
from merchants.queries.flags import Against, appeal_until, is_settled

LATE = "reviewer_appeal.late"


@transaction.atomic
def appeal_as_reviewer(
    against: Against, *, text: str, by: User, now: datetime | None = None
) -> ReviewerAppeal:
    """Appeal as the member, once and in time; somebody decides who has not decided before.

    Raises ``not_found``, ``appeal.already``, ``appeal.settled``, ``appeal.too_late``, ``text.*``.
    """
    if against.member.user_id != by.pk or not by.is_active:
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    words = words_of(text)
    against, now = _hold(against, now)
    is_flag = isinstance(against, ReviewerFlag)
    named = {"flag": against} if is_flag else {"complaint": against}
    if ReviewerAppeal.objects.filter(**named).exists():
        raise DomainError("appeal.already", _("You have appealed already."))
    if is_settled(against):
        raise DomainError("appeal.settled", _("It was taken back; nothing is left to appeal."))
    if now >= appeal_until(against):
        raise DomainError("appeal.too_late", _("The time to appeal is over."))
    appeal = ReviewerAppeal.objects.create(
        **named,
        member=against.member,
        text=words,
        state=ReviewerAppealState.FILED,
        filed_at=now,
        due_at=end_of_workday(now, value("reviewer_flag.appeal_workdays", now), is_workday),
    )
    record(
        appeal, "reviewer_appeal.filed", by=by, at=now,
        after={"against": against.public_key, "due_at": appeal.due_at},
    )  # fmt: skip
    set_deadline(LATE, appeal, appeal.due_at)
    _tell_judges(appeal, _("A member appeals in a matter of malicious reviews"), "filed", now)
    return appeal


@transaction.atomic
def decide_reviewer_appeal(
    appeal: ReviewerAppeal,
    *,
    granted: bool,
    answer: str,
    by: User | None,
    now: datetime | None = None,
) -> ReviewerAppeal:
    """Answer a member's appeal, by somebody who decided none of what it is about.

    Granted, everything is given back: the rating counts or reads as before, credit and points return,
    a flag that has lost its ground ends. Raises ``forbidden``, ``conflict.own_case``,
    ``complaint.no_reason``, ``appeal.same_person``, ``appeal.decided``.
    """
    person = _require_judge(appeal, by)
    words = reason_of(answer)
    hold_totals()
    against = appeal.flag or appeal.complaint
    assert against is not None
    against, now = _hold(against, now)
    appeal = (
        ReviewerAppeal.objects.select_for_update(of=("self",))
        .select_related("member__user")
        .get(pk=appeal.pk)
    )
    if appeal.state != ReviewerAppealState.FILED:
        raise DomainError("appeal.decided", _("This appeal is decided already."))
    if person.pk in _touched(against):
        raise DomainError(
            "appeal.same_person", _("Somebody decides who has not decided in this matter before.")
        )
    appeal.state = ReviewerAppealState.WON if granted else ReviewerAppealState.LOST
    appeal.decided_at, appeal.decided_by, appeal.answer = now, person, words
    appeal.save(update_fields=["state", "decided_at", "decided_by", "answer"])
    record(
        appeal, "reviewer_appeal.decided", by=person, before={"state": ReviewerAppealState.FILED},
        after={"state": appeal.state}, reason=words, at=now,
    )  # fmt: skip
    drop_deadline(LATE, appeal)
    if granted:
        _give_back(against, by=person, reason=words, now=now)
    tell_appeal_answered(appeal, now=now)
    return appeal


@transaction.atomic
def mark_reviewer_appeal_late(appeal: ReviewerAppeal, *, now: datetime) -> bool:
    """Mark an appeal nobody has answered in time, once, and tell who decides."""
    late = ReviewerAppeal.objects.filter(
        pk=appeal.pk, state=ReviewerAppealState.FILED, due_at__lte=now, is_late=False
    )
    if not late.update(is_late=True):
        return False
    record(appeal, "reviewer_appeal.late", by=None, after={"is_late": True}, at=now)
    _tell_judges(appeal, _("A member's appeal is late"), "late", now)
    return True


def _hold(against: Against, now: datetime | None) -> tuple[Against, datetime]:
    if isinstance(against, ReviewComplaint):
        return hold_complaint(against, now)
    flag = (
        ReviewerFlag.objects.select_for_update(of=("self", "member"), no_key=True)
        .select_related("member__user")
        .get(pk=against.pk)
    )
    return flag, now or timezone.now()


def _require_judge(appeal: ReviewerAppeal, by: User | None) -> User:
    if by is None:
        raise Forbidden()
    require_right(by, JUDGE)
    refuse_own_case(appeal.member_id, by)
    keys = appeal.flag.complaints if appeal.flag else [appeal.complaint_id]
    shops = Shop.objects.filter(review_complaints__in=keys).distinct()
    if any(works_for(by, shop) for shop in shops):
        raise Forbidden(
            _("You work or have worked for this merchant. A colleague does it."),
            code="conflict.own_case",
        )
    return by


def _touched(against: Against) -> set[int]:
    """Return the keys of everybody who decided in the matter before."""
    if isinstance(against, ReviewerFlag):
        return judges_of(against.complaints) | {against.by_id or 0}
    return judges_of([against.pk])


def _give_back(against: Against, *, by: User, reason: str, now: datetime) -> None:
    if isinstance(against, ReviewerFlag):
        if against.ended_at is None:
            end_flag(against, FlagEnd.APPEAL, by=by, reason=reason, now=now)
        return
    _take_back(against, by=by, reason=reason, now=now)
    end_without_basis(against, reason=reason, now=now)


def _take_back(complaint: ReviewComplaint, *, by: User, reason: str, now: datetime) -> None:
    """Undo an upheld complaint exactly: only what this complaint did, and all of it."""
    held(complaint.rating)
    hold_with_linked(complaint.member)
    # Asked by its key: it may have been begun while this one waited for the complaint.
    keys = [] if complaint.measure_id is None else [complaint.measure_id]
    measure = RatingMeasure.objects.filter(pk__in=keys, ended_at=None).first()
    if measure is not None:
        undo = restore_rating if measure.kind == RatingMeasureKind.EXCLUDED else unmask_review
        undo(complaint.rating, reason=reason, by=by, now=now)
    entry = ScoreEntry.objects.get(
        member=complaint.member, score=Score.CREDIT, cause=Cause.MALICIOUS_REVIEW,
        cause_key=complaint.public_key,
    )  # fmt: skip
    reverse_entry(entry, by=None, reason=reason, now=now)
    charged = BuyerPointsEntry.objects.get(
        complaint=complaint, cause=BuyerPointsCause.MALICIOUS_REVIEW
    )
    BuyerPointsEntry.objects.create(
        member=complaint.member, points=-charged.points, cause=BuyerPointsCause.REVERSAL,
        complaint=complaint, at=now,
    )  # fmt: skip
    complaint.reversed_at = now
    complaint.save(update_fields=["reversed_at"])
    record(
        complaint, "complaint.reversed", by=by, after={"reversed_at": now}, reason=reason, at=now
    )
    tell_shop(
        complaint, _("%(shop)s: a complaint about a review was taken back"),
        _("Its author appealed and was right; the review is as before."),
        dedupe="reversed", now=now,
    )  # fmt: skip


def _tell_judges(appeal: ReviewerAppeal, title: object, dedupe: str, now: datetime) -> None:
    url = f"/admin/merchants/reviewerappeal/{appeal.pk}/change/"
    tell_judges(appeal, title, url=url, dedupe=dedupe, now=now)
