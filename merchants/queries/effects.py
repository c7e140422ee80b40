"""A shop's ratings with what each does to its scores, as the shop sees them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from common.ids import public_key
from common.rules import midnight
from merchants.models import Grade, Rating, RatingMove, Shop
from merchants.queries.dsr import SHORT, counted_in, last_counted, snapshots_of
from merchants.ratings.rules import Counted, effect_of_one, window

PLACES = Decimal("0.00001")


def owned_page(
    shop: Shop, *, cursor: str = "", limit: int = 20
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the ratings of ``shop``, newest first, and the cursor of the next one.

    Effects are those on the means of the last counted day; a rating that is not in them says why.
    Raises ``cursor.bad``.
    """
    rows = Rating.objects.filter(shop=shop, is_default=False)
    if cursor:
        at, key = decode_cursor(cursor, as_moment, as_uuid)
        rows = rows.filter(Q(rated_at__lt=at) | Q(rated_at=at, pk__lt=key))
    found = list(rows.order_by("-rated_at", "-pk")[: limit + 1])
    page = found[:limit]
    counted = last_counted()
    snapshot = next(iter(snapshots_of(shop, [counted.day])), None) if counted else None
    means = {name: counted_in(snapshot, name) for name in SHORT}
    first = midnight(window(counted.day, counted.window_days)[0]) if counted is not None else None
    waiting = _not_counted_yet(page)
    last = counted.day if counted else None
    cards = [_card(rating, means, first, last, rating.pk in waiting) for rating in page]
    further = encode_cursor([page[-1].rated_at, page[-1].pk]) if len(found) > limit else ""
    return cards, further


def _not_counted_yet(ratings: Sequence[Rating]) -> set[UUID]:
    """Return the keys of those that came, or came back, to a day after it was counted: one query."""
    rows = RatingMove.objects.filter(rating__in=[one.pk for one in ratings], applied_on=None)
    counts = Sum("desc_count") + Sum("service_count") + Sum("logistics_count")
    gained = rows.values("rating").annotate(counts=counts).filter(counts__gt=0)
    return set(gained.values_list("rating", flat=True))


def _card(
    rating: Rating, means: dict[str, Counted], first: datetime | None, last: Any, waits: bool
) -> dict[str, Any]:
    why_not = _why_not(rating, first, last, waits)
    effects: dict[str, str | None] = dict.fromkeys(SHORT)
    if not why_not:
        effects = {name: _effect(means[name], getattr(rating, name)) for name in SHORT}
    return {
        "key": public_key("rtg", rating.pk),
        "order_no": rating.order_no,
        "rated_at": rating.rated_at,
        "grade": None if rating.grade is None else Grade(rating.grade).name.lower(),
        "scores": {name: getattr(rating, name) for name in SHORT},
        "counts": not why_not,
        "why_not": why_not,
        "effects": effects,
    }


def _why_not(rating: Rating, first: datetime | None, last: Any, waits: bool) -> str:
    """Say why a rating is not in the scores; nothing when it is."""
    if rating.is_excluded:
        return _("It was excluded.")
    if not rating.is_scored:
        return _("It has no scores.")
    if rating.is_surplus:
        return _("This buyer's ratings of the month that count were given for earlier trades.")
    if first is not None and rating.rated_at < first:
        return _("It is older than the days that count.")
    if first is None or rating.day > last or waits:
        return _("It will be counted tonight.")
    return ""


def _effect(mean: Counted, score: int | None) -> str | None:
    if score is None or mean.count < 1:
        return None
    effect: Fraction | None = effect_of_one(mean, score)
    if effect is None:
        return None
    return str((Decimal(effect.numerator) / effect.denominator).quantize(PLACES))
