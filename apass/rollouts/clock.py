"""Guardrails are measured by the clock, as long as a rollout widens or is held."""

from datetime import datetime
from typing import Any

from apass.actions import evaluate_guardrails
from apass.actions.rollouts import GUARDRAILS
from common.deadlines import deadline_handler


@deadline_handler(GUARDRAILS)
def measure_guardrails(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    evaluate_guardrails(int(subject_id), now=now)
