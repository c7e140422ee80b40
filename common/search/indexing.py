"""Writes the lines of what changed, a moment after it changed, and once for all that was there before.

Triggers (``common.search.feeds``) note changed things in ``SearchChange`` within the writing
transaction, so no change is missed whichever door it came through. One process at a time takes the
changes up. Everything may be stopped and started again at any point.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from common.models import SearchChange, SearchFill
from common.search.kinds import Key, LinedKind, kind_named, lined_kinds

log = logging.getLogger(__name__)

CHANGES = 500
REST = timedelta(minutes=1)
_LOCK = 0x73_65_61_72  # any number of ours


@transaction.atomic
def index_changes(limit: int = CHANGES) -> int:
    """Write the lines of what changed first; return how many things were looked at, 0 when none waits."""
    if not _alone():
        return 0
    changes, wanted = [], 0
    for change in SearchChange.objects.order_by("id")[:limit]:
        changes.append(change)
        wanted += len(change.keys)
        if wanted >= limit:
            break
    by_kind: dict[str, dict[str, None]] = {}
    for change in changes:
        by_kind.setdefault(change.kind, {}).update(dict.fromkeys(change.keys))
    for name, keys in by_kind.items():
        kind = kind_named(name)
        if isinstance(kind, LinedKind):
            _write_or_tell(kind, [kind.key_of(key) for key in keys])
    SearchChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    return wanted


@transaction.atomic
def fill(kind: LinedKind, limit: int = CHANGES) -> int:
    """Write the lines of the next ``limit`` things that were there before; 0 when all are written."""
    if not _alone():
        return 0
    SearchFill.objects.get_or_create(kind=kind.name)
    row = SearchFill.objects.select_for_update().get(kind=kind.name)
    if row.done_at is not None:
        return 0
    keys = kind.earlier(kind.key_of(row.before) if row.before else None, limit)
    if keys:
        write(kind, keys)
        row.before = kind.text_of(keys[-1])
    else:
        row.done_at = timezone.now()
    row.save(update_fields=["before", "done_at"])
    return len(keys)


class Upkeep:
    """What the clock does for the search between its timers: a little at a time, never in their way."""

    def __init__(self) -> None:
        self._filled = False
        self._rest_until: datetime | None = None

    def turn(self, now: datetime) -> bool:
        """Write some lines; tell whether more are waiting. Trouble is logged, and rested from."""
        if self._rest_until is not None and now < self._rest_until:
            return False
        try:
            if index_changes():
                return True
            return self._fill_some()
        except Exception:
            # Timers must not stop because the search cannot keep up; the changes stay in the queue.
            log.exception("the search index could not be kept up; trying again in a minute")
            self._rest_until = now + REST
            return False

    def _fill_some(self) -> bool:
        """Write some older lines; those that have none to write are done at once."""
        if not self._filled:
            self._filled = not any(fill(kind) for kind in unfilled())
        return not self._filled


def unfilled() -> list[LinedKind]:
    """Return the kinds whose older things have not all been written yet."""
    done = set(SearchFill.objects.exclude(done_at=None).values_list("kind", flat=True))
    return [kind for kind in lined_kinds() if kind.name not in done]


def forget_fill(kind: LinedKind) -> None:
    """Let the lines of ``kind`` be written anew from the beginning; they stay until then."""
    SearchFill.objects.filter(kind=kind.name).delete()


def write(kind: LinedKind, keys: Sequence[Key]) -> int:
    """Make the lines of ``keys`` what they should be now; return how many there are."""
    lines = {kind.key_of_line(line): line for line in kind.lines(keys)}
    with connection.cursor() as cursor:
        if gone := set(keys) - set(lines):
            columns = ", ".join(kind.columns)
            cursor.execute(
                f"DELETE FROM {kind.line._meta.db_table} WHERE ({columns}) IN "
                f"(SELECT * FROM unnest({_arrays(kind, kind.columns)}))",
                [list(column) for column in zip(*sorted(gone), strict=True)],
            )
        if lines:
            fields = [str(field.column) for field in kind.line._meta.concrete_fields]
            written = [name for name in fields if name not in kind.columns]
            cursor.execute(
                f"INSERT INTO {kind.line._meta.db_table} ({', '.join(fields)}) "
                f"SELECT * FROM unnest({_arrays(kind, fields)}) "
                f"ON CONFLICT ({', '.join(kind.columns)}) DO UPDATE SET "
                + ", ".join(f"{name} = excluded.{name}" for name in written),
                [[getattr(line, name) for line in lines.values()] for name in fields],
            )
    return len(lines)


def _write_or_tell(kind: LinedKind, keys: list[Key]) -> None:
    """Write; should a thing break the writing, the others are written one by one and it is named."""
    try:
        with transaction.atomic():
            write(kind, keys)
    except Exception:
        if len(keys) == 1:
            # It must not keep everything behind it from being found.
            log.exception("%s %s could not be indexed", kind.name, kind.text_of(keys[0]))
            return
        for key in keys:
            _write_or_tell(kind, [key])


def _arrays(kind: LinedKind, columns: Iterable[str]) -> str:
    types = {field.column: field.db_type(connection) for field in kind.line._meta.concrete_fields}
    return ", ".join(f"%s::{_plain(types[column])}[]" for column in columns)


def _plain(db_type: str | None) -> str:
    return (db_type or "text").split("(")[0]


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])
