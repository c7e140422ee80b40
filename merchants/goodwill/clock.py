"""Timers of gestures: an offer runs out, a gift is late, a coupon was not used."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from common.deadlines import deadline_handler
from merchants.actions.goodwill import (
    COUPON_OVER,
    LATE,
    OVER,
    let_gesture_run_out,
    mark_gesture_late,
)
from merchants.models import Gesture


def _on(kind: str, do: Callable[..., object]) -> None:
    @deadline_handler(kind)
    def run(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
        row = Gesture.objects.filter(pk=subject_id).first()
        if row is not None:
            do(row, now=now)


_on(OVER, let_gesture_run_out)
_on(COUPON_OVER, let_gesture_run_out)
_on(LATE, mark_gesture_late)
