"""Timers: one table, one process, and a registry in which apps name what happens."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F

from common.models import Deadline

log = logging.getLogger(__name__)

Handler = Callable[[str, dict[str, Any], datetime], None]
Step = Callable[[], object]
Looker = Callable[[str, dict[str, Any], datetime], Step]
Reconciler = Callable[[datetime], None]
_handlers: dict[str, Handler] = {}
_lookers: dict[str, Looker] = {}
_reconcilers: list[Reconciler] = []
_MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class Swept:
    """What one sweep did: timers run, timers whose handler failed and will run again."""

    ran: int
    failed: int


def deadline_handler(kind: str) -> Callable[[Handler], Handler]:
    """Register ``handler(subject_id, payload, now)`` for deadlines of ``kind``.

    The handler runs inside the transaction that marks the deadline done; it must be a no-op when
    the subject has moved on.
    """

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def deadline_looker(kind: str) -> Callable[[Looker], Looker]:
    """Register ``look(subject_id, payload, now)`` for deadlines of ``kind`` whose subject takes long to judge.

    It looks before the timer is held, so that whoever sets the timer meanwhile does not wait; several
    clocks may look at once. What it returns is called as a handler is, unless the timer was set anew,
    and must be a no-op when the subject has moved on since it was looked at.
    """

    def register(look: Looker) -> Looker:
        _lookers[kind] = look
        return look

    return register


def at_clock_start(function: Reconciler) -> Reconciler:
    """Register ``function(now)``: every clock calls it when it starts, to make up for what was missed.

    Several clocks may call it at once; it must be a no-op when nothing is missing.
    """
    _reconcilers.append(function)
    return function


def reconcile(now: datetime) -> int:
    """Call everything registered with :func:`at_clock_start`; return how many failed and were logged."""
    failed = 0
    for function in _reconcilers:
        try:
            function(now)
        except Exception:
            failed += 1
            log.exception("%s failed", function.__qualname__)
    return failed


def set_deadline(
    kind: str, subject: models.Model | str, due_at: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Start the timer ``kind`` of ``subject``, or move it when it runs already."""
    set_deadlines(kind, {_key(subject): due_at}, payload)


def set_deadlines(
    kind: str, due: Mapping[str, datetime], payload: dict[str, Any] | None = None
) -> None:
    """Start or move the timers ``kind`` of many subjects, given by key, in one statement."""
    Deadline.objects.bulk_create(
        [
            Deadline(
                kind=kind, subject_id=key, due_at=due[key], payload=payload or {}, done_at=None
            )
            # By key: two who set the same timers wait, never lock each other.
            for key in sorted(due)
        ],
        update_conflicts=True,
        unique_fields=["kind", "subject_id"],
        update_fields=["due_at", "payload", "done_at", "attempts", "last_error", "paused_at"],
    )


def drop_deadline(kind: str, subject: models.Model | str) -> bool:
    """Cancel the timer; return False when it does not run (any more), or a clock is at it right now.

    It never waits: who cancels holds the subject, which is what the clock's handler waits for. The
    handler then finds that the subject has moved on, and does nothing.
    """
    running = Deadline.objects.filter(kind=kind, subject_id=_key(subject), done_at=None)
    keys = list(running.select_for_update(skip_locked=True).values_list("pk", flat=True))
    return bool(keys) and bool(Deadline.objects.filter(pk__in=keys).delete()[0])


def sweep(now: datetime, *, limit: int = 500) -> Swept:
    """Run what is due at ``now``, each timer in its own transaction, once among all clocks.

    A handler that raises is logged, keeps its timer, and is tried again with growing pauses
    (1, 2, 4 … seconds, at most 5 minutes).
    """
    ran = failed = 0
    for pk, kind in list(_due(now).values_list("pk", "kind")[:limit]):
        try:
            ran += _run(pk, kind, now)
        except Exception as error:
            failed += 1
            log.exception("deadline %s failed", pk)
            _postpone(pk, now, error)
    return Swept(ran, failed)


def next_due() -> datetime | None:
    """Return when the next running timer falls due."""
    due: datetime | None = (
        Deadline.objects.filter(done_at=None, paused_at=None, kind__in=_known())
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    return due


def _due(now: datetime) -> models.QuerySet[Deadline]:
    return Deadline.objects.filter(
        done_at=None, paused_at=None, due_at__lte=now, kind__in=_known()
    ).order_by("due_at")


def _known() -> list[str]:
    return [*_handlers, *_lookers]


def _run(pk: int, kind: str, now: datetime) -> int:
    due, look = _due(now).filter(pk=pk), _lookers.get(kind)
    if look is None:
        return _do(due, now)
    seen = due.first()
    if seen is None:
        return 0
    step = look(seen.subject_id, seen.payload, now)
    return _do(due.filter(due_at=seen.due_at), now, step)


@transaction.atomic
def _do(due: models.QuerySet[Deadline], now: datetime, step: Step | None = None) -> int:
    deadline = due.select_for_update(skip_locked=True).first()
    if deadline is None:
        return 0
    if step is not None:
        step()
    else:
        _handlers[deadline.kind](deadline.subject_id, deadline.payload, now)
    # The handler may have moved its own timer on; only the one that fell due is done.
    Deadline.objects.filter(pk=deadline.pk, due_at=deadline.due_at).update(done_at=now)
    return 1


def _postpone(pk: int, now: datetime, error: Exception) -> None:
    deadline = Deadline.objects.filter(pk=pk, done_at=None).first()
    if deadline is None:  # dropped meanwhile, or another clock did it
        return
    pause = timedelta(seconds=min(2**deadline.attempts, 300))
    # Only while it is the one that failed: it may have been set anew since.
    Deadline.objects.filter(pk=pk, due_at=deadline.due_at, done_at=None).update(
        attempts=F("attempts") + 1 if deadline.attempts < _MAX_ATTEMPTS else F("attempts"),
        due_at=now + pause,
        last_error=repr(error)[:500],
    )


def _key(subject: models.Model | str) -> str:
    return subject if isinstance(subject, str) else str(subject.pk)
