"""The set-based half of the experience score: the same arithmetic as ``merchants.experience.rules``, in SQL.

A day's metrics are read into one table that lives as long as the transaction; ranks and scores follow
from it alone, in whole numbers, so that nothing is lost to rounding on the way.
"""

from merchants.experience.rules import HIGHEST, LOWEST, MEAN, MULTIPLE

VALUES = """
DROP TABLE IF EXISTS experience_values;
CREATE TEMP TABLE experience_values (
    shop_id bigint, category varchar(60), metric varchar(40), dimension varchar(10),
    is_lower_better boolean, least integer, value numeric(16, 6), sample integer
) ON COMMIT DROP
"""

READ = """
INSERT INTO experience_values
SELECT m.shop_id, s.category, %(metric)s, %(dimension)s, %(is_lower_better)s, %(least)s,
       round(m.value::numeric, 6), m.sample
  FROM ({sql}) m JOIN merchants_shop s ON s.id = m.shop_id
 WHERE m.value IS NOT NULL AND m.sample > 0
"""
"""Take in one metric of all shops: ``sql`` is its declaration's."""

READ_STORED = """
INSERT INTO experience_values
SELECT m.shop_id, p.category, p.metric, p.dimension, p.is_lower_better, p.least, m.value, m.sample
  FROM merchants_shopmetricday m JOIN merchants_peermetric p ON p.id = m.peers_id
 WHERE p.day = %(day)s
"""
"""Take in what was read when %(day)s was counted."""

PEERS = """
INSERT INTO merchants_peermetric (day, category, metric, dimension, is_lower_better, least, shops, mean)
SELECT %(day)s, category, metric, dimension, is_lower_better, least,
       count(*) FILTER (WHERE sample >= least), round(avg(value) FILTER (WHERE sample >= least), 6)
  FROM experience_values GROUP BY category, metric, dimension, is_lower_better, least
"""

RANK = f"""
INSERT INTO merchants_shopmetricday (peers_id, shop_id, value, sample, worse, level, score_e5)
SELECT peers_id, shop_id, value, sample,
       CASE WHEN counts THEN worse END, CASE WHEN counts THEN level END,
       CASE WHEN NOT counts THEN NULL WHEN shops = 1 THEN {MEAN}
            ELSE {LOWEST} + ({HIGHEST - LOWEST} * (2 * worse + level) + (shops - 1)) / (2 * (shops - 1)) END
  FROM (
    SELECT p.id AS peers_id, v.shop_id, v.value, v.sample, p.shops::bigint, v.sample >= v.least AS counts,
           rank() OVER (PARTITION BY p.id, v.sample >= v.least
                        ORDER BY CASE WHEN v.is_lower_better THEN -v.value ELSE v.value END) - 1 AS worse,
           count(*) OVER (PARTITION BY p.id, v.sample >= v.least, v.value) - 1 AS level
      FROM experience_values v
      JOIN merchants_peermetric p
        ON p.day = %(day)s AND p.category = v.category AND p.metric = v.metric
  ) ranked
 ORDER BY peers_id, shop_id
"""
"""Say how many peers do worse and how many the same, and the score that makes: 3 + 2 × share, half up."""

SCORE = f"""
WITH own AS (
    SELECT m.shop_id, p.category, count(m.score_e5) AS metrics,
           CASE WHEN p.category = ANY(%(b_categories)s) THEN 'b' ELSE 'a' END AS preset
      FROM merchants_shopmetricday m JOIN merchants_peermetric p ON p.id = m.peers_id
     WHERE p.day = %(day)s GROUP BY 1, 2 HAVING count(m.score_e5) > 0
), parts AS (
    SELECT o.shop_id, o.category, o.preset, o.metrics, w.weight,
           sum(coalesce(m.score_e5, {MEAN})) * ({MULTIPLE} / count(*)) AS total
      FROM own o
      JOIN merchants_peermetric p ON p.day = %(day)s AND p.category = o.category AND p.shops > 0
      JOIN unnest(%(presets)s::text[], %(dimensions)s::text[], %(buckets)s::text[], %(weights)s::int[])
           AS w (preset, dimension, bucket, weight)
        ON w.preset = o.preset AND w.dimension = p.dimension
      LEFT JOIN merchants_shopmetricday m ON m.peers_id = p.id AND m.shop_id = o.shop_id
     GROUP BY o.shop_id, o.category, o.preset, o.metrics, w.bucket, w.weight
), sums AS (
    SELECT shop_id, category, preset, metrics, sum(weight * total)::bigint AS total,
           {MULTIPLE * 1000} * sum(weight) AS whole
      FROM parts GROUP BY 1, 2, 3, 4 HAVING sum(weight) > 0
)
INSERT INTO merchants_experienceday (day, shop_id, category, preset, metrics, score)
SELECT %(day)s, shop_id, category, preset, metrics, ((2 * total + whole) / (2 * whole))::numeric / 100
  FROM sums ORDER BY shop_id
"""
"""Weigh the parts of each shop that has a metric of its own; a category's mean stands for the others.

A part is the mean of its metrics: {MULTIPLE} divides by any number of them up to ten. What no shop of
the category has data of is in no part, and a part without any leaves its weight to the others.
"""

FORGET_METRICS = """
DELETE FROM merchants_shopmetricday WHERE peers_id IN (SELECT id FROM merchants_peermetric WHERE day < %(before)s)
"""
FORGET_PEERS = "DELETE FROM merchants_peermetric WHERE day < %(before)s"

# --- Early warnings -------------------------------------------------------------------------------

WARN = """
WITH near AS (
    SELECT s.shop_id, d.metric, d.e5 / 100000.0 AS value, %(dsr_amber)s::numeric AS amber,
           %(dsr_red)s::numeric AS red, -1 AS side
      FROM merchants_dsrsnapshot s
      CROSS JOIN LATERAL (VALUES ('desc_match', s.desc_e5, s.desc_count),
                                 ('service_attitude', s.service_e5, s.service_count),
                                 ('logistics_service', s.logistics_e5, s.logistics_count)
      ) AS d (metric, e5, ratings)
     WHERE s.id >= %(key)s AND s.id < %(key_after)s AND d.ratings >= %(least_ratings)s
    UNION ALL
    SELECT m.shop_id, p.metric, m.value,
           CASE p.metric WHEN 'dispute_refund_rate' THEN %(dispute_amber)s * p.mean
                ELSE %(three_minute_amber)s END,
           CASE p.metric WHEN 'dispute_refund_rate' THEN %(dispute_red)s * p.mean
                ELSE %(three_minute_red)s END,
           CASE p.metric WHEN 'dispute_refund_rate' THEN 1 ELSE -1 END
      FROM merchants_peermetric p JOIN merchants_shopmetricday m ON m.peers_id = p.id
     WHERE p.day = %(day)s AND p.metric IN ('dispute_refund_rate', 'three_minute_rate')
       AND m.sample >= p.least
    UNION ALL
    SELECT b.shop_id, 'points_' || lower(b.violation_class), mod(b.points, n.node),
           -- From the line on: a hundredth below it is beyond, and points come in tenths.
           %(points_amber)s - 0.01, %(points_red)s - 0.01, 1
      FROM merchants_pointsbalance b
      JOIN unnest(%(classes)s::text[], %(nodes)s::numeric[]) AS n (violation_class, node)
        ON n.violation_class = b.violation_class
     WHERE b.points > 0
), beyond AS (
    SELECT shop_id, metric, value, side * value > side * red AS is_red,
           CASE WHEN side * value > side * red THEN red ELSE amber END AS line
      FROM near WHERE side * value > side * amber OR side * value > side * red
)
INSERT INTO merchants_experiencewarning (shop_id, metric, colour, day, until, value, line, at)
SELECT shop_id, metric, CASE WHEN is_red THEN 'red' ELSE 'amber' END, %(day)s, %(until)s,
       round(value, 6), CASE WHEN metric LIKE 'points%%' THEN line + 0.01 ELSE round(line, 6) END, %(at)s
  FROM beyond ORDER BY shop_id, metric
ON CONFLICT DO NOTHING
"""
"""Warn whoever is beyond a line at the end of %(day)s, but who was warned of the same within the days."""
