"""Hot tables are partitioned by month: of a version 7 UUID column, or of a date; made ahead by the clock.

A default partition takes rows of months that have none, so that nothing is ever refused for
lack of a partition; months are made while it holds none of their rows.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, migrations

from common.ids import uuid7_floor

PARTITIONED: dict[str, str] = {}
"""Table name to its partition column; filled by ``register`` in the apps that own such tables."""

_BY_DATE: set[str] = set()


def register(table: str, column: str, *, by_date: bool = False) -> None:
    """Declare ``table`` as partitioned by the version 7 UUID in ``column``, or by the date in it."""
    PARTITIONED[table] = column
    if by_date:
        _BY_DATE.add(table)


def _bounds(table: str, month: date, *, by_date: bool | None = None) -> tuple[Any, Any]:
    """Return the first value of ``month`` and of the month after it."""
    is_dated = table in _BY_DATE if by_date is None else by_date
    ends = (month, month_after(month))
    return ends if is_dated else (uuid7_floor(ends[0]), uuid7_floor(ends[1]))


def months(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month from ``first``'s to ``last``'s, both included."""
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield date(year, month, 1)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def month_after(month: date, by: int = 1) -> date:
    """Return the first day of the month ``by`` months after ``month`` (negative goes back)."""
    index = month.year * 12 + month.month - 1 + by
    return date(index // 12, index % 12 + 1, 1)


def partition_sql(table: str, month: date, *, by_date: bool | None = None) -> str:
    """Return the statement that makes ``table``'s partition of ``month`` unless it exists."""
    low, high = _bounds(table, month, by_date=by_date)
    return (
        f'CREATE TABLE IF NOT EXISTS "{table}_{month:%Y%m}" PARTITION OF "{table}" '
        f"FOR VALUES FROM ('{low}') TO ('{high}')"
    )


def ensure_partitions(table: str, first: date, last: date) -> list[str]:
    """Make the missing monthly partitions of ``table``; return the names of those made.

    A month whose rows already lie in the default partition is left there (moving them would
    lock the table); they stay readable and the self-test page names the table.
    """
    made = []
    with connection.cursor() as cursor:
        for month in months(first, last):
            name = f"{table}_{month:%Y%m}"
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f'"{name}"'])
            if cursor.fetchone()[0]:
                continue
            cursor.execute(
                f'SELECT EXISTS (SELECT 1 FROM "{table}_default" WHERE "{PARTITIONED[table]}" >= %s '
                f'AND "{PARTITIONED[table]}" < %s)',
                _bounds(table, month),
            )
            if cursor.fetchone()[0]:
                continue
            cursor.execute(partition_sql(table, month))
            guard_partition(cursor, table, name)
            made.append(name)
    return made


def guard_partition(cursor: Any, table: str, leaf: str) -> None:
    """Give ``leaf`` the triggers of ``table`` that refuse TRUNCATE: PostgreSQL hands on row triggers only."""
    cursor.execute(
        "SELECT tgname, tgfoid::regproc::text FROM pg_trigger "
        "WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal AND tgtype & 32 = 32",
        [f'"{table}"'],
    )
    for trigger, function in cursor.fetchall():
        cursor.execute(
            f'CREATE OR REPLACE TRIGGER "{trigger}" BEFORE TRUNCATE ON "{leaf}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )


def guard_partitions(table: str) -> None:
    """Guard every partition that ``table`` has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(%s) ORDER BY 1",
            [f'"{table}"'],
        )
        for (leaf,) in cursor.fetchall():
            guard_partition(cursor, table, leaf)


def ensure_all_ahead(now: datetime, ahead: int = 3) -> list[str]:
    """Make the partitions of this month and ``ahead`` more for every partitioned table."""
    first = now.astimezone(UTC).date().replace(day=1)
    return [
        name
        for table in PARTITIONED
        for name in ensure_partitions(table, first, month_after(first, ahead))
    ]


def add_index_concurrently(table: str, name: str, columns: str) -> None:
    """Index a partitioned table that is in use: each partition by itself, without stopping writers.

    ``columns`` is what stands behind the table's name. Must run outside a transaction. What a stopped
    run has left half-made is made anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE INDEX IF NOT EXISTS "{name}" ON ONLY "{table}" {columns}')
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(%s) ORDER BY 1",
            [f'"{table}"'],
        )
        for (leaf,) in cursor.fetchall():
            part = f"{leaf}_{name}"[:63]
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(%s))",
                [f'"{part}"'],
            )
            if cursor.fetchone()[0]:
                continue
            cursor.execute(f'DROP INDEX IF EXISTS "{part}"')
            cursor.execute(f'CREATE INDEX CONCURRENTLY "{part}" ON "{leaf}" {columns}')
            cursor.execute(f'ALTER INDEX "{name}" ATTACH PARTITION "{part}"')


def rows_in_default() -> dict[str, bool]:
    """Tell for each partitioned table whether its default partition holds rows."""
    asked = " UNION ALL ".join(
        f"SELECT '{table}', EXISTS (SELECT 1 FROM \"{table}_default\")" for table in PARTITIONED
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return dict(cursor.fetchall())


class CreatePartitionedModel(migrations.CreateModel):
    """Create a model's table partitioned by range of ``column``, with a default and some months.

    ``behind`` months before this one are made at once; later ones by the clock.
    """

    def __init__(
        self, *args: Any, column: str, by_date: bool = False, behind: int = 3, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.column, self.by_date, self.behind = column, by_date, behind

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        usual = {"by_date": False, "behind": 3}
        said = {"by_date": self.by_date, "behind": self.behind}
        more = {key: value for key, value in said.items() if value != usual[key]}
        return name, list(args), dict(kwargs) | {"column": self.column} | more

    def database_forwards(self, app_label, schema_editor, from_state, to_state):  # type: ignore[no-untyped-def]
        model = to_state.apps.get_model(app_label, self.name)
        table = model._meta.db_table
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f'{plain} PARTITION BY RANGE ("{self.column}")'
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
        schema_editor.execute(f'CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT')
        this_month = datetime.now(UTC).date().replace(day=1)
        for month in months(month_after(this_month, -self.behind), month_after(this_month, 3)):
            schema_editor.execute(partition_sql(table, month, by_date=self.by_date))
