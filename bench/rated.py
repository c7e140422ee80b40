"""Many shops and their ratings, made by the database itself: days of them, and one more day at a time."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction

# One in fifty is of a buyer who comes back to the same shop again and again.
_MADE = """
SELECT (lpad(to_hex((extract(epoch FROM succeeded_at) * 1000)::bigint), 12, '0') || '7'
        || lpad(to_hex(floor(random() * 4096)::int), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid AS id,
       'N' || n AS order_no,
       CASE WHEN n %% 50 = 0 THEN 1 + (n / 50) %% %(regulars)s ELSE member END::bigint AS member_id,
       CASE WHEN n %% 50 = 0 THEN 1 + (n / 50) %% %(regulars)s ELSE shop END::bigint AS shop_id,
       succeeded_at, rated_at,
       CASE WHEN NOT is_default AND random() < 0.9 THEN 5 - floor(5 * power(random(), 3))::smallint
            WHEN NOT is_default AND random() < 0.5 THEN 4::smallint END AS desc_match,
       CASE WHEN NOT is_default AND random() < 0.9 THEN 5 - floor(5 * power(random(), 3))::smallint END
           AS service_attitude,
       CASE WHEN NOT is_default AND random() < 0.9 THEN 5 - floor(5 * power(random(), 3))::smallint END
           AS logistics_service,
       CASE WHEN is_default OR random() < 0.93 THEN 1 WHEN random() < 0.5 THEN 0 ELSE -1 END::smallint
           AS grade,
       ''::text AS comment, is_default, NOT is_default AND random() < 0.004 AS is_excluded
  FROM (
    SELECT n, rated_at, rated_at - random() * interval '14 days' AS succeeded_at,
           random() < 0.05 AS is_default,
           1 + floor(power(random(), 1.3) * %(members)s)::bigint AS member,
           1 + floor(power(random(), 2.5) * %(shops)s)::bigint AS shop
      FROM (SELECT n, %(since)s::timestamptz + (n - %(first)s) * %(step)s::interval AS rated_at
              FROM generate_series(%(first)s::bigint, %(last)s::bigint) n) at
  ) made
"""
_COLUMNS = (
    "id, order_no, member_id, shop_id, succeeded_at, rated_at, desc_match, service_attitude, "
    "logistics_service, grade, comment, is_default"
)
_MONTH = "date_trunc('month', succeeded_at AT TIME ZONE 'Asia/Shanghai')"
_IN_TURN = f"PARTITION BY member_id, shop_id, {_MONTH}"
_STORE = f"""
INSERT INTO merchants_rating ({_COLUMNS}, is_excluded, is_surplus, credit, nth)
SELECT {_COLUMNS}, is_excluded, place > 3 AND is_scored AND NOT is_excluded,
       least(6, greatest(-6, upto)) - least(6, greatest(-6, upto - points)), nth
  FROM (
    SELECT m.*, row_number() OVER ({_IN_TURN} ORDER BY succeeded_at, id) AS nth,
           row_number() OVER ({_IN_TURN}, is_scored AND NOT is_excluded ORDER BY succeeded_at, id) AS place,
           sum(points) OVER ({_IN_TURN} ORDER BY succeeded_at, id) AS upto
      FROM (SELECT *, coalesce(desc_match, service_attitude, logistics_service) IS NOT NULL AS is_scored,
                   CASE WHEN is_excluded THEN 0 ELSE grade END AS points FROM rated_made) m
  ) numbered ORDER BY rated_at
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
  FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('u', 'p')
 WHERE i.indrelid = 'merchants_rating'::regclass
"""


def make_ratings(count: int, shops: int, members: int, until: date, days: int) -> None:
    """Make shops and members, and ``count`` ratings of ``days`` days up to and with ``until``."""
    _make_shops_and_members(shops, members)
    since = datetime.combine(until - timedelta(days=days - 1), time(0), UTC) - timedelta(hours=8)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE merchants_rating DISABLE TRIGGER USER")
        # What is made here refers to what was made before; asking row by row takes longer than making.
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' "
            "AND 'merchants_rating'::regclass IN (conrelid, confrelid)"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(
                "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = %s", [name]
            )
            cursor.execute(f'ALTER TABLE {cursor.fetchone()[0]} DROP CONSTRAINT "{name}"')
        cursor.execute(_INDEXES)
        indexes = cursor.fetchall()
        for name, _definition, constraint, _words in indexes:
            if constraint:
                cursor.execute(f'ALTER TABLE merchants_rating DROP CONSTRAINT "{constraint}"')
            else:
                cursor.execute(f"DROP INDEX {name}")
        cursor.execute("CREATE UNLOGGED TABLE rated_made AS " + _MADE, _given(
            1, count, shops, members, since, timedelta(days=days) / count))  # fmt: skip
        cursor.execute(_STORE)
        cursor.execute("DROP TABLE rated_made")
        for _name, definition, constraint, words in indexes:
            if constraint:
                cursor.execute(
                    f'ALTER TABLE merchants_rating ADD CONSTRAINT "{constraint}" {words}'
                )
            else:
                cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE merchants_rating")
        cursor.execute("ALTER TABLE merchants_rating ENABLE TRIGGER USER")


def make_day(first: int, count: int, shops: int, members: int, day: date) -> None:
    """Store one more day of ratings as they come: with every index, trigger and rule."""
    from merchants.actions import hold_all_ratings, store_ratings

    since = datetime.combine(day, time(0), UTC) - timedelta(hours=8)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE rated_day ON COMMIT DROP AS " + _MADE, _given(
            first, first + count - 1, shops, members, since, timedelta(days=1) / count))  # fmt: skip
        hold_all_ratings(cursor)
        store_ratings(cursor, "rated_day")


def _given(first, last, shops, members, since, step) -> dict:
    return {
        "first": first, "last": last, "shops": shops, "members": members, "since": since,
        "step": step, "regulars": max(10, shops // 20),
    }  # fmt: skip


def _make_shops_and_members(shops: int, members: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO merchants_shop (id, shop_no, name, category, greeting_word) "
            "SELECT n, 'S' || n, 'S' || n, 'C' || n %% 40, '' FROM generate_series(1, %s) n",
            [shops],
        )
        cursor.execute(
            "INSERT INTO accounts_member (id, member_no, display_name, phone, region, tier, "
            "real_name_verified, registered_at) "
            "SELECT n, 'M' || n, '', '', '', 'normal', true, now() FROM generate_series(1, %s) n",
            [members],
        )
        cursor.execute("ANALYZE accounts_member, merchants_shop")
