"""What the house does to reviews: some are not counted, some words are masked; both can be undone."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import refuse_own_case
from accounts.models import User
from common.errors import DomainError, Forbidden
from common.history import record
from common.rights import require_right
from common.text import clean
from merchants.actions.pairs import held, recount_pair
from merchants.models import (
    CaseRating,
    ComplaintOutcome,
    ComplaintType,
    MeasureGround,
    Outcome,
    Rating,
    RatingMeasure,
    RatingMeasureKind,
    ReviewComplaint,
    works_for,
)

RIGHT = "ratings.manage"
EXCLUDING = frozenset({MeasureGround.SUSPECTED_FAKE, MeasureGround.MALICIOUS})
MASKING = frozenset(MeasureGround) - EXCLUDING
LONGEST_REASON = 500
MOST_WORDS = 50


@transaction.atomic
def exclude_rating(
    rating: Rating, *, ground: str, reason: str, by: User | None, now: datetime | None = None
) -> RatingMeasure:
    """No longer count ``rating``: neither its scores nor its grade; it stays readable, folded.

    ``ground`` is suspected fake or upheld malicious. Raises ``forbidden``, ``conflict.own_case``,
    ``measure.bad_ground``, ``measure.running`` and ``text.empty`` without a reason.
    """
    _require_impartial(rating, by)
    _require_ground(ground, EXCLUDING)
    rating = held(rating)
    measure = _begin(rating, RatingMeasureKind.EXCLUDED, ground, reason, by, now)
    Rating.objects.filter(pk=rating.pk).update(is_excluded=True)
    # Another of the month may count in its place.
    recount_pair(rating)
    return measure


@transaction.atomic
def restore_rating(
    rating: Rating, *, reason: str, by: User | None, now: datetime | None = None
) -> RatingMeasure:
    """Lift what excludes a rating: it counts again, exactly as before, unless somebody else excludes it.

    An upheld complaint, or a decided case, that found it excluded already takes the place of what is
    lifted. Raises ``forbidden``, ``conflict.own_case``, ``measure.not_running``.
    """
    _require_impartial(rating, by)
    hold_complaints_of([rating])
    rating = held(rating)
    measure = _end(rating, RatingMeasureKind.EXCLUDED, reason, by, now)
    _count_unless_taken_over(rating, measure)
    return measure


def exclude_held(
    rating: Rating, ground: str, reason: str, *, by: User | None, now: datetime
) -> RatingMeasure | None:
    """Exclude a rating inside a decision that has asked for its own right; None when it is excluded already."""
    rating = held(rating)
    if rating.is_excluded:
        return None
    measure = _begin(rating, RatingMeasureKind.EXCLUDED, ground, reason, by, now)
    Rating.objects.filter(pk=rating.pk).update(is_excluded=True)
    recount_pair(rating)
    return measure


def restore_held(measure: RatingMeasure, reason: str, *, by: User | None, now: datetime) -> bool:
    """Lift an exclusion inside a ruling that has asked for its own right; tell whether the rating counts again.

    False also when somebody had lifted it before.
    """
    hold_complaints_of([measure.rating])
    rating = held(measure.rating)
    if RatingMeasure.objects.filter(pk=measure.pk, ended_at__isnull=False).exists():
        return False
    ended = _end(rating, RatingMeasureKind.EXCLUDED, reason, by, now)
    return _count_unless_taken_over(rating, ended)


@transaction.atomic
def mask_review(
    rating: Rating,
    *,
    ground: str,
    reason: str,
    words: Sequence[str] = (),
    by: User | None,
    now: datetime | None = None,
) -> RatingMeasure:
    """Mask ``words`` of a review, all of them when none is named; scores and grade stay.

    Raises ``forbidden``, ``conflict.own_case``, ``measure.bad_ground``, ``measure.running``,
    ``measure.too_many_words`` and the codes of ``common.text.clean``.
    """
    _require_impartial(rating, by)
    _require_ground(ground, MASKING)
    if len(words) > MOST_WORDS:
        raise DomainError("measure.too_many_words", _("That many words are masked all together."))
    cleaned = [clean(word, max_chars=100, single_line=True) for word in words]
    rating = held(rating)
    measure = _begin(rating, RatingMeasureKind.MASKED, ground, reason, by, now, cleaned)
    Rating.objects.filter(pk=rating.pk).update(is_masked=True)
    return measure


@transaction.atomic
def unmask_review(
    rating: Rating, *, reason: str, by: User | None, now: datetime | None = None
) -> RatingMeasure:
    """Show masked words again, unless an upheld complaint masks them too.

    Raises ``forbidden``, ``conflict.own_case``, ``measure.not_running``.
    """
    _require_impartial(rating, by)
    hold_complaints_of([rating])
    rating = held(rating)
    measure = _end(rating, RatingMeasureKind.MASKED, reason, by, now)
    if not _taken_over(rating, measure):
        Rating.objects.filter(pk=rating.pk).update(is_masked=False)
    return measure


def _require_impartial(rating: Rating, by: User | None) -> None:
    """Raise unless ``by`` may measure reviews, and neither wrote this one nor works for whom it is about."""
    require_right(by, RIGHT)
    refuse_own_case(rating.member_id, by)
    if by is not None and works_for(by, rating.shop):
        raise Forbidden(
            _("You work or have worked for this merchant. A colleague does it."),
            code="conflict.own_case",
        )


def _require_ground(ground: str, known: frozenset[MeasureGround]) -> None:
    if ground not in known:
        raise DomainError("measure.bad_ground", _("This is no ground for such a measure."))


def hold_complaints_of(ratings: Iterable[Rating]) -> None:
    """Hold the complaints about ratings, before any pair: they may take over what is lifted."""
    keys = [rating.pk for rating in ratings]
    rows = ReviewComplaint.objects.filter(rating__in=keys).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))


def _count_unless_taken_over(rating: Rating, ended: RatingMeasure) -> bool:
    if _taken_over(rating, ended):
        return False
    Rating.objects.filter(pk=rating.pk).update(is_excluded=False)
    recount_pair(rating)
    return True


def _taken_over(rating: Rating, ended: RatingMeasure) -> bool:
    """Let who had found the same done to a held rating already go on with it; False when nobody had.

    One measure of a kind runs at a time; whoever came later has none of their own until it is lifted.
    """
    kind = RatingMeasureKind(ended.kind)
    waiting = _complaint_behind(rating, kind) or _case_behind(rating, kind)
    if waiting is None:
        return False
    now = ended.ended_at
    if isinstance(waiting, ReviewComplaint):
        decision = waiting.decisions.order_by("-at").first()
        assert decision is not None
        by, why = decision.by, decision.reason
        ground = MeasureGround.MALICIOUS if kind == RatingMeasureKind.EXCLUDED else ended.ground
    else:
        by, why = waiting.violation.penalty.decided_by, waiting.violation.violation_no
        ground = MeasureGround.SUSPECTED_FAKE
    waiting.measure = _begin(rating, kind, ground, why[:LONGEST_REASON], by, now, ended.words)
    waiting.save(update_fields=["measure"])
    return True


def _complaint_behind(rating: Rating, kind: RatingMeasureKind) -> ReviewComplaint | None:
    """Return the upheld complaint that found the same done to its review already."""
    masks = Q(type=ComplaintType.ABUSE_LEAK_AD)
    return ReviewComplaint.objects.filter(
        masks if kind == RatingMeasureKind.MASKED else ~masks,
        rating=rating, outcome=ComplaintOutcome.UPHELD, reversed_at=None, measure=None,
    ).first()  # fmt: skip


def _case_behind(rating: Rating, kind: RatingMeasureKind) -> CaseRating | None:
    """Return the oldest decided case that found its rating excluded already, and was not revoked since."""
    if kind != RatingMeasureKind.EXCLUDED:
        return None
    begun = Q(violation__penalty__begun_at__isnull=False) | Q(violation__penalty__node="")
    return (
        CaseRating.objects.filter(begun, rating=rating, measure=None)
        .filter(violation__penalty__isnull=False)
        .exclude(violation__penalty__appeal__ruling__outcome=Outcome.REVOKED)
        .select_related("violation__penalty__decided_by")
        .order_by("pk")
        .first()
    )


def _begin(
    rating: Rating,
    kind: RatingMeasureKind,
    ground: str,
    reason: str,
    by: User | None,
    now: datetime | None,
    words: Sequence[str] = (),
) -> RatingMeasure:
    why, now = clean(reason, max_chars=LONGEST_REASON), now or timezone.now()
    if RatingMeasure.objects.filter(rating=rating, kind=kind, ended_at=None).exists():
        raise DomainError("measure.running", _("This has been done to the review already."))
    measure = RatingMeasure.objects.create(
        rating=rating, kind=kind, ground=ground, words=list(words), reason=why, since=now, by=by
    )
    record(rating, f"rating.{kind.value}", by=by, after={"ground": ground}, reason=why, at=now)
    return measure


def _end(
    rating: Rating, kind: RatingMeasureKind, reason: str, by: User | None, now: datetime | None
) -> RatingMeasure:
    why, now = clean(reason, max_chars=LONGEST_REASON), now or timezone.now()
    running = RatingMeasure.objects.filter(rating=rating, kind=kind, ended_at=None)
    measure = running.select_for_update().first()
    if measure is None:
        raise DomainError("measure.not_running", _("This has not been done to the review."))
    measure.ended_at, measure.ended_by, measure.ended_reason = now, by, why
    measure.save(update_fields=["ended_at", "ended_by", "ended_reason"])
    done = "restored" if kind == RatingMeasureKind.EXCLUDED else "unmasked"
    record(rating, f"rating.{done}", by=by, before={"ground": measure.ground}, reason=why, at=now)
    return measure
