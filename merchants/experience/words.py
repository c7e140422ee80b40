"""Metrics, amounts, bands and conditions in words."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from merchants.experience.metrics import HOURS, SCORE, SECONDS, SHARE, shop_metric

POINTS = "points"
_WARNED_OF: dict[str, tuple[Any, str]] = {
    "service_attitude": (_("service score"), SCORE),
    "points_a": (_("points towards the next node of class A"), POINTS),
    "points_b": (_("points towards the next node of class B"), POINTS),
    "points_c": (_("points towards the next node of class C"), POINTS),
}
"""What shops are warned of beside the metrics of the score."""
BANDS = {
    "excellent": pgettext_lazy("experience score", "excellent"),
    "good": pgettext_lazy("experience score", "good"),
    "fair": pgettext_lazy("experience score", "fair"),
    "low": pgettext_lazy("experience score", "has something to mend"),
}


def metric_words(code: str) -> Any:
    """Return what a metric is called; its code when nobody declares it any more."""
    if code in _WARNED_OF:
        return _WARNED_OF[code][0]
    metric = shop_metric(code)
    return metric.label if metric else code


def unit_of(code: str) -> str:
    """Return the unit of what a shop may be warned of."""
    if code in _WARNED_OF:
        return _WARNED_OF[code][1]
    metric = shop_metric(code)
    return metric.unit if metric else ""


def amount_words(code: str, amount: Decimal) -> Any:
    """Say an amount of a metric with its unit."""
    return said(unit_of(code), amount)


def said(unit: str, amount: Decimal) -> Any:
    """Say an amount: shares in percent, durations with their unit, scores with two decimals."""
    if unit == SHARE:
        return f"{_rounded(amount * 100, '0.01')}%"
    if unit == HOURS:
        return format_lazy(_("{n} hours"), n=_rounded(amount, "0.1"))
    if unit == SECONDS:
        return format_lazy(_("{n} seconds"), n=_rounded(amount, "1"))
    if unit == POINTS:
        return format_lazy(_("{n} points"), n=_rounded(amount, "0.1"))
    return f"{_rounded(amount, '0.01')}"


def _rounded(amount: Decimal, places: str) -> Decimal:
    return amount.quantize(Decimal(places), ROUND_HALF_UP)
