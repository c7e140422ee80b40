"""What a rollout is judged by: each app registers the metrics it can measure from its own rows."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from apass.models import Exposure, Rollout
from apass.rollouts.rules import CONTROL, HOLDOUT, TREATED

Values = Callable[[Mapping[str, datetime], datetime], Mapping[str, float]]
LOWER, HIGHER = "lower", "higher"
ARMS = (TREATED, HOLDOUT, CONTROL)


@dataclass(frozen=True)
class Metric:
    """``values(since of each subject, until)`` returns what was measured, by subject.

    A subject it leaves out has no value: who gave no rating does not count as a bad one. Without
    ``values`` nobody records this yet, and the report says so.
    """

    code: str
    label: Any
    unit: Any
    better: str
    kinds: frozenset[str]
    is_share: bool
    values: Values | None


_metrics: dict[str, Metric] = {}


def metric(
    code: str,
    label: Any,
    unit: Any,
    *,
    better: str,
    kinds: tuple[str, ...] = ("member",),
    is_share: bool = False,
) -> Callable[[Values], Values]:
    """Register ``values`` as the metric ``code``. ``is_share``: each value is 0 or 1."""

    def register(values: Values) -> Values:
        _metrics[code] = Metric(code, label, unit, better, frozenset(kinds), is_share, values)
        return values

    return register


def metrics_of(kind: str) -> list[Metric]:
    """Return the metrics of a kind of subject, those nobody records yet last."""
    found = [one for one in _metrics.values() if kind in one.kinds]
    return sorted(found, key=lambda one: (one.values is None, one.code))


def metric_named(code: str) -> Metric | None:
    """Return the metric ``code``, None when nobody registered it."""
    return _metrics.get(code)


def _not_recorded(code: str, label: Any, unit: Any, better: str) -> None:
    _metrics[code] = Metric(code, label, unit, better, frozenset({"member", "shop"}), False, None)


_not_recorded("csat", _("Satisfaction (CSAT)"), "", HIGHER)
_not_recorded("cost_per_subject", _("Cost of service"), _("yuan"), LOWER)


@dataclass(frozen=True)
class Sample:
    """The values of one side, one for each subject that has one."""

    arm: str
    values: tuple[float, ...]

    @property
    def size(self) -> int:
        """How many subjects have a value."""
        return len(self.values)

    @property
    def mean(self) -> float | None:
        """The mean, None of nobody."""
        return math.fsum(self.values) / self.size if self.values else None

    @property
    def spread(self) -> float | None:
        """The standard deviation of the sample, None of fewer than two."""
        if self.size < 2 or self.mean is None:
            return None
        return math.sqrt(math.fsum((v - self.mean) ** 2 for v in self.values) / (self.size - 1))


def measure(
    rollout: Rollout, one: Metric, now: datetime, *, window: timedelta | None = None
) -> dict[str, Sample]:
    """Measure a metric on every side, each subject since it met the rollout, as long as it was there.

    With a ``window``: since that long ago at the earliest, and never before the stage of today
    began. One statement for the exposures, and what the metric itself asks.
    """
    floor = None
    if window is not None:
        floor = max(now - window, rollout.stage_since or now - window)
    sides: dict[str, dict[str, datetime]] = {arm: {} for arm in ARMS}
    for subject, arm, at in Exposure.objects.filter(rollout=rollout).values_list(
        "subject", "arm", "at"
    ):
        sides[arm][subject] = at if floor is None or at > floor else floor
    if one.values is None:
        return {arm: Sample(arm, ()) for arm in ARMS}
    everybody = {key: since for side in sides.values() for key, since in side.items()}
    found = one.values(everybody, now) if everybody else {}
    return {
        arm: Sample(arm, tuple(float(found[key]) for key in side if key in found))
        for arm, side in sides.items()
    }
