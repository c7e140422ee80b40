"""What a condition would have hit, in SQL: one pass over the things, counted by shop, region and category."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from merchants.rulebook.conditions import compile_condition
from merchants.rulebook.rules import Spared
from merchants.rulebook.vocabulary import Source

TABLE = "rule_hits"
"""The temporary table that holds the counts of one run until its transaction ends."""

_COUNT = "SELECT count(*) FROM {table} WHERE {window}"

_GROUPS = """
CREATE TEMP TABLE {into} ON COMMIT DROP AS
SELECT grouping(shop) AS no_shop, grouping(region) AS no_region, grouping(category) AS no_category,
       {no_exception} AS no_exception, shop, region, category, {exception} AS exception,
       {hits} AS hits, {spared} AS spared, coalesce({money}, 0)::numeric(16, 2) AS money
  FROM (SELECT {shop_sql} AS shop, {region_sql} AS region, {category_sql} AS category,
               {money_sql} AS money{spares}
          FROM {table} {joins} WHERE {window} AND {where}) hit
 GROUP BY GROUPING SETS ((shop), (region), (category), {by_exception}())
"""
# CREATE TABLE AS, because an INSERT never reads with several workers.

_PLAIN = {
    "no_exception": "1", "exception": "NULL::int", "hits": "count(*)", "spared": "0::bigint",
    "money": "sum(money)", "by_exception": "",
}  # fmt: skip
_SPARING = {
    "no_exception": "grouping(exception)",
    "exception": "exception",
    "hits": "count(*) FILTER (WHERE exception IS NULL)",
    "spared": "count(*) FILTER (WHERE exception IS NOT NULL)",
    "money": "sum(money) FILTER (WHERE exception IS NULL)",
    "by_exception": "(exception), ",
}

_ROWS = """
INSERT INTO merchants_simulationhit (simulation_id, by, key, hits, spared, money)
SELECT %s, CASE 0 WHEN no_shop THEN 'shop' WHEN no_region THEN 'region'
                  WHEN no_category THEN 'category' ELSE 'exception' END,
       CASE 0 WHEN no_shop THEN shop::text WHEN no_region THEN region
              WHEN no_category THEN category ELSE exception::text END,
       hits, spared, money
  FROM {into}
 WHERE no_shop + no_region + no_category + no_exception = 3
   AND (no_exception = 1 OR exception IS NOT NULL)
"""

_TOTALS = """
SELECT coalesce(sum(hits) FILTER (WHERE whole), 0)::bigint,
       coalesce(sum(spared) FILTER (WHERE whole), 0)::bigint,
       coalesce(sum(money) FILTER (WHERE whole), 0),
       count(*) FILTER (WHERE no_shop = 0 AND hits > 0)
  FROM (SELECT *, no_shop + no_region + no_category + no_exception = 4 AS whole FROM {into}) counted
"""


@dataclass(frozen=True)
class Totals:
    """What a condition hit in all; ``looked_at`` is how many things there were."""

    looked_at: int
    hits: int
    spared: int
    money: Decimal
    shops: int


def count_hits(
    cursor: CursorWrapper,
    source: Source,
    condition: dict[str, Any],
    exceptions: Sequence[Spared],
    since: datetime,
    until: datetime,
    *,
    into: str = TABLE,
) -> Totals:
    """Ask ``condition`` of the things between two moments; the counts stay in the table ``into``.

    Inside a transaction, at whose end the table is gone. An exception spares a hit whatever its own
    end: a rule begins with all its exceptions. The first that fits is the one that spares.
    """
    if source.window is None or not source.shop:
        raise ValueError(f"{source.name} cannot be simulated: it has no moments or no shops")
    window, window_values = source.window(since, until)
    compiled = compile_condition(condition, source)
    spares, spares_values = _spares(source, exceptions)
    sql = _GROUPS.format(
        into=into,
        shop_sql=source.shop,
        region_sql=source.region,
        category_sql=source.category,
        money_sql=source.money,
        spares=f", {spares} AS exception" if exceptions else "",
        table=source.table,
        joins=" ".join(compiled.joins),
        window=window,
        where=compiled.where,
        **(_SPARING if exceptions else _PLAIN),
    )
    cursor.execute(sql, [*spares_values, *window_values, *compiled.values])
    cursor.execute(_TOTALS.format(into=into))
    hits, spared, money, shops = cursor.fetchone()
    cursor.execute(_COUNT.format(table=source.table, window=window), window_values)
    (looked_at,) = cursor.fetchone()
    return Totals(looked_at, hits, spared, money, shops)


def keep_hits(cursor: CursorWrapper, simulation_id: int, *, into: str = TABLE) -> int:
    """Write the counts of ``into`` as rows of a simulation; return how many."""
    cursor.execute(_ROWS.format(into=into), [simulation_id])
    return int(cursor.rowcount)


def matching_numbers(source: Source, condition: dict[str, Any], limit: int) -> list[str]:
    """Return the numbers of the things a condition is true of, at most ``limit``, in order."""
    compiled = compile_condition(condition, source)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {source.number} FROM {source.table} {' '.join(compiled.joins)} "
            f"WHERE {compiled.where} ORDER BY 1 LIMIT %s",
            [*compiled.values, limit],
        )
        return [number for (number,) in cursor.fetchall()]


def _spares(source: Source, exceptions: Sequence[Spared]) -> tuple[str, list[Any]]:
    """Return SQL that gives the place of the exception that spares a row, NULL for none."""
    cases, values = [], []
    for place, one in enumerate(exceptions):
        parts = []
        for column, names in ((source.category, one.categories), (source.region, one.regions)):
            if names:
                parts.append(f"{column} = ANY(%s)")
                values.append(list(names))
        cases.append(f"WHEN {' AND '.join(parts)} THEN {place}")
    return f"CASE {' '.join(cases)} END", values
