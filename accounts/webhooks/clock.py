"""The clock's companion for webhooks: tells, claims, and sends on threads of its own."""

import logging
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from django.db import close_old_connections, connection
from django.db.models import Q
from django.utils import timezone

from accounts.models import DeliveryState, WebhookDelivery, WebhookEvent
from accounts.webhooks.events import run_backstops
from accounts.webhooks.sending import claim, send
from accounts.webhooks.telling import BATCH, tell_ripe
from common.companions import beside_the_clock
from common.parameters import value

log = logging.getLogger(__name__)

REST = timedelta(milliseconds=250)
BACKSTOP_EVERY = timedelta(minutes=1)
PRUNE_EVERY = timedelta(hours=1)
PRUNED_AT_ONCE = 5_000


class Sender:
    """What one clock has in flight."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=64, thread_name_prefix="webhook")
        self._flying: dict[Future[None], str] = {}
        self._backstop_at: datetime | None = None
        self._prune_at: datetime | None = None

    def round(self) -> timedelta:
        """Tell what is ripe, send what is due; return how long to rest."""
        now = timezone.now()
        self._look_after(now)
        told = tell_ripe(now)
        self._flying = {future: host for future, host in self._flying.items() if not future.done()}
        free = value("webhooks.in_flight") - len(self._flying)
        per_host = value("webhooks.in_flight_per_host")
        busy = Counter(self._flying.values())
        claimed: list[tuple[UUID, str]] = []
        if free > 0:
            full = [host for host, count in busy.items() if count >= per_host]
            claimed = claim(now, limit=free, per_host=per_host, full=full)
        for key, host in claimed:
            self._flying[self._pool.submit(_send, key)] = host
        return timedelta(0) if told == BATCH else REST / 5 if claimed else REST

    def stop(self) -> None:
        """Wait for what is in flight."""
        self._pool.shutdown(wait=True)

    def _look_after(self, now: datetime) -> None:
        if self._backstop_at is None or now - self._backstop_at >= BACKSTOP_EVERY:
            self._backstop_at = now
            if missing := run_backstops():
                log.warning("%s webhook events were made good", missing)
        is_time = self._prune_at is None or now - self._prune_at >= PRUNE_EVERY
        # Batch by batch between the rounds, until one is not full: no delivery waits for all of them.
        if is_time and prune(now) < PRUNED_AT_ONCE:
            self._prune_at = now


def _send(key: UUID) -> None:
    try:
        close_old_connections()
        send(key)
    except Exception:
        # Its lease runs out and it is tried again; the tries are counted.
        log.exception("webhook delivery %s failed", key)
    finally:
        connection.close()  # deliveries are rare, connections are dear


def prune(now: datetime) -> int:
    """Forget a batch of events that are long told and owed to nobody any more; return how many.

    What could not be told in all that time is forgotten too.
    """
    old = now - value("webhooks.kept")
    waiting = WebhookDelivery.objects.filter(state=DeliveryState.WAITING).values("event")
    over = Q(told_at__lt=old) | Q(told_at=None)
    done = WebhookEvent.objects.filter(over, at__lt=old).exclude(pk__in=waiting)
    keys = list(done.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    WebhookEvent.objects.filter(pk__in=keys).delete()
    return len(keys)


_sender: list[Sender] = []


@beside_the_clock("webhooks")
def look_after_webhooks() -> timedelta:
    """Do one round; the pool is made by the clock that needs it."""
    if not _sender:
        _sender.append(Sender())
    return _sender[0].round()
