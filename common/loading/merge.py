"""Merging rows into a table by key: what is new goes in, what differs is corrected, the rest stays."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper


@dataclass
class Fates:
    """What became of some lines."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def __iadd__(self, other: "Fates") -> "Fates":
        self.inserted += other.inserted
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.rejected += other.rejected
        return self

    @property
    def total(self) -> int:
        return self.inserted + self.updated + self.unchanged + self.rejected


@dataclass(frozen=True)
class Target:
    """A table that rows are merged into.

    ``key`` is its unique column. ``columns`` are written when a row is new; those among
    ``corrected`` also when it exists already. With ``blank_keeps`` an empty value leaves what is
    there.
    """

    table: str
    key: str
    columns: Sequence[str]
    corrected: Sequence[str]
    blank_keeps: bool = False


def merge(cursor: CursorWrapper, target: Target, rows: str, defaults: dict[str, str]) -> Fates:
    """Merge the relation ``rows`` (a table name or a parenthesised query) into ``target``.

    ``rows`` has one row per key and the columns of ``target``. ``defaults`` are SQL values for
    empty columns of new rows, and of corrected ones where empty means blank.
    All names come from code, never from a file.
    """
    table, key = target.table, target.key
    cursor.execute(
        f"SELECT count(*), count(e.{key}) FROM {rows} r LEFT JOIN {table} e ON e.{key} = r.{key}"
    )
    total, existing = cursor.fetchone()
    fates = Fates()
    if existing and target.corrected:
        now = {c: _corrected(c, defaults, blank_keeps=target.blank_keeps) for c in target.corrected}
        cursor.execute(
            f"UPDATE {table} e SET {', '.join(f'{c} = {sql}' for c, sql in now.items())} "
            f"FROM {rows} r WHERE e.{key} = r.{key} AND "
            f"({', '.join(f'e.{c}' for c in now)}) IS DISTINCT FROM ({', '.join(now.values())})"
            if len(now) > 1
            else f"UPDATE {table} e SET {next(iter(now))} = {next(iter(now.values()))} "
            f"FROM {rows} r WHERE e.{key} = r.{key} "
            f"AND e.{next(iter(now))} IS DISTINCT FROM {next(iter(now.values()))}"
        )
        fates.updated = cursor.rowcount
    fates.unchanged = existing - fates.updated
    if existing == total:
        return fates
    columns = [*target.columns, *(c for c in defaults if c not in target.columns)]
    values = [
        (f"coalesce(r.{c}, {defaults[c]})" if c in defaults else f"r.{c}")
        if c in target.columns
        else defaults[c]
        for c in columns
    ]
    unless_there = (
        f" WHERE NOT EXISTS (SELECT 1 FROM {table} e WHERE e.{key} = r.{key})" if existing else ""
    )
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(values)} FROM {rows} r{unless_there}"
    )
    fates.inserted = cursor.rowcount
    return fates


def _corrected(column: str, defaults: dict[str, str], *, blank_keeps: bool) -> str:
    if blank_keeps:
        return f"coalesce(r.{column}, e.{column})"
    return f"coalesce(r.{column}, {defaults[column]})" if column in defaults else f"r.{column}"
