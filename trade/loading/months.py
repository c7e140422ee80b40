"""Months of orders that are built beside the table and attached when they are complete.

A month without rows gets a table of its own without indexes and references; when the file has
left the month behind, or is in, these are made in one go, which costs a fraction of keeping them
row by row. At the end the table is attached as the month's partition. Until then its rows are not
visible. What an interrupted run left is found again: the next run goes on with it, whichever file
it loads.

Nothing here waits for the disk: the end of the run does, for all that was before it, and what
the machine's power took is found unfinished and done again.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

from django.db import OperationalError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper

from common.changes import begin_afresh
from common.ids import uuid7_floor
from common.partitions import month_after

LOADING = "trade_order_loading"
TABLE = "trade_order"
ORDERS = "trade.order"
BOUNDS = "loading_bounds"

WORTH_BYTES = 4_000_000
"""Files smaller than this go straight into the table."""
WORTH_ROWS = 1_000
"""A month with fewer rows gets no partition of its own; the default one takes them."""
MOST_MONTHS = 240
ATTEMPTS = 10

logger = logging.getLogger(__name__)


def building() -> set[date]:
    """Return the months that are being built, first days."""
    with connection.cursor() as cursor:
        return {month for month, _leaf in _leaves(cursor)}


def begin_beside(month: date, *, room: int) -> bool:
    """Start building ``month`` beside the table if it has no rows; tell whether it was started.

    ``room`` is how many are being built already.
    """
    if room >= MOST_MONTHS:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        if _has_rows(cursor, month):
            return False
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {LOADING} "
            f"(LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id)"
        )
        low, high = uuid7_floor(month), uuid7_floor(month_after(month))
        # Checked as rows go in, the bounds need no scan under the lock that attaching takes.
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {_leaf_of(month)} PARTITION OF {LOADING} "
            f"(CONSTRAINT {BOUNDS} CHECK (id >= '{low}' AND id < '{high}')) "
            f"FOR VALUES FROM ('{low}') TO ('{high}')"
        )
    return True


class Ahead:
    """Completes months while others are still being stored, on a thread and connection of its own.

    That is a bet that no more of their rows come. Rows that come after all go in more slowly, and
    no further bets are made.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._begun: dict[date, Future[None]] = {}

    def bet_on(self, built: set[date], *, touched: set[date]) -> None:
        """Complete those of ``built`` that are not ``touched``; their rows must be committed."""
        if not touched.isdisjoint(self._begun):
            return
        for month in sorted(built - touched - self._begun.keys()):
            self._begun[month] = self._thread.submit(_furnish_if_worth, _leaf_of(month))

    def wait(self) -> None:
        """Wait for the month that is being completed and drop the rest; raises what went wrong."""
        for begun in self._begun.values():
            if not begun.cancel():
                begun.result()

    def stop(self) -> None:
        """Drop what was not begun yet and let go of thread and connection."""
        for begun in self._begun.values():
            begun.cancel()
        if self._begun:
            self._thread.submit(connections.close_all).result()
        self._thread.shutdown()


def attach_all() -> None:
    """Index what was built, check its references and attach it; then the orders are visible."""
    with connection.cursor() as cursor:
        leaves = _leaves(cursor)
        worth = [leaf for _month, leaf in leaves if _has_many_rows(cursor, leaf)]
    # Building an index is the server's work: two at once use two cores.
    with ThreadPoolExecutor(2) as indexing:
        for future in [indexing.submit(_complete, worth[half::2]) for half in range(2)]:
            future.result()
    for month, leaf in leaves:
        _settle(month, leaf, worth=leaf in worth)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {LOADING}")


def _complete(leaves: list[str]) -> None:
    try:
        for leaf in leaves:
            _furnish(leaf)
    finally:
        connection.close()


def _furnish_if_worth(leaf: str) -> None:
    with connection.cursor() as cursor:
        worth = _has_many_rows(cursor, leaf)
    if worth:
        _furnish(leaf)


def _furnish(leaf: str) -> None:
    """Give ``leaf`` what a partition of the orders has; all of it or nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_index WHERE indrelid = %s::regclass", [leaf])
        if cursor.fetchone():
            return
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SET LOCAL maintenance_work_mem = '128MB'")
        cursor.execute(f"ALTER TABLE {leaf} ADD PRIMARY KEY (id)")
        cursor.execute(f"CREATE INDEX ON {leaf} (order_no)")
        cursor.execute(f"CREATE INDEX ON {leaf} (member_id, id DESC)")
        cursor.execute(f"CREATE INDEX ON {leaf} (shop_id, id DESC)")
        cursor.execute(
            f"CREATE INDEX ON {leaf} USING brin (changed_at) WITH (pages_per_range = 16)"
        )
        # A small sample of what pages look for, so that they plan well at once; autovacuum
        # takes a larger one of every column.
        cursor.execute("SET LOCAL default_statistics_target = 10")
        cursor.execute(f"ANALYZE {leaf} (id, order_no, member_id, shop_id)")
        # Last, because it locks members and shops against changes until the commit.
        for column, other in (("member_id", "accounts_member"), ("shop_id", "merchants_shop")):
            cursor.execute(
                f"ALTER TABLE {leaf} ADD FOREIGN KEY ({column}) REFERENCES {other} (id) "
                "DEFERRABLE INITIALLY DEFERRED"
            )


def _settle(month: date, leaf: str, *, worth: bool) -> None:
    """Make ``leaf`` the partition of ``month``, or pour its rows into the table."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                # Short: whoever reads the orders waits behind us until we have the lock.
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                cursor.execute("SET LOCAL synchronous_commit = off")
                cursor.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
                if worth and not _has_rows(cursor, month):
                    _attach(cursor, month, leaf)
                else:
                    cursor.execute(f"INSERT INTO {TABLE} SELECT * FROM {leaf}")
                    cursor.execute(f"DROP TABLE {leaf}")
            return
        except OperationalError:
            if attempt == ATTEMPTS - 1:
                raise
            logger.warning("attaching %s waits for others, attempt %s", leaf, attempt + 1)


def _attach(cursor: CursorWrapper, month: date, leaf: str) -> None:
    name = f"{TABLE}_{month:%Y%m}"
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
    if cursor.fetchone()[0]:
        # Made ahead and still empty.
        cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {name}")
        cursor.execute(f"DROP TABLE {name}")
    cursor.execute(f"ALTER TABLE {LOADING} DETACH PARTITION {leaf}")
    cursor.execute(f"ALTER TABLE {leaf} RENAME TO {name}")
    low, high = uuid7_floor(month), uuid7_floor(month_after(month))
    cursor.execute(
        f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')"
    )
    cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {BOUNDS}")
    begin_afresh(ORDERS)


def _leaf_of(month: date) -> str:
    return f"{LOADING}_{month:%Y%m}"


def _leaves(cursor: CursorWrapper) -> list[tuple[date, str]]:
    cursor.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s) "
        "ORDER BY 1",
        [LOADING],
    )
    names = [name for (name,) in cursor.fetchall()]
    return [(date(int(name[-6:-2]), int(name[-2:]), 1), name) for name in names]


def _has_rows(cursor: CursorWrapper, month: date) -> bool:
    cursor.execute(
        f"SELECT EXISTS (SELECT 1 FROM {TABLE} WHERE id >= %s AND id < %s)",
        [uuid7_floor(month), uuid7_floor(month_after(month))],
    )
    return bool(cursor.fetchone()[0])


def _has_many_rows(cursor: CursorWrapper, leaf: str) -> bool:
    cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {leaf} LIMIT {WORTH_ROWS}) AS few")
    return bool(cursor.fetchone()[0] == WORTH_ROWS)
