"""Schedules come from code: the table is made equal to it, foreign rows are removed."""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

log = logging.getLogger(__name__)


@transaction.atomic
def sync_schedules(**_signal: Any) -> tuple[list[str], list[str]]:
    """Make the table equal to ``settings.SCHEDULES``; return the names written and removed.

    Runs after every migration and before the worker starts. A row that is right is left alone,
    with its next run; one malformed row would stop all schedules, so nothing else may stay.
    """
    wanted = {it.name: it for it in settings.SCHEDULES}
    written, removed = [], []
    for row in Schedule.objects.select_for_update().order_by("pk"):
        it = wanted.get(row.name or "")
        if it is None or not _is_as_declared(row, it):
            removed.append(row.name or row.func)
            row.delete()
        else:
            del wanted[it.name]
    for it in wanted.values():
        Schedule.objects.create(
            name=it.name,
            func=it.func,
            schedule_type=Schedule.CRON if it.cron else Schedule.MINUTES,
            minutes=it.minutes,
            cron=it.cron,
            repeats=-1,
            next_run=timezone.now(),
        )
        written.append(it.name)
    if removed:
        log.warning("removed schedules that no code declares: %s", ", ".join(removed))
    return written, removed


def _is_as_declared(row: Schedule, it: Any) -> bool:
    kind = Schedule.CRON if it.cron else Schedule.MINUTES
    return (row.func, row.schedule_type, row.minutes, row.cron, row.hook, row.args, row.kwargs) == (
        it.func,
        kind,
        it.minutes,
        it.cron,
        None,
        None,
        None,
    ) and row.repeats == -1
