"""Which precedents are like a case: those that share most of its rare pairs of characters."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from common.search import normalise
from common.search.words import grams
from merchants.models import Precedent, Violation

LOOKED_THROUGH = 2_000
MOST_PAIRS = 400

_LIKE = """
WITH asked AS (SELECT unnest(%(grams)s::int[]) AS gram),
lines AS (
    SELECT precedent_id, common_grams(words, sounds, hidden) AS said
      FROM merchants_precedentline
     WHERE common_grams(words, sounds, hidden) && %(grams)s::int[]
     ORDER BY at DESC LIMIT %(most)s
),
pairs AS (
    SELECT l.precedent_id, a.gram FROM lines l JOIN asked a ON a.gram = ANY(l.said)
),
rare AS (
    SELECT gram, ln(1 + (SELECT count(*) FROM lines)::float / count(*)) AS worth
      FROM pairs GROUP BY gram
)
SELECT p.precedent_id, sum(r.worth) AS score
  FROM pairs p JOIN rare r USING (gram)
 WHERE p.precedent_id <> ALL(%(but)s::uuid[])
 GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Similar:
    """A precedent, and how much it shares with a case (bigger is more)."""

    precedent: Precedent
    score: float


def similar_precedents(facts: str, *, but: Any = None, limit: int = 5) -> list[Similar]:
    """Return the precedents most like ``facts``, the likest first; none for less than two characters.

    Of the newest two thousand that share anything; a pair of characters that few have weighs more.
    """
    asked = grams(normalise(facts))[:MOST_PAIRS]
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _LIKE,
            {
                "grams": asked, "most": LOOKED_THROUGH, "limit": limit,
                "but": [but] if but is not None else [],
            },
        )  # fmt: skip
        found = cursor.fetchall()
    rows = Precedent.objects.select_related("rule").in_bulk([key for key, _score in found])
    return [Similar(rows[key], float(score)) for key, score in found if key in rows]


def precedents_like(violation: Violation) -> list[Similar]:
    """Return the precedents most like a case, by what was done, what shows it, and the rule it is judged by."""
    said = (violation.act, violation.evidence, violation.rule_version.rule.title)
    return similar_precedents("\n".join(filter(None, said)))
