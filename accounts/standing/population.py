"""Population days as charts: shares of tiers over time, histograms, bands; each with its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import CreditBand, PopulationDay, Score, Tier

DAYS = 90
"""Days the mix of tiers is drawn for."""


@dataclass(frozen=True)
class Part:
    """One part of a stacked bar, in percent of the whole; ``top`` is how much lies above it."""

    key: str
    label: str
    count: int
    share: float
    top: float


@dataclass(frozen=True)
class Stack:
    """One bar: a day, cut into tiers or bands."""

    day: date
    members: int
    parts: list[Part]


@dataclass(frozen=True)
class Step:
    """One bar of a histogram: from which score, how many, how high in percent of the highest."""

    low: int
    words: str
    count: int
    height: float

    @property
    def top(self) -> float:
        """How much of the drawing lies above the bar."""
        return 100 - self.height


@dataclass(frozen=True)
class Histogram:
    """How members are spread over one score."""

    label: str
    sentence: str
    steps: list[Step]


@dataclass(frozen=True)
class Charts:
    """What the page of the population draws: the last day whole, the days before it as a mix of tiers."""

    last: PopulationDay
    days: list[Stack]
    bands: Stack
    histograms: list[Histogram]
    tier_words: list[tuple[str, str]]


def charts() -> Charts | None:
    """Return the charts up to the last day that was noted, or None before the first one."""
    rows = list(PopulationDay.objects.order_by("-on")[:DAYS])
    if not rows:
        return None
    last = rows[0]
    tiers = [(str(value), str(label)) for value, label in Tier.choices]
    bands = [(str(value), str(label)) for value, label in CreditBand.choices]
    return Charts(
        last=last,
        days=[_stack(row.on, row.tiers, tiers) for row in reversed(rows)],
        bands=_stack(last.on, last.bands, bands),
        histograms=[
            _histogram(str(label), last.histograms[score])
            for score, label in Score.choices
            if score in last.histograms
        ],
        tier_words=tiers,
    )


def _stack(day: date, counts: Mapping[str, int], words: Sequence[tuple[str, str]]) -> Stack:
    total = sum(counts.get(key, 0) for key, _label in words)
    parts, below = [], 0
    for key, label in words:
        count = counts.get(key, 0)
        below += count
        parts.append(
            Part(key, label, count, _percent(count, total), _percent(total - below, total))
        )
    return Stack(day, total, parts)


def _histogram(label: str, stored: Mapping[str, Any]) -> Histogram:
    step, counts = stored["step"], stored["counts"]
    highest, total = max(counts, default=0), sum(counts)
    steps = [
        Step(n * step, _range_words(n, step, len(counts)), count, _percent(count, highest))
        for n, count in enumerate(counts)
    ]
    return Histogram(label, _middle_words(steps, total), steps)


def _range_words(n: int, step: int, bars: int) -> str:
    low = n * step
    if n == bars - 1:
        return _("from %(low)s") % {"low": f"{low:,}"}
    return _("%(low)s to %(high)s") % {"low": f"{low:,}", "high": f"{low + step - 1:,}"}


def _middle_words(steps: Sequence[Step], total: int) -> str:
    """Say where the member in the middle stands."""
    reached = 0
    for step in steps:
        reached += step.count
        if total and 2 * reached >= total:
            return _("Half of them stand at %(range)s or below.") % {"range": step.words}
    return _("Nobody has a score yet.")


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
