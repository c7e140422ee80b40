"""What a rule may be made to move: apps register measures of a span of time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Measured:
    """A rate or mean over a span, and of how many cases; None when there were none."""

    value: Decimal | None
    size: int


@dataclass(frozen=True)
class RuleMetric:
    """A measure by ``code``; ``measure(since, until)`` reads what happened from one moment to before another."""

    code: str
    label: Any
    measure: Callable[[datetime, datetime], Measured]


_metrics: dict[str, RuleMetric] = {}


def declare_rule_metric(metric: RuleMetric) -> RuleMetric:
    """Add a measure; a second one with the code replaces the first."""
    _metrics[metric.code] = metric
    return metric


def rule_metrics() -> list[RuleMetric]:
    """Return every measure, by code."""
    return [_metrics[code] for code in sorted(_metrics)]


def rule_metric(code: str) -> RuleMetric | None:
    """Return the measure called ``code``, None when no app has registered it."""
    return _metrics.get(code)
