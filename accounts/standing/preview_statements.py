"""What other rules would make of everybody, in SQL: read-only, by stretches of member ids, nothing stored."""

from accounts.standing.statements import (
    BAND,
    CREDIT_POINTS,
    EARNED,
    VALUE_POINTS,
)

POINTS = (
    "recompute_day",
    "window_months",
    "credit_months",
    "yuan_per_point",
    "spend_points_a_month",
    "points_per_order",
    "order_points_a_month",
    "points_per_clean_order",
    "trust_points_a_month",
    "credit_per_clean_order",
    "credit_points_a_month",
    "activity_per_month",
    "activity_per_order",
    "activity_points_a_month",
)
"""Numbers that change what a month is worth or counts; with the others the stored sums still hold."""

_STRETCH = "{column} > %(after)s AND {column} <= %(upto)s".format

STORED_SUMS = f"""
SELECT m.id AS member_id, coalesce(s.value_sum, 0) AS value, coalesce(s.credit_sum, 0) AS credit,
       coalesce(s.spent, 0) AS spent
  FROM accounts_member m LEFT JOIN accounts_memberstanding s ON s.member_id = m.id
 WHERE {_STRETCH(column="m.id")}
"""
"""Raw sums as the last run left them."""

COUNTED_SUMS = f"""
SELECT m.id AS member_id, coalesce(o.value, 0) + coalesce(e.value, 0) AS value,
       coalesce(o.credit, 0) + coalesce(e.credit, 0) AS credit, coalesce(o.spent, 0) AS spent
  FROM accounts_member m
  LEFT JOIN (
    SELECT f.member_id,
           sum({VALUE_POINTS.format(f="f")}) FILTER (WHERE f.month >= %(value_from)s)::int AS value,
           sum({CREDIT_POINTS.format(f="f")}) FILTER (WHERE f.month >= %(credit_from)s)::int AS credit,
           sum(f.spent) FILTER (WHERE f.month >= %(value_from)s) AS spent
      FROM accounts_membermonth f
     WHERE {_STRETCH(column="f.member_id")} AND f.month >= %(oldest)s AND f.orders > 0
     GROUP BY f.member_id
  ) o ON o.member_id = m.id
  LEFT JOIN (
    SELECT member_id,
           coalesce(sum(points) FILTER (WHERE score = 'value'), 0)::int AS value,
           coalesce(sum(points) FILTER (WHERE score = 'credit'), 0)::int AS credit
      FROM accounts_scoreentry
     WHERE {_STRETCH(column="member_id")} AND (expires_at IS NULL OR expires_at > %(now)s)
     GROUP BY member_id
  ) e ON e.member_id = m.id
 WHERE {_STRETCH(column="m.id")}
"""
"""Raw sums as these rules would count the months and entries."""

GROUPS = f"""
SELECT tier, band_was, earned, band, by_points, is_candidate, count(*)::int,
       (array_agg(id ORDER BY id) FILTER (WHERE tier <> earned))[1:%(samples)s]
  FROM (
    SELECT facts.*, {EARNED} AS earned, {BAND.format(credit="credit")} AS band,
           value >= %(super_value)s AND credit >= %(super_credit)s AS by_points,
           value >= %(apass_value)s AND credit >= %(apass_credit)s AND spent >= %(apass_spent)s
               AS is_candidate
      FROM (
        SELECT m.id, m.tier, coalesce(p.band, '') AS band_was, sums.spent,
               greatest(0, sums.value) AS value,
               greatest(0, least(%(credit_ceiling)s, %(credit_start)s + sums.credit)) AS credit,
               coalesce(t.has_apass, false) AS has_apass,
               coalesce(t.has_vip88, false) AS has_vip88,
               coalesce(g.ended_at IS NULL AND g.ends_at > %(now)s AND g.doubled_with_id IS NULL
                   AND g.completed < %(guide_orders)s, false) AS guided
          FROM accounts_member m
          JOIN ({{sums}}) sums ON sums.member_id = m.id
          LEFT JOIN accounts_memberperiod p ON p.member_id = m.id AND p.until IS NULL
          LEFT JOIN accounts_guide g ON g.member_id = m.id
          LEFT JOIN (
            SELECT member_id, bool_or(tier = 'apass') AS has_apass, bool_or(tier = 'vip88') AS has_vip88
              FROM accounts_tiertitle
             WHERE {_STRETCH(column="member_id")} AND since <= %(now)s AND until > %(now)s
               AND (ended_at IS NULL OR ended_at > %(now)s)
             GROUP BY member_id
          ) t ON t.member_id = m.id
         WHERE {_STRETCH(column="m.id")}
      ) facts
  ) known
 GROUP BY 1, 2, 3, 4, 5, 6
"""
"""Members of a stretch grouped by what they are and would be; ``sums`` are one of the two above."""
