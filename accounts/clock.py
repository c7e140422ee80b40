"""What the clock process does about people: quiet hours end, what is due is sent, erased, answered."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django_q.tasks import async_task

from accounts.actions.copies import end_package
from accounts.actions.deliveries import release_held
from accounts.actions.erasure import ERASE, NAMELESS
from accounts.actions.notifications import DELIVER, QUIET_OVER
from accounts.actions.requests import DUE_SOON, OVERDUE, PACKAGE_ENDS, WORK, warn_of_deadline
from accounts.models import NoticeState, NotificationDelivery, PersonalDataRequest
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


@deadline_handler(DUE_SOON)
def due_soon(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Say that a request is due in some working days."""
    warn_of_deadline(PersonalDataRequest(pk=UUID(subject_id)), DUE_SOON, now=now)


@deadline_handler(OVERDUE)
def overdue(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Say that a request has not been answered in time."""
    warn_of_deadline(PersonalDataRequest(pk=UUID(subject_id)), OVERDUE, now=now)


@deadline_handler(PACKAGE_ENDS)
def package_ends(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Delete a copy that nobody may download any longer."""
    end_package(PersonalDataRequest(pk=UUID(subject_id)), now=now)


@deadline_handler(NAMELESS)
def nameless(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Begin to make an erased member nameless."""
    async_task(WORK, subject_id)


@deadline_handler(ERASE)
def erase(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Delete what the law has let go."""
    async_task("accounts.tasks.erase_kept", subject_id)
