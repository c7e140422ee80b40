"""What changed since a client asked last: cursors that lose no row, however late it is committed.

Every row that clients follow carries ``changed_at``, the moment at which the transaction that wrote
it began (``common.models.stamp_changes``). A cursor is a moment before which nothing can appear any
more: now, or the beginning of the oldest transaction that is still running. What is committed late
began late enough to be found the next time; what is found twice does no harm.
"""

import hashlib
from collections.abc import Callable, Iterable
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
class Found:
    """What changed, by name; ``has_more`` when not all of it is told yet."""

    cursor: str
    has_more: bool
    changed: dict[str, Any]


@dataclass(frozen=True)
class Followed:
    """One kind of thing that clients follow.

    ``changed`` takes (person, since, how many rows at most, now) and returns what is told and the
    moment up to which that is all, or None when everything is told. ``scope`` returns what decides
    what the person may see; ``kind`` is what ``begin_afresh`` calls it.
    """

    name: str
    kind: str
    changed: Callable[[Any, datetime, int, datetime], tuple[Any, datetime | None]]
    scope: Callable[[Any], Any]


_followed: dict[str, Followed] = {}


def follow(
    name: str,
    *,
    kind: str,
    changed: Callable[[Any, datetime, int, datetime], tuple[Any, datetime | None]],
    scope: Callable[[Any], Any],
) -> None:
    """Let clients follow one kind of thing; a second one of the name replaces the first."""
    _followed[name] = Followed(name, kind, changed, scope)


def changes_for(user: Any, raw: str, *, now: datetime) -> Found:
    """Return what changed for ``user`` since the cursor ``raw``; nothing but a cursor when it is empty.

    Raises ``cursor.bad`` and ``changes.start_afresh`` (why: ``scope``, ``age``, ``load``, ``much``).
    """
    # Before anything is read: what is committed after this is found the next time.
    upto = horizon()
    scope = scope_of(user.pk, *(one.scope(user) for one in _followed.values()))
    if not raw:
        return Found(cursor_at(upto, scope), False, {})
    at = since(raw, scope=scope, now=now, kinds=[one.kind for one in _followed.values()])
    changed, cut = {}, upto
    most = value("api.page_rows")
    for one in _followed.values():
        changed[one.name], until = one.changed(user, at, most, now)
        cut = cut if until is None else min(cut, until)
    return Found(cursor_at(cut, scope), cut < upto, changed)


def first_ones(rows: list[Any], most: int) -> tuple[list[Any], datetime | None]:
    """Return those of ``rows`` (by ``changed_at``, one more than ``most`` if there are more) to tell.

    Rows of one moment belong together: the next cursor begins at the first moment left out. Raises
    ``changes.start_afresh`` when more than ``most`` were written at the very same one.
    """
    if len(rows) <= most:
        return rows, None
    cut = rows[most].changed_at
    told = [row for row in rows[:most] if row.changed_at < cut]
    if not told:
        raise StartAfresh("much")
    return told, cut


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
