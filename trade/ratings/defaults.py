"""What nobody rated in time is graded good by the system (默认好评): credit for the shop, never a score."""

from datetime import date, datetime, timedelta

from django.db import connection, transaction

from common.ids import uuid7_from
from common.parameters import value
from common.rules import midnight, midnight_after
from merchants.actions import hold_all_ratings, store_ratings
from merchants.ratings.rules import first_moment_after
from trade.loading.orders import ID_SQL
from trade.rules import SUCCEEDED

LONGEST_WAY = timedelta(days=120)
"""Longer than any order is under way from being paid to being received: only those months are read."""
ROUND = "default_ratings"

_FIND = f"""
CREATE TEMP TABLE {ROUND} ON COMMIT DROP AS
SELECT {ID_SQL.replace("paid_at", "succeeded_at")} AS id, s.order_no, s.member_id, s.shop_id,
       s.succeeded_at, %(until)s::timestamptz AS rated_at, NULL::smallint AS desc_match,
       NULL::smallint AS service_attitude, NULL::smallint AS logistics_service, 1::smallint AS grade,
       ''::text AS comment, true AS is_default
  FROM (
    SELECT o.order_no, o.member_id, o.shop_id, coalesce(o.signed_at, o.closed_at, o.paid_at) AS succeeded_at,
           sha256(convert_to(o.order_no, 'UTF8')) AS digest
      FROM trade_order o
     WHERE o.id >= %(oldest)s AND o.id < %(newest)s AND o.status = ANY(%(succeeded)s)
       AND coalesce(o.signed_at, o.closed_at, o.paid_at) >= %(since)s
       AND coalesce(o.signed_at, o.closed_at, o.paid_at) < %(before)s
       AND NOT EXISTS (SELECT 1 FROM merchants_rating r WHERE r.order_no = o.order_no)
    OFFSET 0
  ) s
"""


def closes_at(day: date) -> datetime:
    """Return when nothing that succeeded on ``day`` can be rated any more."""
    days = {value("dsr.rate_window_days", at) for at in (midnight(day), midnight_after(day))}
    return first_moment_after(midnight(day), max(days))


@transaction.atomic
def give_default_ratings(day: date, *, now: datetime) -> int:
    """Grade what succeeded on ``day`` and was not rated in time; return how many.

    None before that time is over, none while the parameter says no. A second call finds nothing left.
    """
    until = closes_at(day)
    if now < until or not value("review.default_positive", midnight(day)):
        return 0
    with connection.cursor() as cursor:
        # Whoever is just rating comes first; afterwards nobody can.
        hold_all_ratings(cursor)
        cursor.execute(f"DROP TABLE IF EXISTS {ROUND}")
        cursor.execute(
            _FIND,
            {
                "until": until,
                "since": midnight(day),
                "before": midnight_after(day),
                "oldest": uuid7_from(midnight(day) - LONGEST_WAY),
                "newest": uuid7_from(midnight_after(day)),
                "succeeded": sorted(SUCCEEDED),
            },
        )
        return store_ratings(cursor, ROUND)
