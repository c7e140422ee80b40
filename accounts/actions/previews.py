"""The preview of drafted rules on the whole population: one snapshot, no lock, stretch by stretch."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import StandingRules
from accounts.standing.numbers import InForce, rules_at
from accounts.standing.preview_statements import COUNTED_SUMS, GROUPS, POINTS, STORED_SUMS
from accounts.standing.previews import SAMPLES, Tally, failed, is_ready
from accounts.standing.rules import SHANGHAI, Numbers, settled_on
from accounts.standing.windows import Windows, newest_run, windows

log = logging.getLogger(__name__)

CHUNK = 20_000
"""Members looked at in one statement."""

_PREVIEW_LOCK = 0x78_69_61_6F_03


def preview_waiting(now: datetime) -> int:
    """Compute the previews that were asked for, the oldest first; return how many there were.

    None is computed twice at a time: when another clock is at it, nothing is done.
    """
    with _mine() as mine:
        if not mine:
            return 0
        waiting = [
            draft
            for draft in StandingRules.objects.filter(
                published_at=None, dropped_at=None, preview__isnull=False
            ).order_by("version")
            if not is_ready(draft.preview or {})
        ]
        for draft in waiting:
            try:
                preview_rules(draft, now=now)
            except Exception:
                # Kept as failed: the page says so, and the clock does not try for ever.
                log.exception("the preview of rules %s could not be computed", draft)
                _store(draft, failed(draft.preview or {}))
        return len(waiting)


def preview_rules(draft: StandingRules, *, now: datetime) -> dict[str, Any]:
    """Compute what ``draft`` would make of everybody at ``now``, and keep it with the draft.

    Who would be what in the end, and after the next recompute day. Never inside a transaction:
    it reads one snapshot of its own.
    """
    numbers = Numbers.of(draft.numbers)
    began, tally = time.monotonic(), Tally()
    day = now.astimezone(SHANGHAI).date()
    wanted = Windows(InForce(draft.version, day, numbers), settled_on(day, numbers))
    with _snapshot() as cursor:
        stored = windows(now)
        counts_anew = _counts_anew(wanted, stored)
        reaches_back = newest_run() is not None and wanted.oldest < stored.oldest
        sums = COUNTED_SUMS if counts_anew else STORED_SUMS
        given = wanted.given(now) | {"samples": SAMPLES}
        for after, upto in _stretches(cursor):
            cursor.execute(GROUPS.format(sums=sums), given | {"after": after, "upto": upto})
            tally.add(cursor.fetchall())
    preview = tally.result() | {
        "asked_at": (draft.preview or {}).get("asked_at", now.isoformat()),
        "at": now.isoformat(),
        "numbers": asdict(numbers),
        "compared_with": rules_at(now).version,
        "counts_anew": counts_anew,
        "reaches_back": reaches_back,
        "seconds": round(time.monotonic() - began, 3),
    }
    _store(draft, preview)
    return preview


def _counts_anew(wanted: Windows, stored: Windows) -> bool:
    """Tell whether months are worth something else by the rules of ``wanted``, or other months count."""
    if wanted.settled_on != stored.settled_on:
        return True
    now, then = stored.rules.numbers, wanted.rules.numbers
    return any(getattr(now, name) != getattr(then, name) for name in POINTS)


@transaction.atomic
def _store(draft: StandingRules, preview: dict[str, Any]) -> None:
    row = StandingRules.objects.select_for_update().get(pk=draft.pk)
    if row.is_draft:
        row.preview = draft.preview = preview
        row.save(update_fields=["preview"])


@contextmanager
def _snapshot() -> Iterator[CursorWrapper]:
    """Give a cursor that sees the house as it is at this moment, reads only and locks no row."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield cursor


@contextmanager
def _mine() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_PREVIEW_LOCK])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREVIEW_LOCK])


def _stretches(cursor: CursorWrapper) -> Iterator[tuple[int, int]]:
    """Yield id ranges (after, up to) of about ``CHUNK`` members each."""
    after = 0
    while True:
        cursor.execute(
            "SELECT max(id) FROM (SELECT id FROM accounts_member WHERE id > %s ORDER BY id LIMIT %s) few",
            [after, CHUNK],
        )
        (upto,) = cursor.fetchone()
        if upto is None:
            return
        yield after, upto
        after = upto
