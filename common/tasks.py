"""Background work that belongs to no app."""

import time
from datetime import timedelta

from django.utils import timezone
from django_q.models import Task
from django_q.tasks import async_task

from common.chain import anchor_history, check_history, continue_check
from common.models import Heartbeat, HistoryCheck
from common.watchdog import BEAT, group_name

STALE_SECONDS = 60
MOST_HOPS = 20
WELL_KEPT = timedelta(days=7)
FAILED_KEPT = timedelta(days=90)


def beat(instance: str, target: str, asked: float, hops: int = 0) -> None:
    """Write the worker's sign of life; a beat that another cluster asked for is passed on to it."""
    if group_name() == target:
        Heartbeat.objects.update_or_create(
            instance=instance,
            defaults={"process": "worker", "at": timezone.now(), "detail": {"cluster": target}},
        )
    elif hops < MOST_HOPS and time.time() - asked < STALE_SECONDS:
        async_task(BEAT, instance, target, asked, hops + 1, save=False)


def prune_task_results() -> int:
    """Forget what went well a week ago and what failed three months ago. Scheduled every night."""
    now = timezone.now()
    well = Task.objects.filter(success=True, stopped__lt=now - WELL_KEPT)
    failed = Task.objects.filter(success=False, stopped__lt=now - FAILED_KEPT)
    return well.delete()[0] + failed.delete()[0]


def anchor_head_of_history() -> None:
    """Write down where the chain of the history ends, outside the database too. Scheduled every night."""
    anchor_history(timezone.now())


def verify_last_day_of_history() -> None:
    """Verify what was sealed since the night before last. Scheduled every night."""
    now = timezone.now()
    check_history(now, since=now - timedelta(hours=25))


def verify_whole_history() -> None:
    """Verify the history from its first line on. Scheduled every week."""
    check_history(timezone.now())


def continue_history_check(number: int) -> None:
    """Go on with a verification that is longer than a task may be."""
    check = HistoryCheck.objects.filter(pk=number).first()
    if check is not None:
        continue_check(check)
