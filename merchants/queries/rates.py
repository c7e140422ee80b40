"""How often penalties are appealed and overturned: by rule, and by whoever decided or ruled."""

from typing import Any

from django.db.models import Count, F, FloatField, Q, QuerySet
from django.db.models.functions import Cast, NullIf

from merchants.models import Outcome

OVERTURNED = (Outcome.REDUCED, Outcome.REVOKED)


def rules_with_rates(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of ``rows`` (rules) that punished, with what became of it.

    ``penalties``, ``appealed``, ``ruled`` and ``overturned`` are counts; ``appeal_rate`` is of penalties
    and ``overturn_rate`` of rulings, 0–1 or None. One query.
    """
    path = "versions__violations__penalty"
    return _rated(rows, path).filter(penalties__gt=0)


def judges_with_rates(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of ``rows`` (people) who decided penalties, as :func:`rules_with_rates` does."""
    return _rated(rows, "judged").filter(penalties__gt=0)


def _rated(rows: QuerySet[Any], path: str) -> QuerySet[Any]:
    ruled = f"{path}__appeal__ruling"
    return rows.annotate(
        penalties=Count(path, distinct=True),
        appealed=Count(f"{path}__appeal", distinct=True),
        ruled=Count(ruled, distinct=True),
        overturned=Count(ruled, distinct=True, filter=Q(**{f"{ruled}__outcome__in": OVERTURNED})),
    ).annotate(
        appeal_rate=Cast(F("appealed"), FloatField()) / NullIf(F("penalties"), 0),
        overturn_rate=Cast(F("overturned"), FloatField()) / NullIf(F("ruled"), 0),
    )
