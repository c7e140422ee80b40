"""How often somebody may ask: token buckets by person, by token, and by address for strangers.

Reads are counted in the process: cheap, and good enough against a loop gone wild. Everything else is
counted in PostgreSQL by one statement, exact under any number of threads, processes and hosts.
"""

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from common.addresses import address_of
from common.errors import DomainError
from common.models import RateBucket
from common.parameters import value

WINDOW_SECONDS = 60
READS, WRITES, STRANGERS = "reads", "writes", "strangers"
_MOST_BUCKETS = 20_000
_FULL_AGAIN = timedelta(seconds=2 * WINDOW_SECONDS)

TAKE_SQL = """
INSERT INTO common_ratebucket AS b (key, tokens, filled_at, let_through)
VALUES (%(key)s, %(quota)s - 1, %(now)s, true)
ON CONFLICT (key) DO UPDATE SET (tokens, filled_at, let_through) = (
    SELECT CASE WHEN there.tokens >= 1 THEN there.tokens - 1 ELSE there.tokens END,
           greatest(b.filled_at, excluded.filled_at),
           there.tokens >= 1
      FROM (SELECT least(%(quota)s, b.tokens + %(rate)s * greatest(
                0, extract(epoch FROM excluded.filled_at - b.filled_at)::float8)) AS tokens) there
)
RETURNING tokens, let_through
"""


class TooFast(DomainError):
    """Asked too often: 429 at the API, to be tried again after ``wait`` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(
            "too_fast", _("Too fast. Try again in %(seconds)s seconds.") % {"seconds": wait}
        )
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Turn:
    """One request let through or not; ``left`` are those that may follow at once."""

    scope: str
    quota: int
    left: float
    let_through: bool

    @property
    def wait(self) -> int:
        """Whole seconds until the next request will be let through."""
        return max(1, math.ceil((1 - self.left) * WINDOW_SECONDS / self.quota))

    def headers(self) -> dict[str, str]:
        """Return what the caller is told (draft-ietf-httpapi-ratelimit-headers)."""
        full = max(1, math.ceil((self.quota - self.left) * WINDOW_SECONDS / self.quota))
        return {
            "RateLimit-Policy": f'"{self.scope}";q={self.quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.scope}";r={max(0, math.floor(self.left))};t={full}',
        }


def caller_of(request: Any) -> str:
    """Return who asks, as one word: the token when it says so, the person, or a stranger's address.

    What authenticates a request may put a ``caller`` on ``request.auth`` (an integration token).
    """
    if word := getattr(request.auth, "caller", ""):
        return str(word)
    if request.user and request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{address_of(request._request)}"


def take_turn(caller: str, scope: str, *, now: datetime | None = None) -> Turn:
    """Count one request of ``caller``; its quota is the parameter ``api.<scope>_a_minute``."""
    quota = int(value(f"api.{scope}_a_minute"))
    key = f"{scope} {caller}"
    if scope == READS:
        left, let_through = _local.take(key, quota)
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                TAKE_SQL,
                {
                    "key": key[:160],
                    "quota": float(quota),
                    "rate": quota / WINDOW_SECONDS,
                    "now": now or timezone.now(),
                },
            )
            left, let_through = cursor.fetchone()
    return Turn(scope, quota, left, let_through)


def give_back(caller: str, scope: str) -> None:
    """Uncount one read: "nothing new" costs nothing."""
    if scope == READS:
        _local.give_back(f"{scope} {caller}")


def forget_full_buckets(now: datetime) -> int:
    """Drop the buckets that are full again anyway. Part of the hourly upkeep."""
    return RateBucket.objects.filter(filled_at__lt=now - _FULL_AGAIN).delete()[0]


class _Buckets:
    """The buckets of this process, the least used of them forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, quota: int) -> tuple[float, bool]:
        now = time.monotonic()
        with self._lock:
            tokens, filled_at = self._buckets.pop(key, (float(quota), now))
            tokens = min(quota, tokens + (now - filled_at) * quota / WINDOW_SECONDS)
            let_through = tokens >= 1
            self._buckets[key] = (tokens - let_through, now)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
        return tokens - let_through, let_through

    def give_back(self, key: str) -> None:
        with self._lock:
            if key in self._buckets:
                tokens, filled_at = self._buckets[key]
                self._buckets[key] = (tokens + 1, filled_at)

    def clear(self) -> None:
        with self._lock:
            self._buckets.clear()


_local = _Buckets()


def forget_reads() -> None:
    """Let everybody's reads begin anew in this process."""
    _local.clear()
