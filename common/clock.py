"""The clock process: runs every timer of the product when it falls due, at most half a second late.

Several clocks may run, on one host or many: each timer is claimed by one of them. A clock that dies
leaves nothing behind but its last sign of life.
"""

import logging
import os
import select
import signal
import socket
from datetime import datetime, timedelta
from types import FrameType

from django.db import Error, close_old_connections, connection, transaction
from django.utils import timezone

from common.companions import Companions
from common.deadlines import Swept, next_due, reconcile, sweep
from common.models import BusPayload, Heartbeat
from common.partitions import ensure_all_ahead
from common.rest.idempotency import forget_old_answers
from common.rest.rates import forget_full_buckets
from common.search.indexing import Upkeep

log = logging.getLogger(__name__)

LONGEST_SLEEP = timedelta(milliseconds=500)
SHORTEST_SLEEP = timedelta(milliseconds=20)  # what is due may be in another clock's hands
AFTER_TROUBLE = timedelta(seconds=1)
BEAT_EVERY = timedelta(seconds=5)
UPKEEP_EVERY = timedelta(hours=1)
PAYLOAD_KEPT = timedelta(minutes=10)  # a notification is fetched at once or never
BEAT_KEPT = timedelta(days=1)
BATCH = 500
_UPKEEP_LOCK = 0x78_69_61_6F  # any number of ours


class Clock:
    """One clock process. ``run`` returns after SIGTERM or SIGINT, when the sweep at hand is through."""

    def __init__(self) -> None:
        self.instance = f"clock {socket.gethostname()}:{os.getpid()}"
        self.stopping = False
        self._beat_at: datetime | None = None
        self._upkeep_at: datetime | None = None
        self._reconciled = False
        self._search = Upkeep()
        self._ran = self._failed = 0

    def run(self) -> None:
        """Tick until told to stop; a database that is away is waited for."""
        ear, mouth = socket.socketpair()
        ear.setblocking(False)
        mouth.setblocking(False)
        # The signal wakes the sleep below through the socket, whatever moment it arrives at.
        signal.set_wakeup_fd(mouth.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        log.info("%s runs", self.instance)
        companions = Companions()
        companions.start()
        while not self.stopping:
            select.select([ear], [], [], self.tick_safely().total_seconds())
        companions.stop()
        self._leave()
        log.info("%s stopped", self.instance)

    def tick_safely(self) -> timedelta:
        """Tick; when the database is away, say so, drop the connection and try again in a second."""
        try:
            close_old_connections()
            return self.tick(timezone.now())
        except Error as error:
            log.warning("%s: database trouble, trying again: %s", self.instance, error)
            connection.close()
            return AFTER_TROUBLE

    def tick(self, now: datetime) -> timedelta:
        """Do what is due at ``now``; return how long to sleep."""
        if not self._reconciled:
            reconcile(now)
            self._reconciled = True
        swept = sweep(now, limit=BATCH)
        self._ran += swept.ran
        self._failed += swept.failed
        if self._upkeep_at is None or now - self._upkeep_at >= UPKEEP_EVERY:
            self._upkeep_at = now
            upkeep(now)
        if self._beat_at is None or now - self._beat_at >= BEAT_EVERY:
            self._beat_at = now
            self._beat(now)
        # After everything that has a time of its own.
        more = self._search.turn(now)
        return SHORTEST_SLEEP if more else _pause(swept, now)

    def _beat(self, now: datetime) -> None:
        detail = {"ran": self._ran, "failed": self._failed, "pid": os.getpid()}
        Heartbeat.objects.update_or_create(
            instance=self.instance, defaults={"process": "clock", "at": now, "detail": detail}
        )

    def _leave(self) -> None:
        try:
            Heartbeat.objects.filter(pk=self.instance).delete()
        except Error as error:
            log.warning("%s: could not sign off: %s", self.instance, error)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True


def upkeep(now: datetime) -> bool:
    """Make partitions ahead and drop what nobody reads any more; False when another clock is at it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_UPKEEP_LOCK])
            if not cursor.fetchone()[0]:
                return False
        for name in ensure_all_ahead(now):
            log.info("partition %s made", name)
        BusPayload.objects.filter(created_at__lt=now - PAYLOAD_KEPT).delete()
        Heartbeat.objects.filter(at__lt=now - BEAT_KEPT).delete()
        forget_old_answers(now)
        forget_full_buckets(now)
    return True


def _pause(swept: Swept, now: datetime) -> timedelta:
    if swept.ran >= BATCH:
        return timedelta(0)
    due = next_due()
    if due is None:
        return LONGEST_SLEEP
    # Asked again: sweeping took time of its own.
    return min(max(due - max(now, timezone.now()), SHORTEST_SLEEP), LONGEST_SLEEP)
