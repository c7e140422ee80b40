"""What the experience score is made of: apps register metrics of shops, each with the SQL that reads a day.

A metric nobody can read yet is declared with ``read`` None: it is shown as "no data yet" and left out
of every score until the app that knows it declares it anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.parameters import declare, value
from common.rules import midnight, midnight_after
from merchants.experience.rules import DIMENSIONS, MOST_METRICS

SHARE, HOURS, SECONDS, SCORE = "share", "hours", "seconds", "score"
DAYS = _("days")


@dataclass(frozen=True)
class Span:
    """The days a metric reads: ``first`` to ``last``, the moments they begin and end, and the day counted."""

    day: date
    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The first moment of the first day."""
        return midnight(self.first)

    @property
    def until(self) -> datetime:
        """The first moment after the last day."""
        return midnight_after(self.last)


Read = Callable[[Span], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class ShopMetric:
    """One metric of shops. ``read(span)`` gives SQL of (shop_id, value, sample), and what it is asked with.

    ``how`` says in one sentence what makes it better; ``rule`` is the code of the rule it is judged by,
    where there is one; ``delay_days`` is how long its facts take to be complete. ``days_by`` is the
    parameter that says how many days it looks back where its figures are written down by another's
    rule; without one it has a number of its own.
    """

    code: str
    dimension: str
    label: Any
    unit: str
    how: Any
    read: Read | None = None
    is_lower_better: bool = False
    days: int = 30
    least: int = 30
    delay_days: int = 0
    rule: str = ""
    days_by: str = ""

    def days_on(self, day: date) -> int:
        """Return how many days it looks back on ``day``."""
        days: int = value(self.days_by or f"experience.{self.code}.days", midnight(day))
        return days

    def span(self, day: date) -> Span:
        """Return the days it reads for ``day``, by the numbers of that day."""
        last = day - timedelta(days=self.delay_days)
        return Span(day, last - timedelta(days=self.days_on(day) - 1), last)

    def least_on(self, day: date) -> int:
        """Return the least sample with which it counts on ``day``."""
        least: int = value(f"experience.{self.code}.least", midnight(day))
        return least

    @property
    def how_url(self) -> str:
        """Where it is said how to do better: its rule, or its place on the shop's page."""
        return f"/rules/{self.rule}/" if self.rule else f"/shop/score/#metric-{self.code}"


_metrics: dict[str, ShopMetric] = {}


def declare_shop_metric(metric: ShopMetric) -> ShopMetric:
    """Add a metric, with its parameters; a second one of the code replaces the first.

    Raises ``ValueError`` for a dimension nobody knows, or one that is full.
    """
    if metric.dimension not in DIMENSIONS:
        raise ValueError(f"no dimension is called {metric.dimension}")
    beside = [
        one for one in _metrics.values()
        if one.dimension == metric.dimension and one.code != metric.code
    ]  # fmt: skip
    if len(beside) >= MOST_METRICS:
        raise ValueError(f"{metric.dimension} has {MOST_METRICS} metrics already")
    _metrics[metric.code] = metric
    if not metric.days_by:
        declare(
            f"experience.{metric.code}.days", metric.days,
            format_lazy(_("{metric}: days it looks back"), metric=metric.label),
            minimum=7, maximum=365, unit=DAYS,
        )  # fmt: skip
    declare(
        f"experience.{metric.code}.least", metric.least,
        format_lazy(_("{metric}: least sample, below it the category's mean"), metric=metric.label),
        minimum=1, maximum=10_000,
    )  # fmt: skip
    return metric


def shop_metrics() -> list[ShopMetric]:
    """Return every metric, by dimension and in the order in which they were declared."""
    return sorted(_metrics.values(), key=lambda one: DIMENSIONS.index(one.dimension))


def shop_metric(code: str) -> ShopMetric | None:
    """Return the metric called ``code``, None when no app has declared it."""
    return _metrics.get(code)


def tell_shop_metric(code: str, read: Read) -> ShopMetric:
    """Say how a metric that is declared already is read: the app that knows it calls this."""
    return declare_shop_metric(replace(_metrics[code], read=read))
