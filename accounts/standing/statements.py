"""The set-based half of standing: the same arithmetic as ``accounts.standing.rules``, in SQL.

Every statement takes its numbers as parameters named like the fields of ``Numbers``; which members
it works on is a table or a condition named in braces.
"""

COMPLETED = ("signed", "finished")
"""States of an order that count: what the buyer has received."""

# Raw points of one month; ``f`` has orders, clean_count, spent. An empty month has no row. Wide
# enough that no count and no amount stops a run over everybody.
VALUE_POINTS = """(
    least(%(spend_points_a_month)s, floor(greatest({f}.spent, 0) / %(yuan_per_point)s))
  + least(%(order_points_a_month)s, %(points_per_order)s * {f}.orders::bigint)
  + least(%(trust_points_a_month)s, %(points_per_clean_order)s * {f}.clean_count::bigint))::int"""
CREDIT_POINTS = """least(%(credit_points_a_month)s,
    %(credit_per_clean_order)s * {f}.clean_count::bigint)::int"""
ACTIVITY_POINTS = """least(%(activity_points_a_month)s,
    %(activity_per_month)s + %(activity_per_order)s * {f}.orders::bigint)::int"""

_POINTS = f"{VALUE_POINTS}, {CREDIT_POINTS}, {ACTIVITY_POINTS}".format
_MONTH_COLUMNS = (
    "orders, clean_count, spent, value_points, credit_points, activity_points, rules_version"
)

TOUCHED = "standing_touched"
"""Temporary table (member_id): whose totals and tier are looked at."""

MAKE_TOUCHED = (
    f"DROP TABLE IF EXISTS {TOUCHED};"
    f" CREATE TEMP TABLE {TOUCHED} (member_id bigint PRIMARY KEY) ON COMMIT DROP"
)

UNLIKE = "standing_unlike"
"""Temporary table: months whose stored row is not what their orders come to."""

_UNLIKE = """
SELECT coalesce(f.member_id, m.member_id) AS member_id, %(month)s::date AS month,
       coalesce(f.orders, 0) AS orders, coalesce(f.clean_count, 0) AS clean_count,
       coalesce(f.spent, 0) AS spent, coalesce(f.value, 0) AS value, coalesce(f.credit, 0) AS credit,
       coalesce(f.activity, 0) AS activity, m.member_id IS NOT NULL AS is_stored,
       coalesce(m.orders, 0) AS old_orders, coalesce(m.spent, 0) AS old_spent,
       coalesce(m.value_points, 0) AS old_value, coalesce(m.credit_points, 0) AS old_credit,
       coalesce(m.activity_points, 0) AS old_activity
  FROM {both}
 WHERE (f.orders, f.clean_count, f.spent, f.value, f.credit, f.activity,
        CASE WHEN f.member_id IS NOT NULL THEN %(version)s END)
       IS DISTINCT FROM
       (m.orders, m.clean_count, m.spent, m.value_points, m.credit_points, m.activity_points,
        m.rules_version)
"""
_WORTH = f"""SELECT counted.*, {VALUE_POINTS.format(f="counted")} AS value,
               {CREDIT_POINTS.format(f="counted")} AS credit,
               {ACTIVITY_POINTS.format(f="counted")} AS activity
          FROM ({{facts}}) counted WHERE counted.orders > 0"""
UNLIKE_IN_MONTH = _UNLIKE.format(
    both=f"""({_WORTH}) f
  FULL JOIN (SELECT * FROM accounts_membermonth WHERE month = %(month)s) m ON m.member_id = f.member_id"""
)
"""Rows of one month that differ from ``facts``: a select of (member_id, orders, clean_count, spent)."""

UNLIKE_AMONG = _UNLIKE.format(
    both=f"""{{among}} a
  LEFT JOIN LATERAL ({_WORTH}) f ON true
  LEFT JOIN accounts_membermonth m ON m.member_id = a.member_id AND m.month = %(month)s"""
)
"""The same for the members of ``among`` (member_id) alone; ``facts`` are those of ``a.member_id``."""

DROP_UNLIKE = f"DROP TABLE IF EXISTS {UNLIKE}"
MAKE_UNLIKE = f"CREATE TEMP TABLE {UNLIKE} ON COMMIT DROP AS "

STORE_MONTHS = (
    f"""
DELETE FROM accounts_membermonth m USING {UNLIKE} u
 WHERE u.is_stored AND u.orders = 0 AND m.member_id = u.member_id
   AND m.month = %(month)s AND u.month = %(month)s
""",
    f"""
UPDATE accounts_membermonth m SET
    ({_MONTH_COLUMNS}) = (u.orders, u.clean_count, u.spent, u.value, u.credit, u.activity, %(version)s)
  FROM {UNLIKE} u
 WHERE u.is_stored AND u.orders > 0 AND m.member_id = u.member_id
   AND m.month = %(month)s AND u.month = %(month)s
""",
    f"""
INSERT INTO accounts_membermonth (member_id, month, {_MONTH_COLUMNS})
SELECT u.member_id, u.month, u.orders, u.clean_count, u.spent, u.value, u.credit, u.activity, %(version)s
  FROM {UNLIKE} u WHERE NOT u.is_stored AND u.month = %(month)s ORDER BY u.member_id
""",
)
"""What makes the stored rows of a month alike: one month a statement, so that one partition is looked at.
One run at a time writes months, so that nothing collides."""

RESTATE_MONTHS = f"""
UPDATE accounts_membermonth f SET
    (value_points, credit_points, activity_points, rules_version) = ROW({_POINTS(f="f")}, %(version)s)
 WHERE {{members}} AND f.month >= %(oldest)s AND f.rules_version <> %(version)s
"""
"""Months of ``members`` by other rules, from the facts that are stored."""

MOVES = f"""
CREATE TEMP TABLE standing_moves ON COMMIT DROP AS
SELECT member_id,
       coalesce(sum(value - old_value) FILTER (WHERE month >= %(value_from)s), 0)::int AS value,
       coalesce(sum(credit - old_credit) FILTER (WHERE month >= %(credit_from)s), 0)::int AS credit,
       coalesce(sum(activity - old_activity) FILTER (WHERE month >= %(value_from)s), 0)::int AS activity,
       coalesce(sum(spent - old_spent) FILTER (WHERE month >= %(value_from)s), 0) AS spent,
       coalesce(sum(orders - old_orders) FILTER (WHERE month >= %(value_from)s), 0)::int AS orders
  FROM {UNLIKE} GROUP BY member_id ORDER BY member_id
"""
"""What changed months change in the totals, counted only inside the windows.

In the order in which members lie in their tables: totals of neighbours are written on the same pages."""

# Totals from raw sums.
_VALUE = "greatest(0, {value})"
_CREDIT = "greatest(0, least(%(credit_ceiling)s, %(credit_start)s + {credit}))"
_ACTIVITY = "greatest(0, {activity})"
_TOTAL_COLUMNS = (
    "value_sum, credit_sum, activity_sum, value, credit, activity, spent, orders, rules_version"
)

_BAND = """CASE WHEN {credit} >= %(excellent_from)s THEN 3 WHEN {credit} >= %(good_from)s THEN 2
    WHEN {credit} >= %(fair_from)s THEN 1 ELSE 0 END"""

ADD_MOVES = f"""
WITH added AS (
  UPDATE accounts_memberstanding s SET
      ({_TOTAL_COLUMNS}) = (
       s.value_sum + m.value, s.credit_sum + m.credit, s.activity_sum + m.activity,
       {_VALUE.format(value="s.value_sum + m.value")},
       {_CREDIT.format(credit="s.credit_sum + m.credit")},
       {_ACTIVITY.format(activity="s.activity_sum + m.activity")},
       s.spent + m.spent, s.orders + m.orders, %(version)s)
    FROM standing_moves m WHERE m.member_id = s.member_id
  RETURNING s.member_id, s.value, s.credit, {_VALUE.format(value="s.value_sum - m.value")} AS old_value,
            {_CREDIT.format(credit="s.credit_sum - m.credit")} AS old_credit
), moved_over AS (
  INSERT INTO {TOUCHED} SELECT member_id FROM added
   WHERE (old_value >= %(super_value)s) <> (value >= %(super_value)s)
      OR (old_credit >= %(super_credit)s) <> (credit >= %(super_credit)s)
      OR {_BAND.format(credit="old_credit")} <> {_BAND.format(credit="credit")}
  RETURNING 1
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM moved_over)
"""
"""Add to the totals; touched are those who crossed a number of the rules: of all others neither tier nor
band can follow. Answers how many had totals and how many crossed."""

ADD_NEW = f"""
WITH added AS (
  INSERT INTO accounts_memberstanding (member_id, {_TOTAL_COLUMNS})
  SELECT member_id, value, credit, activity, {_VALUE.format(value="value")},
         {_CREDIT.format(credit="credit")}, {_ACTIVITY.format(activity="activity")},
         spent, orders, %(version)s
    FROM standing_moves m
   WHERE NOT EXISTS (SELECT 1 FROM accounts_memberstanding s WHERE s.member_id = m.member_id)
  RETURNING member_id
)
INSERT INTO {TOUCHED} SELECT member_id FROM added
"""
"""First totals of members who had none; all of them are touched."""

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
           coalesce(sum(credit_points) FILTER (WHERE month >= %(credit_from)s), 0)::int AS credit,
           coalesce(sum(activity_points) FILTER (WHERE month >= %(value_from)s), 0)::int AS activity,
           coalesce(sum(spent) FILTER (WHERE month >= %(value_from)s), 0) AS spent,
           coalesce(sum(orders) FILTER (WHERE month >= %(value_from)s), 0)::int AS orders
      FROM accounts_membermonth WHERE {months} AND month >= %(oldest)s GROUP BY member_id
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


def in_range(column: str) -> str:
    """Members after %(after)s up to %(upto)s."""
    return f"{column} > %(after)s AND {column} <= %(upto)s"


def of_touched(column: str) -> str:
    """Members of :data:`TOUCHED`."""
    return f"{column} IN (SELECT member_id FROM {TOUCHED})"


_SUMS_IN_RANGE = SUMS.format(months=in_range("member_id"), members=in_range("m.id"))
_SUMS_OF_TOUCHED = SUMS.format(months=of_touched("member_id"), members=of_touched("m.id"))

_TOTALS_UNLIKE = f"""
SELECT member_id, sums.value AS value_sum, sums.credit AS credit_sum,
       sums.activity AS activity_sum, {_VALUE.format(value="sums.value")} AS value,
       {_CREDIT.format(credit="sums.credit")} AS credit,
       {_ACTIVITY.format(activity="sums.activity")} AS activity, sums.spent, sums.orders,
       s.member_id IS NOT NULL AS is_stored
  FROM ({{sums}}) sums
  LEFT JOIN (SELECT * FROM accounts_memberstanding WHERE {{stored}}) s USING (member_id)
 WHERE (s.value_sum, s.credit_sum, s.activity_sum, s.value, s.credit, s.activity, s.spent, s.orders,
        s.rules_version)
       IS DISTINCT FROM
       (sums.value, sums.credit, sums.activity, {_VALUE.format(value="sums.value")},
        {_CREDIT.format(credit="sums.credit")}, {_ACTIVITY.format(activity="sums.activity")},
        sums.spent, sums.orders, %(version)s)
"""
TOTALS_UNLIKE_IN_RANGE = _TOTALS_UNLIKE.format(sums=_SUMS_IN_RANGE, stored=in_range("member_id"))
TOTALS_UNLIKE_OF_TOUCHED = _TOTALS_UNLIKE.format(
    sums=_SUMS_OF_TOUCHED, stored=of_touched("member_id")
)
"""Totals that are not the sums of their rows, or not by these rules; a member may have none yet."""

MISSED = "WHERE is_stored OR value_sum <> 0 OR credit_sum <> 0 OR activity_sum <> 0 OR orders <> 0"
"""Of those, the ones that say something wrong: who has no row and no totals yet stands where all begin."""

MAKE_TOTALS = "CREATE TEMP TABLE standing_totals ON COMMIT DROP AS "
STORE_TOTALS = (
    f"""
UPDATE accounts_memberstanding s SET
    ({_TOTAL_COLUMNS}) = (t.value_sum, t.credit_sum, t.activity_sum, t.value, t.credit, t.activity,
     t.spent, t.orders, %(version)s)
  FROM standing_totals t WHERE t.is_stored AND t.member_id = s.member_id
""",
    f"""
INSERT INTO accounts_memberstanding (member_id, {_TOTAL_COLUMNS})
SELECT member_id, value_sum, credit_sum, activity_sum, value, credit, activity, spent, orders, %(version)s
  FROM standing_totals t WHERE NOT is_stored ORDER BY member_id
""",
)

# The tier that follows. ``here`` and ``there`` are rungs: new and normal 0, super 1, 88VIP 2, APASS 3.
_RUNG = "CASE {tier} WHEN 'apass' THEN 3 WHEN 'vip88' THEN 2 WHEN 'super' THEN 1 ELSE 0 END"
BAND = """CASE WHEN {credit} >= %(excellent_from)s THEN 'excellent'
    WHEN {credit} >= %(good_from)s THEN 'good'
    WHEN {credit} >= %(fair_from)s THEN 'fair' ELSE 'poor' END"""
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
                   coalesce(t.has_apass, false) AS has_apass, coalesce(t.has_vip88, false) AS has_vip88,
                   coalesce(g.guided, false) AS guided
              FROM {{joined}}
          ) facts
      ) known
  ) decided
"""
"""Tier and band of members by the rules, beside what is stored."""

_DIFFER = f"""
SELECT d.* FROM ({DECIDED}) d
 WHERE d.period_id IS NULL OR d.next_tier <> d.tier OR d.next_tier <> d.period_tier
    OR d.band <> d.band_was
"""


_HELD = """SELECT {key} bool_or(tier = 'apass') AS has_apass, bool_or(tier = 'vip88') AS has_vip88
    FROM accounts_tiertitle
   WHERE {of} AND since <= %(now)s AND until > %(now)s AND (ended_at IS NULL OR ended_at > %(now)s)"""
_LED = """SELECT {key} true AS guided FROM accounts_guide
   WHERE {of} AND ended_at IS NULL AND ends_at > %(now)s AND doubled_with_id IS NULL"""
_STRETCH = in_range("member_id")

# A stretch of members is read side by side; the planner does not carry its bounds over an outer join.
DIFFER_IN_RANGE = _DIFFER.format(
    joined=f"""accounts_member m
              LEFT JOIN (SELECT * FROM accounts_memberstanding WHERE {_STRETCH}) s
                ON s.member_id = m.id
              LEFT JOIN (SELECT * FROM accounts_memberperiod WHERE until IS NULL AND {_STRETCH}) p
                ON p.member_id = m.id
              LEFT JOIN ({_HELD.format(key="member_id,", of=_STRETCH)} GROUP BY member_id) t
                ON t.member_id = m.id
              LEFT JOIN ({_LED.format(key="member_id,", of=_STRETCH)}) g ON g.member_id = m.id
             WHERE {in_range("m.id")}"""
)
# Few are looked up one after the other.
_DIFFER_AMONG = _DIFFER.format(
    joined=f"""{{among}} a JOIN accounts_member m ON m.id = a.member_id
              LEFT JOIN accounts_memberstanding s ON s.member_id = m.id
              LEFT JOIN accounts_memberperiod p ON p.member_id = m.id AND p.until IS NULL
              LEFT JOIN LATERAL ({_HELD.format(key="", of="member_id = m.id")}) t ON true
              LEFT JOIN LATERAL ({_LED.format(key="", of="member_id = m.id")}) g ON true"""
)
DIFFER_AMONG_TOUCHED = _DIFFER_AMONG.format(among=TOUCHED)
"""Whose tier, band or period is not what it should be."""

# Found without waiting, then locked, then asked again of those alone: two who move one member wait.
CANDIDATES = "CREATE TEMP TABLE standing_candidates ON COMMIT DROP AS SELECT id AS member_id FROM ({differ}) d"
LOCK_CANDIDATES = """
SELECT count(*) FROM (
    SELECT 1 FROM accounts_member m WHERE m.id IN (SELECT member_id FROM standing_candidates)
     ORDER BY m.id FOR NO KEY UPDATE
) locked
"""
CHANGES = "CREATE TEMP TABLE standing_changes ON COMMIT DROP AS " + _DIFFER_AMONG.format(
    among="standing_candidates"
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
