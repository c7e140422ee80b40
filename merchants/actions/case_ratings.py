"""Ratings of fake trades: named when a case is opened, out of every count once it is decided, back when revoked."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
from common.history import record
from merchants.actions.measures import exclude_held, hold_complaints_of, restore_held
from merchants.actions.pairs import held
from merchants.models import (
    CaseRating,
    MeasureGround,
    Penalty,
    Rating,
    RatingMeasure,
    Violation,
)
from merchants.penalties.restoring import GivenBack, restorer

MOST_RATINGS = 200


def name_ratings(violation: Violation, order_nos: Sequence[str]) -> None:
    """Name the ratings of these orders as fake. Inside the opening of a case.

    Raises ``violation.too_many_ratings`` and ``violation.unknown_rating``, which says of which order.
    """
    wanted = sorted(set(order_nos))
    if len(wanted) > MOST_RATINGS:
        raise DomainError(
            "violation.too_many_ratings",
            _("A case names at most %(most)s ratings.") % {"most": MOST_RATINGS},
        )
    found = dict(
        Rating.objects.filter(shop=violation.shop_id, order_no__in=wanted).values_list(
            "order_no", "pk"
        )
    )
    unknown = next((one for one in wanted if one not in found), None)
    if unknown is not None:
        raise DomainError(
            "violation.unknown_rating",
            _("The shop has no rating of order %(no)s.") % {"no": unknown[:40]},
        )
    CaseRating.objects.bulk_create(
        CaseRating(violation=violation, rating_id=found[one]) for one in wanted
    )


def stop_counting(penalty: Penalty, *, now: datetime) -> None:
    """Count the ratings a case names no longer. Inside a decision, or what begins by it."""
    out = []
    for one in _named(penalty.violation):
        measure = exclude_held(
            one.rating, MeasureGround.SUSPECTED_FAKE, penalty.violation.violation_no,
            by=penalty.decided_by, now=now,
        )  # fmt: skip
        if measure is None:
            continue
        one.measure = measure
        one.save(update_fields=["measure"])
        out.append(one.rating.order_no)
    if out:
        record(
            penalty.violation, "violation.ratings_out", by=penalty.decided_by,
            after={"orders": out}, at=now,
        )  # fmt: skip


@restorer("ratings", _("Ratings that count again"))
def count_again(penalty: Penalty, by: User, now: datetime) -> Iterable[GivenBack]:
    """Count again what a revoked penalty had taken out, but for what somebody has lifted since.

    What a complaint or another case excludes too stays out, and is not among what is given back.
    """
    if penalty.points:
        return
    back, named = [], list(_named(penalty.violation))
    hold_complaints_of(one.rating for one in named)
    for one in named:
        # Held before it is read: it may have taken over from another at this very moment.
        held(one.rating)
        measure = RatingMeasure.objects.filter(named_in=one, ended_at=None).first()
        if measure is not None and restore_held(
            measure, penalty.violation.violation_no, by=by, now=now
        ):
            back.append(one.rating.order_no)
    if back:
        yield GivenBack("ratings", "", {"out": len(back)}, {"orders": back})


def _named(violation: Violation) -> QuerySet[CaseRating]:
    rows = CaseRating.objects.filter(violation=violation).select_related("rating")
    # Pairs are held in one order, whoever comes.
    return rows.order_by("rating__member_id", "rating_id")
