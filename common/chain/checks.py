"""Verifications that are kept: made by the task queue in slices, read on the self-test page."""

import time
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from common.chain.verifying import Verification
from common.models import HistoryCheck

SLICE_SECONDS = 8.0
"""A task of the queue may run for twenty; the rest goes on in the next one."""


def check_history(now: datetime, since: datetime | None = None) -> HistoryCheck:
    """Start a verification of what was sealed from ``since`` on (everything when left out)."""
    walk = Verification.begin(since)
    check = HistoryCheck.objects.create(started_at=now, since=since, state=walk.state())
    return continue_check(check)


def continue_check(check: HistoryCheck) -> HistoryCheck:
    """Go on with ``check`` for one slice; a second call after its end changes nothing."""
    if check.finished_at is not None:
        return check
    walk = Verification.resume(check.state)
    stop_at = time.monotonic() + SLICE_SECONDS
    while not walk.is_done and time.monotonic() < stop_at:
        walk.step()
    return _keep(check, walk)


@transaction.atomic
def _keep(check: HistoryCheck, walk: Verification) -> HistoryCheck:
    state = walk.state()
    check.lines, check.position = walk.links, walk.position
    check.trouble_count, check.findings = walk.troubles, state.pop("findings")
    check.state = {} if walk.is_done else state | {"findings": check.findings}
    if walk.is_done:
        check.finished_at = timezone.now()
    check.save()
    if not walk.is_done:
        async_task("common.tasks.continue_history_check", check.pk)
    return check
