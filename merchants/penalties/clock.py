"""Timers of cases, penalties, appeals and acts on shops: each does one thing, and nothing twice."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models

from common.deadlines import at_clock_start, deadline_handler
from merchants.actions.appeals import (
    PAPERS,
    REVIEW,
    REVIEW_MOST,
    lapse_appeal,
    mark_appeal_late,
)
from merchants.actions.case_files import UNUSED, let_go
from merchants.actions.penalties import (
    BEGIN,
    END,
    NOTICE,
    begin_penalty,
    end_period,
    publish_notice,
)
from merchants.actions.points import CLEARING, clear_points, set_clearing
from merchants.actions.shop_acts import OVER, WAITS, end_act, stop_waiting
from merchants.actions.violations import (
    DECISION_LATE,
    EMERGENCY_OVER,
    EXAM_OVER,
    STATEMENT_OVER,
    close_exam,
    hear_no_more,
    lapse_emergency,
    mark_late,
)
from merchants.models import Appeal, CaseFile, Penalty, ShopAct, Violation


def _on(kind: str, model: type[models.Model], do: Callable[..., object], *related: str) -> None:
    @deadline_handler(kind)
    def run(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
        rows = (
            model._default_manager.select_related(*related) if related else model._default_manager
        )
        row = rows.filter(pk=subject_id).first()
        if row is not None:
            do(row, now=now)


def publish_in_time(penalty: Penalty, *, now: datetime) -> None:
    """Publish a notice nobody has published; nothing when the penalty is over."""
    if penalty.ended_at is None:
        publish_notice(penalty, by=None, now=now)


_on(STATEMENT_OVER, Violation, hear_no_more)
_on(DECISION_LATE, Violation, mark_late)
_on(EXAM_OVER, Violation, close_exam)
_on(EMERGENCY_OVER, Violation, lapse_emergency)
_on(BEGIN, Penalty, begin_penalty, "violation")
_on(END, Penalty, end_period, "violation")
_on(NOTICE, Penalty, publish_in_time, "violation")
_on(REVIEW, Appeal, mark_appeal_late, "penalty__violation")
_on(REVIEW_MOST, Appeal, mark_appeal_late, "penalty__violation")
_on(PAPERS, Appeal, lapse_appeal, "penalty__violation")
_on(OVER, ShopAct, end_act)
_on(WAITS, ShopAct, stop_waiting)
_on(UNUSED, CaseFile, let_go)


@deadline_handler(CLEARING)
def clear(year: str, payload: dict[str, Any], now: datetime) -> None:
    """Clear a year's points, and set the timer of the next."""
    clear_points(int(year), now=now)
    set_clearing(now)


@at_clock_start
def begin_the_year(now: datetime) -> None:
    """Set this year's clearing, and make up for the last when no clock ran at its end."""
    set_clearing(now)
