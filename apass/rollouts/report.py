"""The report of a rollout: those let in against those kept out, figure by figure, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apass.models import Exposure, MetricSnapshot, Rollout
from apass.rollouts.comparing import Comparison, compare
from apass.rollouts.metrics import HIGHER, Metric, Sample, metric_named, metrics_of, observe
from apass.rollouts.rules import CONTROL, HOLDOUT, TREATED
from common.parameters import value

CHART_WIDTH = 240
STEPS_SHOWN = 20


@dataclass(frozen=True)
class Bar:
    """An interval drawn: its ends, its middle and zero, in pixels."""

    low: float
    high: float
    middle: float
    zero: float


@dataclass(frozen=True)
class Line:
    """One figure: both sides, the difference, and what may be read from it."""

    metric: Metric
    treated: Sample
    other: Sample
    found: Comparison | None
    verdict: str
    tone: str
    bar: Bar | None = None
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """Everything the page says; ``other`` is the side compared with."""

    sentence: str
    other: str
    lines: list[Line]
    met: dict[str, int]
    observed: timedelta


def report_of(rollout: Rollout, now: datetime) -> Report:
    """Measure every metric on both sides, each subject equally long, and compare.

    With a holdout: with it; else with the rest.
    """
    counts = dict(
        Exposure.objects.filter(rollout=rollout)
        .order_by()
        .values("arm")
        .annotate(n=Count("subject"))
        .values_list("arm", "n")
    )
    met = {arm: counts.get(arm, 0) for arm in (TREATED, HOLDOUT, CONTROL)}
    other = HOLDOUT if rollout.holdout_share else CONTROL
    lines = [_line(rollout, one, other, now) for one in metrics_of(rollout.subject_kind)]
    return Report(_sentence(lines), other, lines, met, value("rollout.observed", now))


def steps_told(rollout: Rollout) -> list[Any]:
    """Return the latest steps, each with the figures that were kept with it in words (``told``)."""
    steps: list[Any] = list(
        rollout.changes.select_related("proposed_by", "decided_by").order_by("-pk")[:STEPS_SHOWN]
    )
    figures: dict[int, list[str]] = {step.pk: [] for step in steps}
    kept = MetricSnapshot.objects.filter(change__in=list(figures), size__gt=0).order_by("pk")
    for one in kept:
        known = metric_named(one.metric)
        side = {TREATED: _("let in"), HOLDOUT: _("holdout"), CONTROL: _("rest")}.get(one.arm, "")
        figures[one.change_id].append(
            _("%(metric)s, %(side)s: %(mean)s (n=%(size)s)")
            % {
                "metric": known.label if known else one.metric,
                "side": side,
                "mean": _figure(known, one.mean) if known else one.mean,
                "size": one.size,
            }
        )
    for step in steps:
        step.told = figures[step.pk] or [_("Nobody had met it yet.")]
    return steps


def _line(rollout: Rollout, metric: Metric, other: str, now: datetime) -> Line:
    sides = observe(rollout, metric, now, span=value("rollout.observed", now))
    treated, against = sides[TREATED], sides[other]
    if not metric.is_measured:
        return Line(metric, treated, against, None, _("No data: nobody records this yet."), "")
    found = compare(
        treated,
        against,
        smallest=value("rollout.smallest_arm", now),
        widest=float(value("rollout.widest_interval", now)),
    )
    verdict, tone = _verdict(metric, found)
    return Line(
        metric, treated, against, found, verdict, tone, _bar(found), _words(metric, treated, against, found)
    )  # fmt: skip


def _verdict(metric: Metric, found: Comparison) -> tuple[str, str]:
    if found.too_small or found.difference is None:
        return _("Sample too small"), "warn"
    if found.low is None or found.high is None or found.low <= 0 <= found.high:
        return _("No difference seen"), ""
    is_better = (found.difference > 0) == (metric.better == HIGHER)
    return (_("Better"), "ok") if is_better else (_("Worse"), "bad")


def _sentence(lines: list[Line]) -> str:
    measured = [line for line in lines if line.found is not None]
    if not measured:
        return _("Nobody records a figure for these subjects yet.")
    small = [line for line in measured if line.tone == "warn"]
    if len(small) == len(measured):
        return _("Sample too small: nothing may be read from these figures yet.")
    worse = sum(line.tone == "bad" for line in measured)
    better = sum(line.tone == "ok" for line in measured)
    if worse:
        return ngettext(
            "%(n)s figure is worse among those let in. Look before it widens.",
            "%(n)s figures are worse among those let in. Look before it widens.",
            worse,
        ) % {"n": worse}
    if better:
        return ngettext(
            "%(n)s figure is better among those let in, none is worse.",
            "%(n)s figures are better among those let in, none is worse.",
            better,
        ) % {"n": better}
    return _("No difference between those let in and those outside is seen.")


def _bar(found: Comparison) -> Bar | None:
    if found.low is None or found.high is None or found.difference is None:
        return None
    reach = max(abs(found.low), abs(found.high)) or 1.0
    scale = (CHART_WIDTH / 2 - 10) / reach
    at = [
        round(CHART_WIDTH / 2 + it * scale, 1) for it in (found.low, found.high, found.difference)
    ]
    return Bar(at[0], at[1], at[2], CHART_WIDTH / 2)


def _words(metric: Metric, treated: Sample, other: Sample, found: Comparison) -> dict[str, str]:
    return {
        "treated": _figure(metric, treated.mean),
        "other": _figure(metric, other.mean),
        "difference": _figure(metric, found.difference, signed=True),
        "interval": ""
        if found.low is None
        else _("%(low)s to %(high)s")
        % {
            "low": _figure(metric, found.low, signed=True),
            "high": _figure(metric, found.high, signed=True),
        },
        "p": "" if found.p is None else ("< 0.001" if found.p < 0.001 else f"{found.p:.3f}"),
    }


def _figure(metric: Metric, number: Any, *, signed: bool = False) -> str:
    if number is None:
        return "—"
    sign = "+" if signed else ""
    return f"{number:{sign}.1%}" if metric.is_share else f"{number:{sign}.3f}"
