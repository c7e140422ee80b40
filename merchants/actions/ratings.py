"""A buyer rates an order. The app that owns orders says which, whose, and when the trade succeeded."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.queries import own_member
from common.errors import DomainError, Forbidden
from common.history import record
from common.parameters import value
from common.rules import shanghai_day
from common.text import clean
from merchants.actions.held_reviews import hold_words
from merchants.actions.pairs import hold_pair, next_number, recount_pair
from merchants.models import Grade, Rating
from merchants.models.ratings import SCORES
from merchants.ratings.numbers import month_numbers
from merchants.ratings.rules import first_moment_after


@dataclass(frozen=True)
class RatedOrder:
    """What ratings know of an order."""

    order_no: str
    member_id: int
    shop_id: int
    succeeded_at: datetime


@dataclass(frozen=True)
class RatingDraft:
    """What a buyer gives: scores of 1–5 or none, a grade or none, words or none."""

    desc_match: int | None = None
    service_attitude: int | None = None
    logistics_service: int | None = None
    grade: int | None = None
    comment: str = ""


@transaction.atomic
def record_rating(
    order: RatedOrder, draft: RatingDraft, *, by: User | None, now: datetime | None = None
) -> Rating:
    """Store what the buyer of ``order`` says of it, once and for good.

    Raises ``rating.not_buyer`` (403), ``rating.already``, ``rating.too_early``, ``rating.too_late``
    (details ``until``), ``rating.empty``, ``rating.score_out_of_range``, ``rating.no_such_grade`` and
    the codes of ``common.text.clean``.
    """
    now = now or timezone.now()
    _require_buyer(order, by)
    comment = _checked(draft, now)
    _require_open(order, now)
    hold_pair(order.member_id, order.shop_id)
    if Rating.objects.filter(order_no=order.order_no).exists():
        raise DomainError("rating.already", _("This order has been rated already."))
    rating = Rating(
        id=Rating.id_for(order.order_no, order.succeeded_at),
        order_no=order.order_no,
        member_id=order.member_id,
        shop_id=order.shop_id,
        succeeded_at=order.succeeded_at,
        rated_at=now,
        grade=draft.grade,
        comment=comment,
        credit=draft.grade or 0,
        **{name: getattr(draft, name) for name in SCORES},
    )
    _number_and_store(rating)
    record(rating, "rating.given", by=by, after=_facts(rating), at=now)
    if comment:
        hold_words(rating, now=now)
    return rating


def _require_buyer(order: RatedOrder, by: User | None) -> None:
    if by is None:
        return
    member = own_member(by)
    if member is None or member.pk != order.member_id:
        raise Forbidden(_("Only who bought it can rate it."), code="rating.not_buyer")


def _require_open(order: RatedOrder, now: datetime) -> None:
    if now < order.succeeded_at:
        raise DomainError("rating.too_early", _("It can be rated once the trade has succeeded."))
    until = first_moment_after(
        order.succeeded_at, value("dsr.rate_window_days", order.succeeded_at)
    )
    if now >= until:
        raise DomainError(
            "rating.too_late", _("The time to rate this order is over."), until=until.isoformat()
        )


def _checked(draft: RatingDraft, now: datetime) -> str:
    scores = [getattr(draft, name) for name in SCORES]
    if any(score is not None and not 1 <= score <= 5 for score in scores):
        raise DomainError("rating.score_out_of_range", _("A score is a whole number from 1 to 5."))
    if draft.grade is not None and draft.grade not in Grade.values:
        raise DomainError("rating.no_such_grade", _("There is no such grade."))
    if draft.grade is None and all(score is None for score in scores):
        raise DomainError("rating.empty", _("Give at least one score or a grade."))
    return clean(draft.comment, max_chars=value("review.comment_length", now), required=False)


def _number_and_store(rating: Rating) -> None:
    """Number it in its month; where too many come together, say anew which of them count."""
    month = shanghai_day(rating.succeeded_at).replace(day=1)
    rating.nth = next_number(rating.member_id, rating.shop_id, month)
    rating.save(force_insert=True)
    numbers = month_numbers(month)
    if rating.nth > min(numbers.ratings, numbers.points):
        recount_pair(rating)
        rating.refresh_from_db()


def _facts(rating: Rating) -> dict[str, object]:
    # Not the words: history keeps what is said of nobody.
    names = ("order_no", *SCORES, "grade")
    return {name: getattr(rating, name) for name in names if getattr(rating, name) is not None}
