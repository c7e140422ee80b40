"""Guardrails are measured by the clock, as long as a rollout widens or is held."""

from datetime import datetime
from typing import Any

from apass.actions import conclude_guardrails, measure_guardrails
from apass.actions.rollouts import GUARDRAILS
from common.deadlines import Step, deadline_looker


@deadline_looker(GUARDRAILS)
def measure(subject_id: str, payload: dict[str, Any], now: datetime) -> Step:
    """Measure while nobody waits; conclude in the transaction of the timer."""
    measured = measure_guardrails(int(subject_id), now=now)
    return lambda: conclude_guardrails(measured, now=now)
