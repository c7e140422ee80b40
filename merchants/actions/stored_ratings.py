"""Many ratings at once: those of a file, and those the system gives for what nobody rated."""

from django.db.backends.utils import CursorWrapper

from merchants.ratings import statements as sql
from merchants.ratings.numbers import numbers_of_months

ROWS = "rating_rows"
"""Temporary table of the ratings being stored, numbered in their months."""

_GIVEN = (
    "id, order_no, member_id, shop_id, succeeded_at, rated_at, desc_match, service_attitude, "
    "logistics_service, grade, comment, is_default"
)
_MONTH = "date_trunc('month', s.succeeded_at AT TIME ZONE 'Asia/Shanghai')::date"
_NUMBER = f"""
CREATE TEMP TABLE {ROWS} ON COMMIT DROP AS
SELECT n.*, n.turn + coalesce((
         SELECT max(r.nth) FROM merchants_rating r WHERE r.member_id = n.member_id
            AND r.shop_id = n.shop_id AND r.month = n.month), 0) AS nth
  FROM (
    SELECT s.*, row_number() OVER (PARTITION BY member_id, shop_id, month
                                   ORDER BY succeeded_at, id) AS turn
      FROM (SELECT {_GIVEN}, {_MONTH} AS month FROM {{rows}} s OFFSET 0) s
  ) n
"""
_STORE = f"""
INSERT INTO merchants_rating ({_GIVEN}, credit, nth)
SELECT {_GIVEN}, coalesce(grade, 0), nth FROM {ROWS} ORDER BY id
"""
_TOUCHED = f"""(
    SELECT DISTINCT r.member_id, r.shop_id, r.month, m.most, m.points_most FROM {ROWS} r
      JOIN unnest(%(months)s::date[], %(most)s::int[], %(points)s::int[]) AS m (month, most, points_most)
        ON m.month = r.month
     WHERE r.nth > least(m.most, m.points_most)
)"""
_RECOUNT = sql.RECOUNT.format(touched=_TOUCHED)


def hold_all_ratings(cursor: CursorWrapper) -> None:
    """Let nobody else write a rating before this transaction ends: the numbers of months hold."""
    cursor.execute("LOCK TABLE merchants_rating IN SHARE ROW EXCLUSIVE MODE")


def store_ratings(cursor: CursorWrapper, rows: str) -> int:
    """Store the relation ``rows`` of ratings that are not there yet; return how many.

    Its columns are those of a rating up to ``is_default``. Call it inside a transaction, after
    :func:`hold_all_ratings`. The name comes from code, never from a file. No line of history is written
    for each: the run that brings them has its own.
    """
    cursor.execute(f"DROP TABLE IF EXISTS {ROWS}")
    cursor.execute(_NUMBER.format(rows=rows))
    cursor.execute(_STORE)
    stored = cursor.rowcount
    if stored:
        cursor.execute(f"SELECT DISTINCT month FROM {ROWS}")
        numbers = numbers_of_months(month for (month,) in cursor.fetchall())
        months, most, points = (list(column) for column in zip(*numbers, strict=True))
        cursor.execute(_RECOUNT, {"months": months, "most": most, "points": points})
    return stored
