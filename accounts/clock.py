"""What the clock process does about people: quiet hours end, and what is due is sent."""

from datetime import datetime, timedelta
from typing import Any

from django_q.tasks import async_task

from accounts.actions.deliveries import release_held
from accounts.actions.notifications import DELIVER, QUIET_OVER
from accounts.models import NoticeState, NotificationDelivery
from common.deadlines import at_clock_start, deadline_handler, set_deadline

SWEEP = "notification.sweep"
EVERY = timedelta(seconds=5)
AGAIN_AFTER = timedelta(seconds=60)


@deadline_handler(QUIET_OVER)
def quiet_is_over(person_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Let go what one person's quiet hours held."""
    release_held(int(person_id), now=now)


@at_clock_start
def begin(now: datetime) -> None:
    """Look for deliveries that are due, whoever forgot them."""
    set_deadline(SWEEP, "notifications", now)


@deadline_handler(SWEEP)
def sweep(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Ask the worker to send what has become due: second tries, bursts, what a dead worker left.

    It is asked when something has become due since it was last asked, and once a minute while
    something stays due: a worker that is away finds a short queue when it comes back.
    """
    asked = datetime.fromisoformat(payload["asked"]) if "asked" in payload else None
    due = NotificationDelivery.objects.filter(state=NoticeState.QUEUED, due_at__lte=now)
    if asked is not None and now - asked < AGAIN_AFTER:
        due = due.filter(due_at__gt=asked)
    if due.exists():
        async_task(DELIVER)
        asked = now
    set_deadline(SWEEP, "notifications", now + EVERY, {"asked": asked.isoformat()} if asked else {})
