"""Timers of complaints, flags, appeals and held reviews: each does one thing, and nothing twice."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models

from common.deadlines import deadline_handler
from merchants.actions.complaint_files import UNUSED, let_go_complaint_file
from merchants.actions.complaints import LATE, mark_complaint_late
from merchants.actions.held_reviews import SHOW, show_held_review
from merchants.actions.reviewer_appeals import LATE as APPEAL_LATE
from merchants.actions.reviewer_appeals import mark_reviewer_appeal_late
from merchants.actions.reviewer_flags import OVER, expire_flag
from merchants.models import (
    ComplaintFile,
    HeldReview,
    ReviewComplaint,
    ReviewerAppeal,
    ReviewerFlag,
)


def _on(kind: str, model: type[models.Model], do: Callable[..., object], *related: str) -> None:
    @deadline_handler(kind)
    def run(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
        rows = (
            model._default_manager.select_related(*related) if related else model._default_manager
        )
        row = rows.filter(pk=subject_id).first()
        if row is not None:
            do(row, now=now)


def show_in_time(hold: HeldReview, *, now: datetime) -> None:
    """Show what nobody has looked at in time."""
    show_held_review(hold, by=None, now=now)


_on(LATE, ReviewComplaint, mark_complaint_late, "shop")
_on(APPEAL_LATE, ReviewerAppeal, mark_reviewer_appeal_late)
_on(OVER, ReviewerFlag, expire_flag)
_on(SHOW, HeldReview, show_in_time, "rating")
_on(UNUSED, ComplaintFile, let_go_complaint_file)
