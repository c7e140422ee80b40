"""Why a shop's score moved: the ratings that came in, went out or count differently, each with its effect."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.rules import midnight, midnight_after
from merchants.models import Dimension, DSRDay, DSRSnapshot, MoveWhy, Rating, RatingMove, Shop
from merchants.models.ratings import PARTS
from merchants.queries.dsr import SHORT, counted_in
from merchants.ratings.rules import Counted, effects, window
from merchants.ratings.statements import DSR_PARTS

ENTERED, LEFT = "entered", "left"
PLACES = Decimal("0.00000001")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """One rating between two days: why it counts differently, and by how much it moved each mean."""

    rating: Rating
    why: str
    moved: dict[str, Counted]
    effects: dict[str, Fraction | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Moved:
    """What became of one dimension between two days. ``unexplained`` is zero, or the figures were mended."""

    before: Counted
    after: Counted

    @property
    def difference(self) -> Fraction | None:
        """By how much the mean moved; None without one on either day."""
        if self.before.mean is None or self.after.mean is None:
            return None
        return self.after.mean - self.before.mean


@dataclass(frozen=True)
class Explanation:
    """What moved the scores of a shop from the end of one day to the end of another."""

    since: date
    until: date
    dimensions: dict[str, Moved]
    changes: list[Change]

    def sum_of_effects(self, dimension: str) -> Fraction:
        """Return what the changes' effects on one mean add up to: exactly its difference."""
        return sum(
            (effect for one in self.changes if (effect := one.effects[dimension]) is not None),
            Fraction(0),
        )


def explain(shop: Shop, since: date, until: date) -> Explanation:
    """Return which ratings moved the scores of ``shop`` between two counted days.

    What each adds is taken as it was counted on the days themselves, whatever became of it since.
    Their effects sum exactly to the differences of the means. Raises ``dsr.not_counted`` for a day
    that was not counted and ``dsr.wrong_order``.
    """
    if since >= until:
        raise DomainError("dsr.wrong_order", _("The first day must lie before the second."))
    days = {row.day: row for row in DSRDay.objects.filter(day__in=[since, until])}
    if len(days) < 2:
        raise DomainError("dsr.not_counted", _("The scores of that day were not counted."))
    first, last = (window(day, days[day].window_days)[0] for day in (since, until))
    found = _differing(shop, since, until, first, last)
    snapshots = {
        row.day: row
        for row in DSRSnapshot.objects.filter(
            pk__in=[DSRSnapshot.key(day, shop.pk) for day in (since, until)]
        )
    }
    dimensions = {
        dimension: Moved(
            counted_in(snapshots.get(since), dimension), counted_in(snapshots.get(until), dimension)
        )
        for dimension in Dimension.values
    }
    by_dimension = {
        dimension: effects(dimensions[dimension].before, [one.moved[dimension] for one in found])
        for dimension in Dimension.values
    }
    changes = [
        Change(one.rating, one.why, one.moved, {d: by_dimension[d][place] for d in by_dimension})
        for place, one in enumerate(found)
    ]
    return Explanation(since, until, dimensions, changes)


def _differing(shop: Shop, since: date, until: date, first: date, last: date) -> list[Change]:
    """Return the ratings that add differently at the end of the two days, by when they were given."""
    moves = list(
        RatingMove.objects.filter(shop=shop)
        .exclude(applied_on__lte=since)
        .order_by("pk")
        .values("rating_id", "why", "applied_on", *PARTS)
    )
    touched = [
        row["rating_id"] for row in moves if row["applied_on"] and row["applied_on"] <= until
    ]
    rows = {
        rating.pk: (rating, now)
        for rating, now in _as_now(shop, since, until, first, last, touched)
    }
    by_rating: dict[Any, list[dict[str, Any]]] = {}
    for row in moves:
        by_rating.setdefault(row["rating_id"], []).append(row)
    found = []
    for key, (rating, now) in sorted(rows.items(), key=lambda it: (it[1][0].rated_at, it[0])):
        own = by_rating.get(key, [])
        # As it was counted: today's figures, less what was noted after that day was counted.
        later = [row for row in own if row["applied_on"] is None or row["applied_on"] > until]
        between = [row for row in own if row not in later]
        at_until = _less(now, later) if last <= rating.day <= until else {}
        at_since = _less(now, own) if first <= rating.day <= since else {}
        moved = {
            dimension: _of(at_until, dimension) - _of(at_since, dimension)
            for dimension in Dimension.values
        }
        if any(one != Counted() for one in moved.values()):
            found.append(Change(rating, _why(rating, since, last, between), moved))
    return found


def _why(rating: Rating, since: date, last: date, between: list[dict[str, Any]]) -> str:
    if rating.day > since:
        return ENTERED
    if rating.day < last:
        return LEFT
    # What only moved grades or credit has not moved a score.
    scored = [row["why"] for row in between if any(row[name] for name in DSR_PARTS)]
    return str(scored[-1]) if scored else ENTERED


def _as_now(
    shop: Shop, since: date, until: date, first: date, last: date, touched: list[Any]
) -> list[tuple[Rating, dict[str, int]]]:
    """Return ratings that came in, that left, or that were touched, each with what it adds today."""
    came = Rating.objects.filter(
        shop=shop, rated_at__gte=midnight(since + _DAY), rated_at__lt=midnight_after(until)
    )
    went = Rating.objects.filter(
        shop=shop, rated_at__gte=midnight(min(first, last)), rated_at__lt=midnight(max(first, last))
    )
    ratings = {row.pk: row for rows in (came, went) for row in rows}
    ratings |= {row.pk: row for row in Rating.objects.filter(pk__in=touched)}
    adds = ", ".join(PARTS[name].format(r="r") for name in DSR_PARTS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id, {adds} FROM merchants_rating r WHERE r.id = ANY(%s)", [list(ratings)]
        )
        return [
            (ratings[key], dict(zip(DSR_PARTS, figures, strict=True)))
            for key, *figures in cursor.fetchall()
        ]


def _less(now: dict[str, int], later: list[dict[str, Any]]) -> dict[str, int]:
    return {name: figure - sum(row[name] for row in later) for name, figure in now.items()}


def _of(figures: dict[str, int], dimension: str) -> Counted:
    short = SHORT[dimension]
    return Counted(figures.get(f"{short}_sum", 0), figures.get(f"{short}_count", 0))


def explanation_card(explained: Explanation) -> dict[str, Any]:
    """Return an explanation ready for a door: the differences, and the changes with the largest first."""
    whys = {ENTERED: _("came into the window"), LEFT: _("left the window")} | dict(MoveWhy.choices)
    return {
        "since": explained.since,
        "until": explained.until,
        "dimensions": [
            {
                "dimension": dimension,
                "label": str(Dimension(dimension).label),
                "before": _decimal(moved.before.mean),
                "after": _decimal(moved.after.mean),
                "difference": _decimal(moved.difference),
                "unexplained": _decimal(
                    None
                    if moved.difference is None
                    else moved.difference - explained.sum_of_effects(dimension)
                ),
            }
            for dimension, moved in explained.dimensions.items()
        ],
        "changes": [
            {
                "order_no": one.rating.order_no,
                "rated_at": one.rating.rated_at,
                "why": one.why,
                "why_label": str(whys.get(one.why, one.why)),
                "scores": {name: getattr(one.rating, name) for name in SHORT},
                "effects": {name: _decimal(effect) for name, effect in one.effects.items()},
            }
            for one in sorted(explained.changes, key=_weight, reverse=True)
        ],
    }


def _weight(change: Change) -> Fraction:
    return sum((abs(effect) for effect in change.effects.values() if effect), Fraction(0))


def _decimal(exact: Fraction | None) -> str | None:
    """Return an exact share as a decimal of eight places; they are for reading, not for adding up."""
    if exact is None:
        return None
    return str((Decimal(exact.numerator) / exact.denominator).quantize(PLACES, ROUND_HALF_EVEN))
