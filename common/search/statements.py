"""The statements that find lines: first the newest ones, then the index, permission inside.

A word that stands in every hundredth line fills a page from the newest thousands, and reading all
its hits from the index would take long; a rare one is in none of them, and the index knows it at
once. So the newest few hundred tell how far one would have to look, and which way is the short one.
Where a kind is kept by months, the index is asked for the newest month first.
"""

import math
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone

from common.ids import uuid7_floor
from common.search.kinds import Found, LinedKind
from common.search.query import Query

GLANCE = 500
PROBE = 20_000
LINES_A_HIT = 2
"""Lines that are looked through in the time in which the index brings one hit (0.5 and 1 µs)."""
LATELY = timedelta(days=10)
"""The month of that long ago, and what came since, is lately."""
LINES_KNOWN_SECONDS = 600

_lines_of: dict[str, tuple[float, float]] = {}


class Statement:
    """The statements of one question: one kind, one person, one query."""

    def __init__(
        self, kind: LinedKind, user: Any, query: Query, *, after: Found | None, limit: int
    ) -> None:
        self.kind = kind
        self.query = query
        self.limit = limit
        self.after = after
        self.few = kind.has_few(user)
        self.nobody = False
        self.table = kind.line._meta.db_table
        self.order = ", ".join(f"l.{column} DESC" for column in ("at", *kind.columns))
        self.shown = ", ".join(f"l.{column}" for column in ("at", *kind.columns))
        self.behind, self.behind_values = self._behind()
        self.says, self.says_values = self._says(user)
        self.sees, self.sees_values = self._sees(user)

    def run(self) -> list[Found]:
        """Return up to ``limit`` finds, newest first."""
        if self.nobody:
            return []
        if self.few:
            return self._among_few()
        seen, hits = self._newest(GLANCE)
        if len(seen) >= self.limit or not self.query.grams:
            return seen if len(seen) >= self.limit else self._newest(PROBE)[0]
        lines = _lines_for(self.limit, _likely(len(seen)))
        if hits and lines <= LINES_A_HIT * self._lines_asked() * _likely(hits) / GLANCE:
            seen, _hits = self._newest(lines)
            if len(seen) >= self.limit:
                return seen
        return self._by_months() if self.kind.by_months else self._indexed()

    def _lines_asked(self) -> float:
        """Return among about how many lines the index looks for hits: all, or those of a month."""
        known = _lines_of.get(self.table)
        if known and time.monotonic() - known[1] < LINES_KNOWN_SECONDS:
            return known[0]
        with connection.cursor() as cursor:
            cursor.execute(
                # Of a table by months its partitions alone: what is known of itself is their sum.
                "SELECT coalesce(max(reltuples), 0) FROM pg_class WHERE relkind = 'r' AND (oid = "
                "%(table)s::regclass OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = "
                "%(table)s::regclass))",
                {"table": self.table},
            )
            count = float(cursor.fetchone()[0])
        _lines_of[self.table] = (count, time.monotonic())
        return count

    def _by_months(self) -> list[Found]:
        """Ask the index for what began lately, and for the rest only as far as it can matter."""
        first = f"l.{self.kind.columns[0]}"
        now = self.after.at if self.after else timezone.now()
        began = uuid7_floor((now - LATELY).date().replace(day=1))
        seen = self._indexed(f"{first} >= %s", [began])
        if len(seen) < self.limit:
            older = self._indexed(f"{first} < %s", [began])
        else:
            # What began earlier may go on until today. Of that only what is newer than this page's
            # end matters, and hardly anything is.
            older = self._indexed(f"{first} < %s AND l.at >= %s", [began, seen[-1].at])
        return sorted([*seen, *older], key=lambda one: (one.at, one.key), reverse=True)[
            : self.limit
        ]

    def _newest(self, lines: int) -> tuple[list[Found], int]:
        """Look through the newest lines; return what may be seen, and how many hits there were in all."""
        # The glance counts what others may see as well, only to choose the way; nobody is told.
        is_glance = lines == GLANCE
        sees = f", {self.sees or 'true'} AS sees" if is_glance else ""
        where = "" if is_glance or not self.sees else f" AND {self.sees}"
        sql = (
            f"SELECT {self.shown}{sees} FROM (SELECT * FROM {self.table} l WHERE {self.behind} "
            f"ORDER BY {self.order} LIMIT {lines}) l WHERE {self.says}{where} ORDER BY {self.order}"
        )
        values = [*self.behind_values, *self.says_values]
        if is_glance:
            rows = self._rows(sql, [*self.sees_values, *values])
            return [self._found(row[:-1]) for row in rows if row[-1]][: self.limit], len(rows)
        rows = self._rows(f"{sql} LIMIT {self.limit}", [*values, *self.sees_values])
        return [self._found(row) for row in rows], len(rows)

    def _indexed(self, further: str = "true", values_further: Sequence[Any] = ()) -> list[Found]:
        """Ask the index for all hits, then walk them from the newest until the page is full."""
        where = f"WHERE {self.sees}" if self.sees else ""
        kept = ", ".join(f"l.{name}" for name in {"at", *self.kind.columns, self.kind.scope})
        sql = (
            f"WITH hits AS MATERIALIZED (SELECT {kept} FROM {self.table} l "
            f"WHERE common_grams(l.words, l.sounds, l.hidden) @> %s::int[] AND {self.says} AND {self.behind} "
            f"AND {further}) "
            # OFFSET 0 keeps the question of permission from being asked ahead of the order.
            f"SELECT {self.shown} FROM (SELECT * FROM hits l ORDER BY {self.order} OFFSET 0) l {where} "
            f"ORDER BY {self.order} LIMIT {self.limit}"
        )
        values = [self.query.grams, *self.says_values, *self.behind_values, *values_further]
        values += self.sees_values
        return [self._found(row) for row in self._rows(sql, values)]

    def _among_few(self) -> list[Found]:
        sql = (
            # Apart, or the order would be walked from its beginning to find these few.
            f"WITH few AS MATERIALIZED (SELECT l.* FROM {self.table} l "
            f"WHERE {self.sees or 'true'} AND {self.says} AND {self.behind}) "
            f"SELECT {self.shown} FROM few l ORDER BY {self.order} LIMIT {self.limit}"
        )
        values = [*self.sees_values, *self.says_values, *self.behind_values]
        return [self._found(row) for row in self._rows(sql, values)]

    def _behind(self) -> tuple[str, list[Any]]:
        if self.after is None:
            return "true", []
        columns = ", ".join(f"l.{column}" for column in ("at", *self.kind.columns))
        marks = ", ".join("%s" for _ in range(1 + len(self.kind.columns)))
        return f"({columns}) < ({marks})", [self.after.at, *self.after.key]

    def _says(self, user: Any) -> tuple[str, list[Any]]:
        """Each word stands in the line, or a sound begins with it. No pattern is involved."""
        one, words = "strpos(l.words, %s) > 0", self.query.words
        values: list[Any] = list(words)
        if self.kind.has_sounds:
            one = f"({one} OR strpos(l.sounds, %s) > 0)"
            values = [value for word in words for value in (word, f" {word}")]
        says = " AND ".join([one] * len(words))
        if self.kind.sees_hidden(user):
            return f"({says} OR strpos(l.hidden, %s) > 0)", [*values, self.query.whole]
        return says, values

    def _sees(self, user: Any) -> tuple[str, list[Any]]:
        rows = self.kind.visible(user)
        if not rows.query.where and not rows.query.is_sliced:
            return "", []
        scope = f"l.{self.kind.scope}"
        try:
            if self.few:
                inner, values = rows.values("pk").query.sql_with_params()
                return f"{scope} IN ({inner})", list(values)
            # Asked of each hit on its own, by its key: joined, all that is visible would be read.
            marked = rows.extra(where=[f"{_pk(rows)} = {scope}"])
            inner, values = marked.values("pk").query.sql_with_params()
            return f"EXISTS (SELECT 1 FROM ({inner} OFFSET 0) AS visible)", list(values)
        except EmptyResultSet:
            self.nobody = True
            return "false", []

    def _found(self, row: tuple[Any, ...]) -> Found:
        return Found(row[0], tuple(row[1:]))

    def _rows(self, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()


def _lines_for(limit: int, likely: float) -> int:
    """Return among how many lines a page is found when a glance is likely to show ``likely`` of it."""
    return min(PROBE, round(GLANCE * limit / likely)) if likely else PROBE


def _likely(seen: int) -> float:
    """Return how many of that kind a stretch like the one in which ``seen`` were seen has at least.

    Less by what chance does: a few that happen to stand together promise nothing.
    """
    return seen - math.sqrt(seen)


def _pk(rows: Any) -> str:
    meta = rows.model._meta
    return f'"{meta.db_table}"."{meta.pk.column}"'
