"""Guardrails of a rollout: measured while nobody waits, and a step back when one trips."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apass.actions.rollouts import WATCHED, step_back, watch_on
from apass.models import Guardrail, Rollout
from apass.rollouts import rules
from apass.rollouts.metrics import metric_named, watch
from common.history import record


@dataclass(frozen=True)
class Measured:
    """The guardrails of a rollout as it stood when they were measured, and which of them trip."""

    rollout: Rollout
    rails: list[Guardrail]
    tripped: list[Guardrail]


def evaluate_guardrails(rollout_id: int, *, now: datetime) -> bool:
    """Measure every guardrail; step back one stage when one trips, and return whether it did."""
    return conclude_guardrails(measure_guardrails(rollout_id, now=now), now=now)


def measure_guardrails(rollout_id: int, *, now: datetime) -> Measured | None:
    """Measure every guardrail and change nothing; None of a rollout that nobody watches.

    Nothing is held meanwhile: whoever moves the rollout does not wait. A sample below the
    guardrail's smallest says nothing, nor does a stage that has yet to begin.
    """
    rollout = Rollout.objects.filter(pk=rollout_id).first()
    if rollout is None or rollout.state not in WATCHED:
        return None
    if rollout.stage_since is not None and rollout.stage_since > now:
        return Measured(rollout, [], [])
    rails = list(rollout.guardrails.order_by("pk"))
    return Measured(rollout, rails, [one for one in rails if _measured(rollout, one, now)])


@transaction.atomic
def conclude_guardrails(measured: Measured | None, *, now: datetime) -> bool:
    """Keep what was measured, and step back one stage when it says so; return whether it did.

    Whoever moves the rollout at this moment goes first, and figures of one that has moved since they
    were measured say nothing.
    """
    if measured is None:
        return False
    before = measured.rollout
    Guardrail.objects.bulk_update(measured.rails, ["measured", "sample", "measured_at"])
    rollout = Rollout.objects.select_for_update(skip_locked=True).filter(pk=before.pk).first()
    stands = rollout is not None and (rollout.state, rollout.reached, rollout.stage_since) == (
        before.state, before.reached, before.stage_since,
    )  # fmt: skip
    if not measured.tripped or rollout is None or not stands or not rollout.reached:
        watch_on(before.pk, now)
        return False
    tripped = measured.tripped
    Guardrail.objects.filter(pk__in=[one.pk for one in tripped]).update(tripped_at=now)
    step_back(rollout, rollout.reached - 1, now)
    record(
        rollout,
        "rollout.stepped_back",
        by=None,
        before={"stage": rollout.reached},
        after={"stage": rollout.reached - 1, "guardrails": [one.metric for one in tripped]},
        at=now,
    )
    watch_on(rollout.pk, now)
    return True


def _measured(rollout: Rollout, guardrail: Guardrail, now: datetime) -> bool:
    """Measure one guardrail, note what was measured, tell whether it trips."""
    known = metric_named(guardrail.metric)
    if known is None or not known.is_measured:
        return False
    treated = watch(rollout, known, now, window=guardrail.window, direction=guardrail.direction)
    guardrail.measured, guardrail.sample, guardrail.measured_at = treated.mean, treated.size, now
    if treated.size < guardrail.smallest:
        return False
    return rules.trips(guardrail.direction, guardrail.threshold, treated.mean)
