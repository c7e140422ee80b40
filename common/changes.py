"""What changed since a client asked last: cursors that lose no row, however late it is committed.

Every row that clients follow carries ``changed_at``, the moment at which the transaction that wrote
it began (``common.models.stamp_changes``). A cursor is a moment before which nothing can appear any
more: now, or the beginning of the oldest transaction that is still running. What is committed late
began late enough to be found the next time; what is found twice does no harm.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.cursors import as_moment, decode_cursor, encode_cursor
from common.errors import DomainError
from common.models import FreshStart
from common.parameters import value

LATEST_COMMIT = timedelta(hours=1)
"""No transaction runs longer than this (statements and idle transactions are cut off far sooner)."""

# A transaction that has just begun may not be listed yet: hence the two seconds. One that only reads
# so far may still write, so all of them count.
HORIZON_SQL = """
SELECT least(now(), clock_timestamp() - interval '2 seconds', (
    SELECT min(xact_start) FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend'
       AND pid <> pg_backend_pid()
))
"""


class StartAfresh(DomainError):
    """What the client knows can no longer be brought up to date: it reads the whole again."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "changes.start_afresh",
            _("Too much has changed since then. Read everything anew and go on from there."),
            reason=why,
        )


@dataclass(frozen=True)
class Since:
    """What a cursor says: everything before ``at`` is known to the client, who may see ``scope``."""

    at: datetime
    scope: str


def horizon() -> datetime:
    """Return the moment before which no row can appear any more.

    Asked before anything is read: what is committed after this is found the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(HORIZON_SQL)
        moment: datetime = cursor.fetchone()[0]
    return moment


def cursor_at(at: datetime, scope: str) -> str:
    """Return the cursor of a client who knows everything before ``at``."""
    return encode_cursor([at, scope])


def since(raw: str, *, scope: str, now: datetime, kinds: Iterable[str]) -> datetime:
    """Return the moment of a cursor. Raises ``cursor.bad`` and ``changes.start_afresh``.

    ``scope`` is the fingerprint of what the person may see today; ``kinds`` are the kinds of rows
    that are asked for, as ``begin_afresh`` names them.
    """
    at, known = decode_cursor(raw, as_moment, str)
    if known != scope:
        raise StartAfresh("scope")
    if at < now - value("api.changes_kept"):
        raise StartAfresh("age")
    if FreshStart.objects.filter(kind__in=list(kinds), at__gte=at).exists():
        raise StartAfresh("load")
    return at


def scope_of(*facts: Any) -> str:
    """Return the fingerprint of what decides what somebody may see."""
    return hashlib.blake2b(repr(facts).encode(), digest_size=9).hexdigest()


def begin_afresh(kind: str) -> None:
    """Note that many rows of ``kind`` come into sight with this transaction, stamped long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO common_freshstart (kind, at) VALUES (%s, now())"
            " ON CONFLICT (kind) DO UPDATE SET at = excluded.at",
            [kind],
        )
