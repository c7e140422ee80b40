"""The set-based half of ratings: the same arithmetic as ``merchants.ratings.rules``, in SQL.

A day is counted from the day before it: what was rated that day comes in, the day that leaves the
window goes out, and so does what changed in days already counted (``merchants_ratingmove``). The same
figures follow from zero; ``recompute --check`` holds the two against each other.
"""

from merchants.models.ratings import PARTS

DSR_PARTS = tuple(name for name in PARTS if name.endswith(("_sum", "_count")))
GRADES = ("positive", "neutral", "negative")
FIGURES = tuple(PARTS)
_COLUMNS = ", ".join(FIGURES)
_SUMMED = ", ".join(f"sum({name})::int AS {name}" for name in FIGURES)


def _adds(row: str, sign: str = "", credit: str = "") -> str:
    """Return what a rating adds, or with ``-`` takes away, by name."""
    parts = [f"{sign}({sql.format(r=row)}) AS {name}" for name, sql in PARTS.items()]
    if credit:
        parts[-1] = f"{credit} AS credit"
    return ", ".join(parts)


# Credit is what all ratings ever brought: nothing leaves it with the window.
_WAITING = ", ".join(
    name if name == "credit" else f"CASE WHEN day >= %(was_first)s THEN {name} ELSE 0 END"
    for name in FIGURES
)

ROLL = f"""
WITH taken AS (
    UPDATE merchants_ratingmove SET applied_on = %(day)s WHERE applied_on IS NULL RETURNING *
), change AS (
    SELECT shop_id, {_SUMMED} FROM (
        SELECT r.shop_id, {_adds("r")} FROM merchants_rating r WHERE r.day = %(day)s
        UNION ALL
        SELECT r.shop_id, {_adds("r", "-", "0")} FROM merchants_rating r
         WHERE r.day >= %(was_first)s AND r.day < %(first)s
        UNION ALL
        SELECT shop_id, {_WAITING} FROM taken
    ) parts GROUP BY shop_id
)
UPDATE merchants_shopscore s SET {", ".join(f"{n} = s.{n} + c.{n}" for n in FIGURES)}
  FROM change c WHERE c.shop_id = s.shop_id
"""
"""Count %(day)s from the day before; one statement, so that it sees ratings and their moves alike."""

# Two figures in one sum: the count above bit 28, what is summed below it. A shop would need
# fifty million ratings in one window to mix them. It saves half of the aggregates.
_UNIT = 268_435_456
_LOW = _UNIT - 1


def _packed(sql: str) -> str:
    return f"sum({_UNIT} + {sql})"


def _unpacked(packed: str, low: str, high: str) -> str:
    value = f"coalesce({packed}, 0)"
    return f"({value} & {_LOW})::int AS {low}, ({value} >> 28)::int AS {high}"


PAIRS = """
    SELECT member_id, shop_id, r.month, m.most FROM merchants_rating r
      JOIN unnest(%(months)s::date[], %(most)s::int[]) AS m (month, most) ON m.month = r.month
     WHERE r.nth > 1 AND r.nth > m.most
     GROUP BY 1, 2, 3, 4
"""
"""Buyers who may have more ratings of a shop and month than count: those who have one numbered above that."""

_BEYOND = f"""
    SELECT * FROM (
        SELECT r.id, r.shop_id, r.day, r.desc_match, r.service_attitude, r.logistics_service,
               row_number() OVER (PARTITION BY r.member_id, r.shop_id, r.month
                                  ORDER BY r.succeeded_at, r.id) > p.most AS is_beyond
          FROM ({PAIRS}) p
          JOIN merchants_rating r
            ON r.member_id = p.member_id AND r.shop_id = p.shop_id AND r.month = p.month
         WHERE NOT r.is_excluded AND (r.desc_match IS NOT NULL OR r.service_attitude IS NOT NULL
               OR r.logistics_service IS NOT NULL)
    ) ranked WHERE is_beyond
"""

_SHORT = {"desc": "desc_match", "service": "service_attitude", "logistics": "logistics_service"}

# What stands in the columns ``is_surplus`` and in snapshots is not looked at.
WHOLE = f"""
WITH beyond AS MATERIALIZED ({_BEYOND}), sums AS (
    SELECT shop_id,
           {", ".join(f"{_packed('r.' + name)} AS {short}" for short, name in _SHORT.items())},
           sum(CASE WHEN r.withdrawn_at IS NULL THEN
               CASE r.grade WHEN 1 THEN 1 WHEN -1 THEN {_UNIT} WHEN 0 THEN 0 END END) AS graded,
           count(CASE WHEN r.withdrawn_at IS NULL AND r.grade = 0 THEN 1 END) AS neutral
      FROM merchants_rating r
     WHERE r.day >= %(first)s AND r.day <= %(day)s AND NOT r.is_excluded
     GROUP BY shop_id
), over AS (
    SELECT shop_id, {", ".join(f"{_packed(name)} AS {short}" for short, name in _SHORT.items())}
      FROM beyond WHERE day >= %(first)s AND day <= %(day)s GROUP BY shop_id
)
SELECT s.shop_id,
       {", ".join(
           _unpacked(f"(coalesce(s.{short}, 0) - coalesce(o.{short}, 0))", f"{short}_sum",
                     f"{short}_count")
           for short in _SHORT)},
       (coalesce(s.graded, 0) & {_LOW})::int AS positive, s.neutral::int AS neutral,
       (coalesce(s.graded, 0) >> 28)::int AS negative
  FROM sums s LEFT JOIN over o USING (shop_id)
"""  # fmt: skip
"""The window's figures at the end of %(day)s from nothing but the ratings, by every rule of counting."""

_POINTS = (
    "CASE WHEN r.is_excluded OR r.withdrawn_at IS NOT NULL THEN 0 ELSE coalesce(r.grade, 0) END"
)
_SCORED = "(r.desc_match IS NOT NULL OR r.service_attitude IS NOT NULL OR r.logistics_service IS NOT NULL)"
_IN_TURN = "PARTITION BY r.member_id, r.shop_id, r.month"

RANKED = f"""
SELECT id, shop_id, day, is_surplus, credit, beyond, points,
       (least(points_most, greatest(-points_most, upto))
        - least(points_most, greatest(-points_most, upto - points)))::int AS brings
  FROM (
    SELECT r.id, r.shop_id, r.day, r.is_surplus, r.credit, t.points_most, {_POINTS} AS points,
           sum({_POINTS}) OVER ({_IN_TURN} ORDER BY r.succeeded_at, r.id) AS upto,
           NOT r.is_excluded AND {_SCORED} AND row_number() OVER (
               {_IN_TURN}, NOT r.is_excluded AND {_SCORED} ORDER BY r.succeeded_at, r.id
           ) > t.most AS beyond
      FROM {{touched}} t
      JOIN merchants_rating r
        ON r.member_id = t.member_id AND r.shop_id = t.shop_id AND r.month = t.month
  ) ranked
"""
"""Which ratings of ``touched`` (member_id, shop_id, month, most, points_most) are beyond the month's
number, and how many points each brings."""

_SEVERAL = """(
    SELECT r.member_id, r.shop_id, r.month, m.most, m.points_most FROM merchants_rating r
      JOIN unnest(%(months)s::date[], %(most)s::int[], %(points)s::int[]) AS m (month, most, points_most)
        ON m.month = r.month
     WHERE r.nth > 1 AND r.nth > {least} GROUP BY 1, 2, 3, 4, 5
)"""
_TOO_MANY = _SEVERAL.format(least="least(m.most, m.points_most)")
_TOO_MANY_POINTS = _SEVERAL.format(least="m.points_most")

CREDIT = f"""
SELECT shop_id, (sum(credit) + coalesce(sum(corrected), 0))::int AS credit FROM (
    SELECT r.shop_id, sum({_POINTS}) AS credit, NULL::bigint AS corrected
      FROM merchants_rating r WHERE r.day <= %(day)s GROUP BY 1
    UNION ALL
    SELECT shop_id, 0, sum(brings - points)
      FROM ({RANKED.format(touched=_TOO_MANY_POINTS)}) n WHERE day <= %(day)s GROUP BY 1
) points GROUP BY shop_id
"""
"""What all ratings up to %(day)s brought each shop: their grades, less what one buyer gave too much of."""

WHOLE_FIGURES = f"""
    SELECT coalesce(w.shop_id, c.shop_id) AS shop_id,
           {", ".join(f"coalesce(w.{n}, 0) AS {n}" for n in FIGURES if n != "credit")},
           coalesce(c.credit, 0) AS credit
      FROM ({WHOLE}) w FULL JOIN ({CREDIT}) c ON c.shop_id = w.shop_id
"""
"""Every figure of every shop at the end of %(day)s from nothing but the ratings."""

_OF_SHOPS = f"""
    SELECT s.shop_id, {", ".join(f"coalesce(w.{n}, 0) AS {n}" for n in FIGURES)}
      FROM merchants_shopscore s LEFT JOIN ({WHOLE_FIGURES}) w ON w.shop_id = s.shop_id
"""

COUNT_WHOLE = f"""
WITH taken AS (
    UPDATE merchants_ratingmove SET applied_on = %(day)s WHERE applied_on IS NULL
)
UPDATE merchants_shopscore s SET {", ".join(f"{n} = w.{n}" for n in FIGURES)}
  FROM ({_OF_SHOPS}) w
 WHERE w.shop_id = s.shop_id
   AND ({", ".join(f"s.{n}" for n in FIGURES)}) IS DISTINCT FROM ({", ".join(f"w.{n}" for n in FIGURES)})
"""
"""Count %(day)s from zero."""

_MEANS = ", ".join(
    f"((200000 * {short}_sum::bigint + {short}_count) / nullif(2 * {short}_count, 0))::int"
    for short in _SHORT
)

WRITE_DOWN = f"""
INSERT INTO merchants_dsrsnapshot
       (id, day, shop_id, {_COLUMNS}, {", ".join(f"{short}_e5" for short in _SHORT)})
SELECT %(key)s + shop_id, %(day)s, shop_id, {_COLUMNS}, {_MEANS} FROM merchants_shopscore
 WHERE desc_count + service_count + logistics_count + positive + neutral + negative > 0 OR credit <> 0
 ORDER BY shop_id
"""
"""Keep the running figures as those of %(day)s. Whole numbers, half rounded up: dividing decimals would
take longer than all the rest."""

_UNLIKE = f"({', '.join(f'w.{n}' for n in FIGURES)}) IS DISTINCT FROM ({', '.join(f's.{n}' for n in FIGURES)})"

UNLIKE = f"""
SELECT count(*), min(w.shop_id) FROM ({_OF_SHOPS}) w
  JOIN (
    SELECT shop_id, {_SUMMED} FROM (
        SELECT shop_id, {_COLUMNS} FROM merchants_shopscore
        UNION ALL
        SELECT shop_id, {_WAITING.replace("%(was_first)s", "%(first)s")}
          FROM merchants_ratingmove WHERE applied_on IS NULL
    ) stored GROUP BY shop_id
  ) s ON s.shop_id = w.shop_id
 WHERE {_UNLIKE}
"""
"""How many shops' running figures, with the moves that wait, differ from a count from zero."""

NOT_AS_WRITTEN = f"""
SELECT count(*), min(w.shop_id) FROM merchants_shopscore w
  LEFT JOIN (SELECT * FROM merchants_dsrsnapshot WHERE id >= %(key)s AND id < %(key_after)s) d
    ON d.shop_id = w.shop_id
  CROSS JOIN LATERAL (SELECT {", ".join(f"coalesce(d.{n}, 0) AS {n}" for n in FIGURES)}) s
 WHERE {_UNLIKE}
"""
"""How many shops' running figures are not those written down on %(day)s."""

PEERS = """
INSERT INTO merchants_peerscore (day, category, dimension, shops, mean_e5, lowest_e5, highest_e5)
SELECT %(day)s, category, dimension, count(*), round(avg(score))::int, min(score), max(score)
  FROM (
    SELECT p.category, d.dimension, d.score
      FROM merchants_dsrsnapshot s JOIN merchants_shop p ON p.id = s.shop_id
      CROSS JOIN LATERAL (VALUES ('desc_match', s.desc_e5, s.desc_count),
                                 ('service_attitude', s.service_e5, s.service_count),
                                 ('logistics_service', s.logistics_e5, s.logistics_count)
      ) AS d (dimension, score, ratings)
     WHERE s.id >= %(key)s AND s.id < %(key_after)s AND d.ratings >= %(least)s
  ) scored GROUP BY category, dimension
ON CONFLICT (day, category, dimension) DO UPDATE SET shops = excluded.shops,
   mean_e5 = excluded.mean_e5, lowest_e5 = excluded.lowest_e5, highest_e5 = excluded.highest_e5
"""
"""Where each category's shops stand at the end of %(day)s: those with %(least)s ratings or more."""

# --- What counts of one buyer, shop and month ---------------------------------------------------------

RECOUNT = f"""
UPDATE merchants_rating r SET is_surplus = n.beyond, credit = n.brings
  FROM ({RANKED}) n
 WHERE r.id = n.id AND (n.is_surplus <> n.beyond OR n.credit <> n.brings)
"""
"""Make the rows say which ratings of ``touched`` count, and what each brings."""

ONE_PAIR = (
    "(SELECT %(member)s::bigint AS member_id, %(shop)s::bigint AS shop_id, %(month)s::date AS month, "
    "%(most)s::int AS most, %(points_most)s::int AS points_most)"
)

WRONG_PAIRS = f"""
SELECT n.id FROM ({RANKED.format(touched=_TOO_MANY)}) n
 WHERE n.is_surplus <> n.beyond OR n.credit <> n.brings
"""
"""Of buyers with several ratings in a month: rows that say something else than the rules."""

RECOUNT_MANY = RECOUNT.format(touched=_TOO_MANY)

# Whoever has no more ratings in a month than count has none beyond, and each brings its grade.
WRONG_SINGLES = f"""
SELECT r.id FROM merchants_rating r WHERE (r.is_surplus OR r.credit <> {_POINTS})
   AND NOT EXISTS (SELECT 1 FROM {_TOO_MANY} t WHERE t.member_id = r.member_id
                    AND t.shop_id = r.shop_id AND t.month = r.month)
"""
MEND_SINGLES = f"""
UPDATE merchants_rating r SET is_surplus = false, credit = {_POINTS}
 WHERE r.id IN ({WRONG_SINGLES})
"""
