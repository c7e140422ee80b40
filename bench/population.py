"""Many members and their orders, made by the database itself: a year of months, a day at the end."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from accounts.standing.rules import SHANGHAI, add_months

_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
  FROM pg_index i WHERE i.indrelid = 'trade_order'::regclass AND NOT i.indisprimary
"""
_ORDERS = """
INSERT INTO trade_order (id, order_no, member_id, shop_id, product, category, quantity, paid_amount,
    freight, refunded_amount, region, status, paid_at, signed_at, changed_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || lpad(to_hex(floor(random() * 4096)::int), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid,
       'N' || n, 1 + floor(power(random(), 1.6) * %(members)s)::bigint, %(shop)s, '', '', 1,
       amount, 0, CASE WHEN random() < 0.06 THEN amount ELSE 0 END, '', 'finished', at, at, at
  FROM (SELECT n, %(since)s::timestamptz + random() * %(span)s::interval AS at,
               round((5 + 300 * random() * random())::numeric, 2) AS amount
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) n) made
"""


def make_members(count: int, registered: datetime) -> int:
    """Make ``count`` members, numbered from 1, and one shop; return the shop's key."""
    from merchants.models import Merchant, Shop

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_member (id, member_no, display_name, phone, region, tier, "
            "real_name_verified, registered_at) "
            "SELECT n, 'M' || n, '', '', '', 'normal', true, %s - n * interval '1 second' "
            "FROM generate_series(1, %s) n",
            [registered, count],
        )
        cursor.execute("ANALYZE accounts_member")
    merchant = Merchant.objects.create(merchant_no="B1", name="B")
    return Shop.objects.create(shop_no="S1", name="S", merchant=merchant).pk


def make_orders(orders: int, members: int, shop: int, until: date, months: int = 12) -> None:
    """Make ``orders`` finished orders of ``months`` whole months before ``until``'s and of its own."""
    from common.partitions import ensure_partitions

    first = add_months(until.replace(day=1), -months)
    ensure_partitions("trade_order", first, until)
    end = datetime.combine(until, time(0), SHANGHAI)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ALTER TABLE trade_order DISABLE TRIGGER USER")
        # What is made here refers to what was made before; asking row by row takes longer than making.
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'trade_order'::regclass AND contype = 'f'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE trade_order DROP CONSTRAINT "{name}"')
        cursor.execute(_INDEXES)
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        start = datetime.combine(first, time(0), SHANGHAI)
        step = (end - start) / 20
        share = orders // 20
        for part in range(20):
            _insert(cursor, part * share + 1, (part + 1) * share, members, shop,
                    start + part * step, step)  # fmt: skip
        for _name, definition in indexes:
            # Of a partitioned table the definition names the parent alone.
            cursor.execute(definition.replace(" ON ONLY ", " ON ", 1))
        cursor.execute("ALTER TABLE trade_order ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE trade_order")


def make_day(first: int, orders: int, members: int, shop: int, day: date) -> None:
    """Add the orders of one day as they come in: with every index and trigger."""
    with connection.cursor() as cursor:
        _insert(cursor, first, first + orders - 1, members, shop,
                datetime.combine(day, time(0), UTC), timedelta(hours=15))  # fmt: skip


def _insert(cursor, first, last, members, shop, since, span) -> None:
    cursor.execute(
        _ORDERS,
        {
            "first": first, "last": last, "members": members, "shop": shop, "since": since,
            "span": span,
        },
    )  # fmt: skip
