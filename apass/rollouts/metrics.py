"""What a rollout is judged by: each app registers the metrics it can measure from its own rows.

Measured is in the database, one statement for one metric: a side comes back as how many, mean and spread.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apass.models import Rollout
from apass.rollouts.rules import AT_LEAST, CONTROL, HOLDOUT, TREATED

LOWER, HIGHER = "lower", "higher"
ARMS = (TREATED, HOLDOUT, CONTROL)


@dataclass(frozen=True)
class Metric:
    """``sql`` is the value of one subject ``k``: ``k.key`` (a number of the subject, as text) from
    ``k.since``, exclusive, to ``k.until``, inclusive.

    NULL is no value: who gave no rating does not count as a bad one. Without ``sql`` nobody records
    this yet, and the report says so.
    """

    code: str
    label: Any
    unit: Any
    better: str
    kinds: frozenset[str]
    is_share: bool
    sql: str | None

    @property
    def is_measured(self) -> bool:
        """Tell whether somebody records this."""
        return self.sql is not None


_metrics: dict[str, Metric] = {}


def declare_metric(
    code: str,
    label: Any,
    unit: Any,
    *,
    better: str,
    sql: str | None,
    kinds: tuple[str, ...] = ("member",),
    is_share: bool = False,
) -> None:
    """Declare a metric at import time. ``is_share``: each value is 0 or 1."""
    _metrics[code] = Metric(code, label, unit, better, frozenset(kinds), is_share, sql)


def metrics_of(kind: str) -> list[Metric]:
    """Return the metrics of a kind of subject, those nobody records yet last."""
    found = [one for one in _metrics.values() if kind in one.kinds]
    return sorted(found, key=lambda one: (not one.is_measured, one.code))


def metric_named(code: str) -> Metric | None:
    """Return the metric ``code``, None when nobody declared it."""
    return _metrics.get(code)


declare_metric(
    "csat", _("Satisfaction (CSAT)"), "", better=HIGHER, sql=None, kinds=("member", "shop")
)
declare_metric(
    "cost_per_subject", _("Cost of service"), _("yuan"), better=LOWER, sql=None,
    kinds=("member", "shop"),
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One side: how many subjects have a value, their mean, the standard deviation of the sample.

    ``mean`` is None of nobody, ``spread`` of fewer than two.
    """

    arm: str
    size: int = 0
    mean: float | None = None
    spread: float | None = None


_SIDES = """
SELECT k.arm, count(k.value), avg(k.value), stddev_samp(k.value)
  FROM (SELECT k.arm, ({value})::float8 AS value
          FROM (SELECT e.arm, split_part(e.subject, ':', 2) AS key, {since} AS since, {until} AS until
                  FROM apass_exposure e
                 WHERE e.rollout_id = %(rollout)s AND {where}) k) k
 GROUP BY k.arm
"""


def observe(rollout: Rollout, one: Metric, now: datetime, *, span: timedelta) -> dict[str, Sample]:
    """Measure a metric on every side, each subject for the same ``span`` after it met the rollout.

    Who met it less than a ``span`` ago is not counted yet: who was watched for longer would have
    had more time to ask, or to order again.
    """
    return _measured(
        rollout, one, since="e.at", until="e.at + %(span)s", where="e.at <= %(now)s - %(span)s",
        facts={"now": now, "span": span},
    )  # fmt: skip


def watch(
    rollout: Rollout, one: Metric, now: datetime, *, window: timedelta, direction: str
) -> Sample:
    """Measure a metric of those let in, over the last ``window`` of the stage of today.

    A floor (``AT_LEAST``) is measured of those alone who were in for the whole window, and of nobody
    before the stage is that old: what takes time would look too low at first.
    """
    begun = rollout.stage_since or now
    if direction == AT_LEAST and begun > now - window:
        return Sample(TREATED)
    whole = "AND e.at <= %(floor)s" if direction == AT_LEAST else ""
    return _measured(
        rollout, one, since="greatest(e.at, %(floor)s)", until="%(now)s::timestamptz",
        where=f"e.arm = 'treated' AND e.stage <= %(reached)s {whole}",
        facts={"now": now, "floor": max(now - window, begun), "reached": rollout.reached},
    )[TREATED]  # fmt: skip


def _measured(
    rollout: Rollout, one: Metric, *, since: str, until: str, where: str, facts: dict[str, Any]
) -> dict[str, Sample]:
    sides = {arm: Sample(arm) for arm in ARMS}
    if one.sql is None:
        return sides
    statement = _SIDES.format(value=one.sql, since=since, until=until, where=where)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"rollout": rollout.pk} | facts)
        sides |= {row[0]: Sample(*row) for row in cursor.fetchall()}
    return sides
