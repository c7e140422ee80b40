"""The review of a pilot shop falls due."""

from datetime import datetime
from typing import Any

from common.deadlines import deadline_handler
from merchants.actions.pilots import REVIEW, ask_for_review
from merchants.models import PilotShop


@deadline_handler(REVIEW)
def review(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Say that a pilot shop is to be reviewed."""
    pilot = PilotShop.objects.filter(pk=subject_id).first()
    if pilot is not None:
        ask_for_review(pilot, now=now)
