"""The set-based half of standing: the same arithmetic as ``accounts.standing.rules``, in SQL.

Every statement takes its numbers as parameters named like the fields of ``Numbers``; which members
it works on is a table or a condition named in braces.
"""

COMPLETED = ("signed", "finished")
"""States of an order that count: what the buyer has received."""

# Raw points of one month; ``f`` has orders, clean_count, spent. An empty month has no row.
VALUE_POINTS = """(
    least(%(spend_points_a_month)s, floor(greatest({f}.spent, 0))::int / %(yuan_per_point)s)
  + least(%(order_points_a_month)s, %(points_per_order)s * {f}.orders)
  + least(%(trust_points_a_month)s, %(points_per_clean_order)s * {f}.clean_count))"""
CREDIT_POINTS = "least(%(credit_points_a_month)s, %(credit_per_clean_order)s * {f}.clean_count)"
ACTIVITY_POINTS = """least(%(activity_points_a_month)s,
    %(activity_per_month)s + %(activity_per_order)s * {f}.orders)"""

_POINTS = f"{VALUE_POINTS}::int, {CREDIT_POINTS}::int, {ACTIVITY_POINTS}::int".format

FACTS = "standing_facts"
"""Temporary table (member_id, month, orders, clean_count, spent): what the orders of touched months came to."""

MAKE_FACTS = f"""
DROP TABLE IF EXISTS {FACTS};
CREATE TEMP TABLE {FACTS} (
    member_id bigint NOT NULL, month date NOT NULL,
    orders int NOT NULL, clean_count int NOT NULL, spent numeric(14, 2) NOT NULL
) ON COMMIT DROP
"""

TOUCHED = "standing_touched"
"""Temporary table (member_id): whose totals and tier are looked at."""

MAKE_TOUCHED = (
    f"DROP TABLE IF EXISTS {TOUCHED};"
    f" CREATE TEMP TABLE {TOUCHED} (member_id bigint PRIMARY KEY) ON COMMIT DROP"
)

# What each touched month changes: new points less those stored, counted only inside the windows.
MOVES = f"""
CREATE TEMP TABLE standing_moves ON COMMIT DROP AS
SELECT member_id,
       coalesce(sum(value - old_value) FILTER (WHERE month >= %(value_from)s), 0)::int AS value,
       coalesce(sum(credit - old_credit) FILTER (WHERE month >= %(credit_from)s), 0)::int AS credit,
       coalesce(sum(activity - old_activity) FILTER (WHERE month >= %(value_from)s), 0)::int AS activity,
       coalesce(sum(spent - old_spent) FILTER (WHERE month >= %(value_from)s), 0) AS spent,
       coalesce(sum(orders - old_orders) FILTER (WHERE month >= %(value_from)s), 0)::int AS orders
  FROM (
    SELECT f.member_id, f.month, f.orders, f.spent,
           CASE WHEN f.orders = 0 THEN 0 ELSE {VALUE_POINTS.format(f="f")} END AS value,
           CASE WHEN f.orders = 0 THEN 0 ELSE {CREDIT_POINTS.format(f="f")} END AS credit,
           CASE WHEN f.orders = 0 THEN 0 ELSE {ACTIVITY_POINTS.format(f="f")} END AS activity,
           coalesce(m.value_points, 0) AS old_value, coalesce(m.credit_points, 0) AS old_credit,
           coalesce(m.activity_points, 0) AS old_activity, coalesce(m.spent, 0) AS old_spent,
           coalesce(m.orders, 0) AS old_orders
      FROM {FACTS} f LEFT JOIN accounts_membermonth m USING (member_id, month)
  ) moved
 GROUP BY member_id
"""

_MONTH_COLUMNS = (
    "orders, clean_count, spent, value_points, credit_points, activity_points, rules_version"
)

STORE_MONTHS = f"""
INSERT INTO accounts_membermonth AS m (member_id, month, {_MONTH_COLUMNS})
SELECT f.member_id, f.month, f.orders, f.clean_count, f.spent, {_POINTS(f="f")}, %(version)s
  FROM {FACTS} f WHERE f.orders > 0
 ORDER BY f.member_id, f.month
ON CONFLICT (member_id, month) DO UPDATE SET
    ({_MONTH_COLUMNS}) = (excluded.orders, excluded.clean_count, excluded.spent, excluded.value_points,
     excluded.credit_points, excluded.activity_points, excluded.rules_version)
 WHERE (m.orders, m.clean_count, m.spent, m.rules_version) IS DISTINCT FROM
       (excluded.orders, excluded.clean_count, excluded.spent, excluded.rules_version)
"""

DROP_EMPTY_MONTHS = f"""
DELETE FROM accounts_membermonth m USING {FACTS} f
 WHERE f.orders = 0 AND m.member_id = f.member_id AND m.month = f.month
"""

RESTATE_MONTHS = f"""
UPDATE accounts_membermonth f SET
    (value_points, credit_points, activity_points, rules_version) = ROW({_POINTS(f="f")}, %(version)s)
 WHERE f.member_id > %(after)s AND f.member_id <= %(upto)s AND f.month >= %(credit_from)s
   AND f.rules_version <> %(version)s
"""

# Totals from raw sums.
_VALUE = "greatest(0, {value})"
_CREDIT = "greatest(0, least(%(credit_ceiling)s, %(credit_start)s + {credit}))"
_ACTIVITY = "greatest(0, {activity})"
_TOTAL_COLUMNS = (
    "value_sum, credit_sum, activity_sum, value, credit, activity, spent, orders, rules_version"
)

ADD_MOVES = f"""
UPDATE accounts_memberstanding s SET
    ({_TOTAL_COLUMNS}) = (
     s.value_sum + m.value, s.credit_sum + m.credit, s.activity_sum + m.activity,
     {_VALUE.format(value="s.value_sum + m.value")},
     {_CREDIT.format(credit="s.credit_sum + m.credit")},
     {_ACTIVITY.format(activity="s.activity_sum + m.activity")},
     s.spent + m.spent, s.orders + m.orders, %(version)s)
  FROM standing_moves m WHERE m.member_id = s.member_id
"""
ADD_NEW = f"""
INSERT INTO accounts_memberstanding (member_id, {_TOTAL_COLUMNS})
SELECT member_id, value, credit, activity, {_VALUE.format(value="value")},
       {_CREDIT.format(credit="credit")}, {_ACTIVITY.format(activity="activity")},
       spent, orders, %(version)s
  FROM standing_moves m
 WHERE NOT EXISTS (SELECT 1 FROM accounts_memberstanding s WHERE s.member_id = m.member_id)
"""

SUMS = """
SELECT m.id AS member_id,
       coalesce(o.value, 0) + coalesce(e.value, 0) AS value,
       coalesce(o.credit, 0) + coalesce(e.credit, 0) AS credit,
       coalesce(o.activity, 0) + coalesce(e.activity, 0) AS activity,
       coalesce(o.spent, 0) AS spent, coalesce(o.orders, 0) AS orders
  FROM accounts_member m
  LEFT JOIN (
    SELECT member_id,
           coalesce(sum(value_points) FILTER (WHERE month >= %(value_from)s), 0)::int AS value,
           coalesce(sum(credit_points), 0)::int AS credit,
           coalesce(sum(activity_points) FILTER (WHERE month >= %(value_from)s), 0)::int AS activity,
           coalesce(sum(spent) FILTER (WHERE month >= %(value_from)s), 0) AS spent,
           coalesce(sum(orders) FILTER (WHERE month >= %(value_from)s), 0)::int AS orders
      FROM accounts_membermonth WHERE {months} AND month >= %(credit_from)s GROUP BY member_id
  ) o ON o.member_id = m.id
  LEFT JOIN (
    SELECT member_id,
           coalesce(sum(points) FILTER (WHERE score = 'value'), 0)::int AS value,
           coalesce(sum(points) FILTER (WHERE score = 'credit'), 0)::int AS credit,
           coalesce(sum(points) FILTER (WHERE score = 'activity'), 0)::int AS activity
      FROM accounts_scoreentry
     WHERE {months} AND (expires_at IS NULL OR expires_at > %(now)s) GROUP BY member_id
  ) e ON e.member_id = m.id
 WHERE {members}
"""
"""Raw sums of every score from the rows; ``months`` and ``members`` say of whom."""

_RANGE = SUMS.format(
    months="member_id > %(after)s AND member_id <= %(upto)s",
    members="m.id > %(after)s AND m.id <= %(upto)s",
)
_OF_TOUCHED = SUMS.format(
    months=f"member_id IN (SELECT member_id FROM {TOUCHED})",
    members=f"m.id IN (SELECT member_id FROM {TOUCHED})",
)

_RETOTAL = f"""
INSERT INTO accounts_memberstanding AS s (member_id, {_TOTAL_COLUMNS})
SELECT member_id, value, credit, activity, {_VALUE.format(value="value")},
       {_CREDIT.format(credit="credit")}, {_ACTIVITY.format(activity="activity")},
       spent, orders, %(version)s
  FROM ({{sums}}) sums ORDER BY member_id
ON CONFLICT (member_id) DO UPDATE SET
    ({_TOTAL_COLUMNS}) = (excluded.value_sum, excluded.credit_sum, excluded.activity_sum,
     excluded.value, excluded.credit, excluded.activity, excluded.spent, excluded.orders,
     excluded.rules_version)
 WHERE (s.value_sum, s.credit_sum, s.activity_sum, s.value, s.credit, s.activity, s.spent, s.orders,
        s.rules_version)
       IS DISTINCT FROM
       (excluded.value_sum, excluded.credit_sum, excluded.activity_sum, excluded.value,
        excluded.credit, excluded.activity, excluded.spent, excluded.orders, excluded.rules_version)
"""
RETOTAL_RANGE = _RETOTAL.format(sums=_RANGE)
RETOTAL_TOUCHED = _RETOTAL.format(sums=_OF_TOUCHED)

WRONG_TOTALS = f"""
SELECT count(*), min(m.id) FROM accounts_member m
  LEFT JOIN accounts_memberstanding s ON s.member_id = m.id
  JOIN ({_RANGE}) sums ON sums.member_id = m.id
 WHERE m.id > %(after)s AND m.id <= %(upto)s
   AND (coalesce(s.value_sum, 0), coalesce(s.credit_sum, 0), coalesce(s.activity_sum, 0),
        coalesce(s.value, 0), coalesce(s.credit, %(credit_start)s), coalesce(s.activity, 0),
        coalesce(s.spent, 0), coalesce(s.orders, 0))
       IS DISTINCT FROM
       (sums.value, sums.credit, sums.activity, {_VALUE.format(value="sums.value")},
        {_CREDIT.format(credit="sums.credit")}, {_ACTIVITY.format(activity="sums.activity")},
        sums.spent, sums.orders)
"""

# The tier that follows. ``here`` and ``there`` are rungs: new and normal 0, super 1, 88VIP 2, APASS 3.
_RUNG = "CASE {tier} WHEN 'apass' THEN 3 WHEN 'vip88' THEN 2 WHEN 'super' THEN 1 ELSE 0 END"
BAND = """CASE WHEN {credit} >= %(excellent_from)s THEN 'excellent'
    WHEN {credit} >= %(good_from)s THEN 'good'
    WHEN {credit} >= %(fair_from)s THEN 'fair' ELSE 'poor' END"""
_TITLE = """EXISTS (SELECT 1 FROM accounts_tiertitle t WHERE t.member_id = m.id AND t.tier = '{tier}'
    AND t.since <= %(now)s AND t.until > %(now)s AND (t.ended_at IS NULL OR t.ended_at > %(now)s))"""
EARNED = """CASE WHEN has_apass THEN 'apass' WHEN has_vip88 THEN 'vip88'
    WHEN value >= %(super_value)s AND credit >= %(super_credit)s THEN 'super'
    WHEN guided THEN 'new' ELSE 'normal' END"""

DECIDED = f"""
SELECT id, tier, period_id, period_tier, band_was, since_was, registered_at, value, credit, activity,
       band, earned,
       CASE WHEN there >= here THEN earned
            WHEN NOT %(settling)s THEN tier
            WHEN here >= 2 AND there < 1 THEN 'super'
            ELSE earned END AS next_tier
  FROM (
    SELECT known.*, {_RUNG.format(tier="tier")} AS here, {_RUNG.format(tier="earned")} AS there
      FROM (
        SELECT facts.*, {EARNED} AS earned, {BAND.format(credit="credit")} AS band
          FROM (
            SELECT m.id, m.tier, m.registered_at,
                   coalesce(s.value, 0) AS value, coalesce(s.activity, 0) AS activity,
                   coalesce(s.credit, %(credit_start)s) AS credit,
                   p.id AS period_id, p.tier AS period_tier, p.band AS band_was, p.since AS since_was,
                   {_TITLE.format(tier="apass")} AS has_apass,
                   {_TITLE.format(tier="vip88")} AS has_vip88,
                   EXISTS (SELECT 1 FROM accounts_guide g WHERE g.member_id = m.id
                       AND g.ended_at IS NULL AND g.ends_at > %(now)s
                       AND g.doubled_with_id IS NULL) AS guided
              FROM accounts_member m
              LEFT JOIN accounts_memberstanding s ON s.member_id = m.id
              LEFT JOIN accounts_memberperiod p ON p.member_id = m.id AND p.until IS NULL
             WHERE {{members}}
          ) facts
      ) known
  ) decided
"""
"""Tier and band of members by the rules, beside what is stored."""

DIFFER = f"""
SELECT d.* FROM ({DECIDED}) d
 WHERE d.period_id IS NULL OR d.next_tier <> d.tier OR d.next_tier <> d.period_tier
    OR d.band <> d.band_was
"""
# Found without waiting, then locked, then asked again of those alone: two who move one member wait.
CANDIDATES = f"CREATE TEMP TABLE standing_candidates ON COMMIT DROP AS SELECT id FROM ({DIFFER}) d"
LOCK_CANDIDATES = """
SELECT count(*) FROM (
    SELECT 1 FROM accounts_member m WHERE m.id IN (SELECT id FROM standing_candidates)
     ORDER BY m.id FOR NO KEY UPDATE
) locked
"""
CHANGES = "CREATE TEMP TABLE standing_changes ON COMMIT DROP AS " + DIFFER.format(
    members="m.id IN (SELECT id FROM standing_candidates)"
)

CLOSE_PERIODS = """
UPDATE accounts_memberperiod p SET until = %(now)s FROM standing_changes c
 WHERE p.id = c.period_id AND c.since_was < %(now)s
"""
# Two changes at one moment are one period.
MEND_PERIODS = """
UPDATE accounts_memberperiod p SET tier = c.next_tier, band = c.band, rules_version = %(version)s,
       why = %(why)s, facts = json_build_object('value', c.value, 'credit', c.credit, 'activity', c.activity)
  FROM standing_changes c WHERE p.id = c.period_id AND c.since_was >= %(now)s
"""
OPEN_PERIODS = """
INSERT INTO accounts_memberperiod (member_id, since, tier, band, rules_version, why, facts)
SELECT c.id,
       CASE WHEN c.period_id IS NULL THEN least(coalesce(c.registered_at, %(now)s), %(now)s)
            ELSE %(now)s END,
       c.next_tier, c.band, %(version)s, CASE WHEN c.period_id IS NULL THEN 'first' ELSE %(why)s END,
       json_build_object('value', c.value, 'credit', c.credit, 'activity', c.activity)
  FROM standing_changes c WHERE c.period_id IS NULL OR c.since_was < %(now)s
"""
MOVE_MEMBERS = """
UPDATE accounts_member m SET tier = c.next_tier FROM standing_changes c
 WHERE m.id = c.id AND m.tier <> c.next_tier
RETURNING m.id, c.tier, c.next_tier, c.period_id IS NULL, c.value, c.credit, c.activity
"""
