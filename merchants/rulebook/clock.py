"""What the clock does for rules: versions move on, effects are measured, measures end, simulations run."""

from datetime import datetime, timedelta
from typing import Any

from common.companions import beside_the_clock
from common.deadlines import Step, deadline_handler, deadline_looker
from merchants.actions.emergencies import EXPIRES, expire_emergency
from merchants.actions.rule_moves import DUE
from merchants.actions.simulations import run_waiting
from merchants.actions.taking_effect import EFFECT, advance, measure_effect
from merchants.models import EmergencyMeasure, RuleVersion

LOOK_EVERY = timedelta(seconds=2)


@deadline_handler(DUE)
def move_on(version_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Do what is due for one version."""
    version = RuleVersion.objects.filter(pk=version_id).first()
    if version is not None:
        advance(version, now=now)


@deadline_looker(EFFECT)
def review(review_id: str, payload: dict[str, Any], now: datetime) -> Step:
    """Measure while nobody waits; conclude in the transaction of the timer."""
    return measure_effect(int(review_id), now=now)


@deadline_handler(EXPIRES)
def end_measure(measure_id: str, payload: dict[str, Any], now: datetime) -> None:
    """End an emergency measure whose time is over."""
    measure = EmergencyMeasure.objects.filter(pk=measure_id).first()
    if measure is not None:
        expire_emergency(measure, now=now)


@beside_the_clock("rulebook.simulations")
def simulate() -> timedelta:
    """Run the simulations that were asked for."""
    run_waiting()
    return LOOK_EVERY
