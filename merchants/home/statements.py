"""What a shop's home reads, in one statement.

A home is opened by everybody who works for a shop, every morning, and by their programs. Each part is
a subselect that answers JSON, so that the whole page costs one round trip; each is bounded by an index
that names it. Times come as text in ISO 8601 and scores in hundred-thousandths, as they are stored.
"""

from merchants.home.todo import todo_sql

TREND_DAYS = 60
CASES = 4
DRAFTS = 3
VOICES = 2
# Of a shop with very many words the newest are enough to find some that may be shown.
_WORDS_LOOKED_AT = 200

_PEERS = """(SELECT mean_e5 FROM merchants_peerscore
              WHERE day = d.day AND category = %(category)s AND dimension = '{}')"""
_PEER_MEANS = ", ".join(
    _PEERS.format(name) for name in ("desc_match", "service_attitude", "logistics_service")
)

# Below the least number of ratings a score is not shown, on the line as little as beside it.
_OWN_MEANS = ", ".join(
    f"CASE WHEN s.{short}_count >= %(least)s THEN s.{short}_e5 END"
    for short in ("desc", "service", "logistics")
)

_TREND = f"""
SELECT jsonb_agg(jsonb_build_array(d.day, {_OWN_MEANS}, {_PEER_MEANS}) ORDER BY d.day)
  FROM merchants_dsrday d
  LEFT JOIN merchants_dsrsnapshot s
    ON s.id = ((d.day - date '0001-01-01' + 1)::bigint << 32 | %(shop)s)
 WHERE d.day > (SELECT max(day) FROM merchants_dsrday) - %(days)s
"""

_LATEST = """
SELECT jsonb_build_object(
    'day', d.day, 'window_days', d.window_days,
    'desc', jsonb_build_array(s.desc_sum, s.desc_count),
    'service', jsonb_build_array(s.service_sum, s.service_count),
    'logistics', jsonb_build_array(s.logistics_sum, s.logistics_count),
    'grades', jsonb_build_array(s.positive, s.neutral, s.negative), 'credit', s.credit,
    'peers', (SELECT jsonb_object_agg(dimension, jsonb_build_array(mean_e5, lowest_e5, highest_e5, shops))
                FROM merchants_peerscore WHERE day = d.day AND category = %(category)s))
  FROM (SELECT * FROM merchants_dsrday ORDER BY day DESC LIMIT 1) d
  LEFT JOIN merchants_dsrsnapshot s
    ON s.id = ((d.day - date '0001-01-01' + 1)::bigint << 32 | %(shop)s)
"""

# What bends the line: a penalty that began, an appeal that was granted, ratings taken out or put back.
_EVENTS = """
SELECT jsonb_agg(jsonb_build_array(day, kind, about, n) ORDER BY day) FROM (
    SELECT (p.begun_at AT TIME ZONE 'Asia/Shanghai')::date AS day, 'penalty' AS kind, r.title AS about, 1 AS n
      FROM merchants_penalty p
      JOIN merchants_violation v ON v.id = p.violation_id
      JOIN merchants_ruleversion w ON w.id = v.rule_version_id
      JOIN merchants_rule r ON r.id = w.rule_id
     WHERE p.shop_id = %(shop)s AND p.begun_at > %(now)s - %(days)s * interval '1 day' AND p.node <> ''
    UNION ALL
    SELECT (u.at AT TIME ZONE 'Asia/Shanghai')::date, 'granted', r.title,
           (SELECT count(*) FROM merchants_restored x WHERE x.appeal_id = a.id)
      FROM merchants_penalty p
      JOIN merchants_appeal a ON a.penalty_id = p.id
      JOIN merchants_ruling u ON u.appeal_id = a.id AND u.outcome IN ('reduced', 'revoked')
      JOIN merchants_violation v ON v.id = p.violation_id
      JOIN merchants_ruleversion w ON w.id = v.rule_version_id
      JOIN merchants_rule r ON r.id = w.rule_id
     WHERE p.shop_id = %(shop)s AND u.at > %(now)s - %(days)s * interval '1 day'
    UNION ALL
    SELECT m.applied_on, m.why, '', count(*)
      FROM merchants_ratingmove m
     WHERE m.shop_id = %(shop)s AND m.why IN ('excluded', 'restored')
       AND m.applied_on > (%(now)s AT TIME ZONE 'Asia/Shanghai')::date - %(days)s
     GROUP BY 1, 2
) events
"""

_CASES = """
SELECT jsonb_agg(to_jsonb(one) ORDER BY one.id DESC) FROM (
    SELECT v.id, v.violation_no, v.state, v.violation_class, v.points * v.items AS possible,
           r.title AS rule, w.number AS version, w.effective_from AS rule_since, v.statement_due_at,
           p.points, p.node, p.starts_at, p.begun_at, p.until, p.ended_at, p.appeal_until,
           a.state AS appeal_state, u.outcome, u.at AS ruled_at, u.points_before,
           CASE WHEN u.appeal_id IS NULL THEN NULL ELSE
               (SELECT jsonb_agg(jsonb_build_array(x.what, x.about) ORDER BY x.id)
                  FROM merchants_restored x WHERE x.appeal_id = a.id) END AS restored
      FROM merchants_violation v
      JOIN merchants_ruleversion w ON w.id = v.rule_version_id
      JOIN merchants_rule r ON r.id = w.rule_id
      LEFT JOIN merchants_penalty p ON p.violation_id = v.id
      LEFT JOIN merchants_appeal a ON a.penalty_id = p.id
      LEFT JOIN merchants_ruling u ON u.appeal_id = a.id
     WHERE v.shop_id = %(shop)s AND v.noticed_at IS NOT NULL
     ORDER BY v.id DESC LIMIT %(cases)s
) one
"""

_DRAFTS = """
SELECT jsonb_agg(to_jsonb(one) ORDER BY one.ends_at DESC, one.id DESC) FROM (
    SELECT w.id, r.code, r.title, w.number, w.state, w.consultation_ends_at AS ends_at,
           own.choice AS own,
           (SELECT jsonb_object_agg(choice, n)
              FROM (SELECT choice, count(*) AS n FROM merchants_rulevote
                     WHERE version_id = w.id GROUP BY choice) votes) AS votes,
           CASE WHEN own.group_id IS NULL OR w.state = 'consultation' THEN 0 ELSE
               (SELECT count(*) FROM merchants_ruletextchange t
                 WHERE t.version_id = w.id AND own.group_id = ANY(t.groups)) END AS changed
      FROM merchants_consultationinvite i
      JOIN merchants_ruleversion w ON w.id = i.version_id
      JOIN merchants_rule r ON r.id = w.rule_id
      LEFT JOIN merchants_rulevote own ON own.version_id = w.id AND own.merchant_id = i.merchant_id
     WHERE i.merchant_id = %(merchant)s
       AND w.state IN ('consultation', 'result_published', 'notice', 'trial')
     ORDER BY w.consultation_ends_at DESC, w.id DESC LIMIT %(drafts)s
) one
"""

# A review that is neither excluded nor withdrawn; words that are looked at first are nobody's to read yet.
_STANDS = "NOT is_excluded AND withdrawn_at IS NULL"

_VOICES = f"""
SELECT jsonb_build_object(
    'unhappy', (SELECT count(*) FROM merchants_rating
                 WHERE shop_id = %(shop)s AND grade <= 0 AND {_STANDS}
                   AND rated_at > %(now)s - interval '7 days'),
    'unhappy_before', (SELECT count(*) FROM merchants_rating
                        WHERE shop_id = %(shop)s AND grade <= 0 AND {_STANDS}
                          AND rated_at > %(now)s - interval '14 days'
                          AND rated_at <= %(now)s - interval '7 days'),
    'words', (SELECT jsonb_agg(jsonb_build_array(comment, grade, rated_at) ORDER BY rated_at DESC) FROM (
        SELECT comment, grade, rated_at FROM (
            SELECT id, comment, grade, rated_at, is_masked, is_excluded, withdrawn_at FROM merchants_rating
             WHERE shop_id = %(shop)s ORDER BY rated_at DESC, id DESC LIMIT {_WORDS_LOOKED_AT}
        ) newest
         WHERE comment <> '' AND NOT is_masked AND {_STANDS}
           AND NOT EXISTS (SELECT 1 FROM merchants_heldreview h
                            WHERE h.rating_id = newest.id AND h.released_at IS NULL)
         ORDER BY rated_at DESC LIMIT %(voices)s
    ) words))
"""

_POINTS = """
SELECT jsonb_object_agg(violation_class, points) FROM merchants_pointsbalance WHERE shop_id = %(shop)s
"""

_LIMITS = """
SELECT to_jsonb(measures) FROM merchants_shoplimits WHERE shop_id = %(shop)s
"""

# The last day of experience scores, and what the shop has there: nothing while it has no score of its own.
_EXPERIENCE = """
SELECT jsonb_build_array(c.day, e.score::text, e.preset, e.category, e.metrics)
  FROM (SELECT max(day) AS day FROM merchants_experiencecount) c
  LEFT JOIN merchants_experienceday e ON e.day = c.day AND e.shop_id = %(shop)s
 WHERE c.day IS NOT NULL
"""

PARTS = {
    "trend": _TREND,
    "latest": _LATEST,
    "events": _EVENTS,
    "cases": _CASES,
    "drafts": _DRAFTS,
    "voices": _VOICES,
    "points": _POINTS,
    "limits": _LIMITS,
    "experience": _EXPERIENCE,
}


def home_sql() -> str:
    """Return the statement: one row, one column of JSON for each of ``PARTS`` and one for the to-dos."""
    parts = [f"({sql}) AS {name}" for name, sql in PARTS.items()]
    return f"SELECT {', '.join(parts)}, ({todo_sql()}) AS todo"
