"""Completed orders by member and month (Shanghai's, by paying moment), in SQL.

An order counts when the buyer has received it; what was refunded is not kept; a clean one had no refund.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from accounts.standing.rules import SHANGHAI, add_months
from accounts.standing.statements import COMPLETED
from common.ids import uuid7_from

DONE = "({o}.status IN (" + ", ".join(f"'{state}'" for state in COMPLETED) + "))"
_DONE_AT = "coalesce(o.signed_at, o.closed_at, o.paid_at)"

FACTS_OF_MONTH = f"""
SELECT member_id, count(*)::int AS orders,
       (count(*) FILTER (WHERE refunded_amount = 0))::int AS clean_count,
       sum(paid_amount - refunded_amount) AS spent
  FROM trade_order o
 WHERE o.id >= %(low)s AND o.id < %(high)s AND {DONE.format(o="o")}
 GROUP BY member_id
"""
"""What a month came to, member by member; reads the partitions of that month alone."""

_MONTH = "(%(months)s::date[])[width_bucket({id}, %(lows)s::uuid[])]".format

CHANGED_BUCKETS = f"""
CREATE TEMP TABLE standing_buckets ON COMMIT DROP AS
SELECT DISTINCT member_id, {_MONTH(id="id")} AS month FROM trade_order WHERE changed_at >= %(since)s
 ORDER BY month, member_id
"""
"""Which months of which members hold an order that was written since then; null before the first month.

In the order in which members lie in tables and indexes: neighbours are found on the same pages."""

PAY_DEBTS = f"""
WITH owed AS (DELETE FROM trade_standingdebt RETURNING member_id, {_MONTH(id="order_id")} AS month)
INSERT INTO standing_buckets (member_id, month)
SELECT owed.member_id, owed.month FROM owed JOIN accounts_member m ON m.id = owed.member_id
EXCEPT SELECT member_id, month FROM standing_buckets
"""
"""Which months of which members an order has left."""

BUCKETS_OF_MONTH = "(SELECT member_id FROM standing_buckets WHERE month = %(month)s)"

FACTS_OF_BUCKET = f"""
SELECT a.member_id, count(*)::int AS orders,
       (count(*) FILTER (WHERE o.refunded_amount = 0))::int AS clean_count,
       sum(o.paid_amount - o.refunded_amount) AS spent
  FROM trade_order o
 WHERE o.member_id = a.member_id AND o.id >= %(low)s AND o.id < %(high)s AND {DONE.format(o="o")}
"""
"""What a month came to for the member ``a``: one month a statement, so that one partition is read."""

GUIDED = f"""
SELECT g.member_id, count(o.id)::int AS completed,
       coalesce((array_agg(o.order_no ORDER BY {_DONE_AT}, o.id))[1], '') AS first_order_no,
       min({_DONE_AT}) AS first_completed_at,
       (array_agg({_DONE_AT} ORDER BY {_DONE_AT}, o.id))[%(third)s] AS last_counted_at
  FROM accounts_guide g
  LEFT JOIN trade_order o ON o.member_id = g.member_id AND {DONE.format(o="o")}
 WHERE g.ended_at IS NULL {{and_touched}}
 GROUP BY g.member_id
"""
"""Completed orders of members who are led by the guide: how many, the first, and when the last counted was."""


def bounds(month: date) -> tuple[UUID, UUID]:
    """Return the ids between which orders paid in ``month`` lie: from the first, below the second."""
    low, high = (
        datetime.combine(first, time(0), SHANGHAI).astimezone(UTC)
        for first in (month, add_months(month, 1))
    )
    return uuid7_from(low), uuid7_from(high)


def buckets(months: Sequence[date]) -> dict[str, Any]:
    """Return the parameters of the bucket statements: ``months`` in order, and where each begins."""
    return {"months": list(months), "lows": [bounds(month)[0] for month in months]}


def given(month: date) -> dict[str, Any]:
    """Return the parameters of :data:`FACTS_OF_MONTH`."""
    low, high = bounds(month)
    return {"month": month, "low": low, "high": high}
