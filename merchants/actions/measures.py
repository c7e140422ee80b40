"""What the house does to reviews: some are not counted, some words are masked; both can be undone."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.rights import require_right
from common.text import clean
from merchants.actions.pairs import held, recount_pair
from merchants.models import MeasureGround, Rating, RatingMeasure, RatingMeasureKind

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

    ``ground`` is suspected fake or upheld malicious. Raises ``forbidden``, ``measure.bad_ground``,
    ``measure.running`` and ``text.empty`` without a reason.
    """
    require_right(by, RIGHT)
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
    """Count an excluded rating again, exactly as before. Raises ``forbidden``, ``measure.not_running``."""
    require_right(by, RIGHT)
    rating = held(rating)
    measure = _end(rating, RatingMeasureKind.EXCLUDED, reason, by, now)
    Rating.objects.filter(pk=rating.pk).update(is_excluded=False)
    recount_pair(rating)
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


def restore_held(rating: Rating, reason: str, *, by: User | None, now: datetime) -> None:
    """Count an excluded rating again inside a ruling that has asked for its own right."""
    rating = held(rating)
    _end(rating, RatingMeasureKind.EXCLUDED, reason, by, now)
    Rating.objects.filter(pk=rating.pk).update(is_excluded=False)
    recount_pair(rating)


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

    Raises ``forbidden``, ``measure.bad_ground``, ``measure.running``, ``measure.too_many_words`` and
    the codes of ``common.text.clean``.
    """
    require_right(by, RIGHT)
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
    """Show masked words again. Raises ``forbidden``, ``measure.not_running``."""
    require_right(by, RIGHT)
    rating = held(rating)
    measure = _end(rating, RatingMeasureKind.MASKED, reason, by, now)
    Rating.objects.filter(pk=rating.pk).update(is_masked=False)
    return measure


def _require_ground(ground: str, known: frozenset[MeasureGround]) -> None:
    if ground not in known:
        raise DomainError("measure.bad_ground", _("This is no ground for such a measure."))


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
