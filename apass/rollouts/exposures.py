"""Who has met a rollout: noted in memory on the way of a request, written in batches by a thread.

A process that is killed loses what it had not written yet, and notes it at the next decision again.
"""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from django.db import Error, close_old_connections, connection

from apass.rollouts.rules import TREATED

log = logging.getLogger(__name__)

MOST_WAITING = 50_000
MOST_REMEMBERED = 500_000
BATCH = 5_000
FLUSH_SECONDS = 1.0

FLUSH_SQL = """
INSERT INTO apass_exposure AS e (rollout_id, subject, arm, stage, at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::smallint[], %s::timestamptz[])
ON CONFLICT (rollout_id, subject) DO UPDATE
   SET arm = excluded.arm, stage = excluded.stage, at = excluded.at
 WHERE e.arm <> 'treated' AND excluded.arm = 'treated'
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """One exposure on its way to the table."""

    rollout: int
    subject: str
    arm: str
    stage: int
    at: datetime


class Notebook:
    """What one process has seen and not written yet. ``dropped`` counts what found no room."""

    def __init__(self) -> None:
        self.dropped = 0
        self._waiting: deque[Noted] = deque()
        self._seen: set[tuple[int, str, str]] = set()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self.starts_thread = True

    def note(self, noted: Noted) -> bool:
        """Remember one exposure; False when it is known already, or there is no room for it now."""
        key = (noted.rollout, noted.subject, noted.arm)
        if key in self._seen:
            return False
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            return False
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen = set()  # what is noted twice is written once
        self._seen.add(key)
        self._waiting.append(noted)
        if self._thread is None and self.starts_thread:
            self._start()
        return True

    def flush(self) -> int:
        """Write what waits; return how many rows were sent. Trouble with the database loses nothing."""
        sent = 0
        with self._writing:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                try:
                    sent += write(batch)
                except Error:
                    self._waiting.extendleft(reversed(batch))
                    raise
        return sent

    def forget(self) -> None:
        """Drop everything: what waits too."""
        self._waiting.clear()
        self._seen, self.dropped = set(), 0

    @property
    def waiting(self) -> int:
        """How many are not written yet."""
        return len(self._waiting)

    def _start(self) -> None:
        with self._writing:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="exposures", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            if not self._waiting:
                continue
            try:
                close_old_connections()
                self.flush()
            except Error as error:
                log.warning("exposures: database trouble, trying again: %s", error)
            except Exception:
                log.exception("exposures could not be written, trying again")
            finally:
                connection.close()


notebook = Notebook()


def write(batch: list[Noted]) -> int:
    """Write exposures in one statement; of one subject the treated side counts. Return the rows sent."""
    rows: dict[tuple[int, str], Noted] = {}
    for one in batch:
        known = rows.get((one.rollout, one.subject))
        if known is None or (known.arm != TREATED and one.arm == TREATED):
            rows[one.rollout, one.subject] = one
    # By key: two processes that write the same subjects wait, never lock each other.
    sent = [rows[key] for key in sorted(rows)]
    with connection.cursor() as cursor:
        cursor.execute(
            FLUSH_SQL,
            [
                [one.rollout for one in sent],
                [one.subject for one in sent],
                [one.arm for one in sent],
                [one.stage for one in sent],
                [one.at for one in sent],
            ],
        )
    return len(sent)
