"""Two sides of a rollout compared: difference, 95 % interval, p; and when nothing can be said."""

import math
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from apass.rollouts.metrics import Sample

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Comparison:
    """``difference`` is treated minus other. ``too_small`` says that no finding may be read from it."""

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    too_small: bool


NOTHING = Comparison(None, None, None, None, too_small=True)


def compare(treated: Sample, other: Sample, *, smallest: int, widest: float) -> Comparison:
    """Compare by Welch's t-test (unequal variances), from sizes, means and spreads alone.

    Too small: fewer than ``smallest`` on a side, no spread at all on both sides, or an interval
    wider than ``widest`` times the other side's mean, on which a doubling and a halving look alike.
    """
    if treated.size < 2 or other.size < 2 or treated.mean is None or other.mean is None:
        return NOTHING
    difference = treated.mean - other.mean
    few = min(treated.size, other.size) < smallest
    if not treated.spread and not other.spread:
        # Everybody alike on each side: nothing to estimate an interval from.
        return Comparison(difference, None, None, None, too_small=few or difference != 0)
    # Brought in here: no web process waits for it at its start.
    stats: Any = import_module("scipy.stats")
    sides = [(one.mean, one.spread or 0.0, one.size) for one in (treated, other)]
    p = float(stats.ttest_ind_from_stats(*sides[0], *sides[1], equal_var=False).pvalue)
    shares = [spread**2 / size for _mean, spread, size in sides]
    freedom = sum(shares) ** 2 / sum(
        share**2 / (size - 1) for share, (_m, _s, size) in zip(shares, sides, strict=True)
    )
    interval = stats.t.interval(CONFIDENCE, freedom, loc=difference, scale=math.sqrt(sum(shares)))
    low, high = (float(end) for end in interval)
    if not all(math.isfinite(number) for number in (low, high, p)):
        return NOTHING
    wide = (high - low) > widest * max(abs(other.mean), abs(treated.mean))
    crosses = low <= 0 <= high
    return Comparison(difference, low, high, p, too_small=few or (wide and crosses))
