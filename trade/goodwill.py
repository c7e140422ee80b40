"""Orders that a shop makes good, and who bought again after it: told to the house of merchants."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from common.ids import uuid7_from
from merchants.goodwill.registry import BoughtHere, Returned, knows_orders, knows_returns
from trade.models import Order, OrderStatus

RETURNS_SQL = """
WITH offers AS (
    SELECT DISTINCT ON (g.kind, g.member_id) g.kind, g.member_id, g.offered_at AS since
      FROM merchants_gesture g
     WHERE g.shop_id = %(shop)s AND g.offered_at >= %(since)s AND g.offered_at < %(until)s
     ORDER BY g.kind, g.member_id, g.offered_at
), others AS (
    SELECT o.member_id, min(o.paid_at) AS since
      FROM trade_order o
     WHERE o.shop_id = %(shop)s AND o.id >= %(first)s AND o.paid_at >= %(since)s AND o.paid_at < %(until)s
       AND NOT EXISTS (SELECT 1 FROM merchants_gesture g
                        WHERE g.shop_id = o.shop_id AND g.member_id = o.member_id)
     GROUP BY o.member_id
), asked AS (
    SELECT kind, member_id, since FROM offers UNION ALL SELECT '', member_id, since FROM others
)
SELECT a.kind, count(*), count(b.member_id)
  FROM asked a
  LEFT JOIN LATERAL (
      SELECT o.member_id FROM trade_order o
       WHERE o.member_id = a.member_id AND o.shop_id = %(shop)s AND o.id >= %(first)s
         AND o.status <> %(closed)s AND o.paid_at > a.since AND o.paid_at <= a.since + %(within)s
       LIMIT 1
  ) b ON true
 GROUP BY a.kind
"""


@knows_orders
def order(shop_id: int, order_no: str) -> BoughtHere | None:
    """Return an order of a shop."""
    found = Order.objects.filter(shop=shop_id, order_no=order_no[:40]).first()
    if found is None:
        return None
    return BoughtHere(
        found.order_no, found.member_id, found.product, found.paid_amount, found.freight,
        found.paid_at,
    )  # fmt: skip


@knows_returns
def returns(shop_id: int, since: datetime, until: datetime, days: int) -> dict[str, Returned]:
    """Count who paid again at a shop within ``days`` of an offer, or of their first order without one."""
    given: dict[str, Any] = {
        "shop": shop_id, "since": since, "until": until, "first": uuid7_from(since),
        "closed": OrderStatus.CLOSED, "within": timedelta(days=days),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(RETURNS_SQL, given)
        return {kind: Returned(buyers, back) for kind, buyers, back in cursor.fetchall()}
