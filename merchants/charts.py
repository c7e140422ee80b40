"""A shop's scores as a line over time, beside its peers; made for an SVG without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from merchants.models import Dimension

WIDTH, HEIGHT = 300, 100


@dataclass(frozen=True)
class Line:
    """One dimension: its points for a polyline, the peers' beside them, and the last figure."""

    dimension: str
    label: str
    points: str
    peers: str
    last: str


@dataclass(frozen=True)
class Chart:
    """Lines over the same days; ``low`` and ``high`` are the scores at the bottom and the top."""

    first: date
    last: date
    low: Decimal
    high: Decimal
    lines: list[Line]
    days: Sequence[dict[str, Any]]


def chart_of(days: Sequence[dict[str, Any]]) -> Chart | None:
    """Return the chart of a trend (``merchants.queries.dsr.trend``); None of no day, or of no score."""
    known = [
        score
        for row in days
        for dimension in Dimension.values
        for score in row[dimension].values()
        if score is not None
    ]
    if not known:
        return None
    # Whole tenths around what there is, so that a hundredth does not look like a cliff.
    low = min(known).quantize(Decimal("0.1"), "ROUND_FLOOR")
    high = max(known).quantize(Decimal("0.1"), "ROUND_CEILING")
    if low == high:
        low, high = low - Decimal("0.1"), high + Decimal("0.1")
    lines = [
        Line(
            dimension=dimension,
            label=str(Dimension(dimension).label),
            points=_points([row[dimension]["score"] for row in days], low, high),
            peers=_points([row[dimension]["peers"] for row in days], low, high),
            last=_last([row[dimension]["score"] for row in days]),
        )
        for dimension in Dimension.values
    ]
    return Chart(days[0]["day"], days[-1]["day"], low, high, lines, days)


def _points(scores: Sequence[Decimal | None], low: Decimal, high: Decimal) -> str:
    step = Decimal(WIDTH) / max(1, len(scores) - 1)
    return " ".join(
        f"{place * step:.1f},{(high - score) / (high - low) * HEIGHT:.1f}"
        for place, score in enumerate(scores)
        if score is not None
    )


def _last(scores: Sequence[Decimal | None]) -> str:
    known = [score for score in scores if score is not None]
    return f"{known[-1]:.5f}" if known else "—"


@dataclass(frozen=True)
class Sparkline:
    """A line without axes: its points for a polyline, the last figure, and how far it has moved."""

    points: str
    last: Decimal
    change: Decimal


def sparkline(scores: Sequence[Decimal | None]) -> Sparkline | None:
    """Return the line of ``scores``, oldest first; None where nobody scored. Gaps are drawn across."""
    known = [score for score in scores if score is not None]
    if not known:
        return None
    # At least a tenth from top to bottom, so that a hundredth does not look like a cliff.
    middle, reach = (min(known) + max(known)) / 2, max(max(known) - min(known), Decimal("0.1"))
    low, high = middle - reach / 2, middle + reach / 2
    return Sparkline(_points(scores, low, high), known[-1], known[-1] - known[0])
