"""Audiences as SQL: one statement tries a bulletin out, one freezes whom it is for."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.rules import RIGHTS
from merchants.bulletins import rules
from merchants.models import MeasureKind
from merchants.penalties.rules import ACCOUNT_SEAL, EXPOSURE_BOOST, SHOP_CLOSE, SHOP_REMOVED
from merchants.ratings.numbers import credit_thresholds
from merchants.rulebook.shop_facts import SHOP
from merchants.rulebook.vocabulary import facts_of

READ = "shop.use"
"""Who may read what is said to a shop: people who work for it now and have this right."""

CLOSING = (SHOP_CLOSE, SHOP_REMOVED, ACCOUNT_SEAL)
_RESTRICTING = [one for one in MeasureKind.values if one not in (*CLOSING, EXPOSURE_BOOST)]

_STATE = """CASE WHEN l.measures && %(closing)s::varchar[] THEN 'closed'
                 WHEN l.measures && %(restricting)s::varchar[] THEN 'restricted' ELSE 'open' END"""
_KEY_ACCOUNT = """
(s.id IN (SELECT shop_id FROM merchants_managerassignment
           WHERE shop_id IS NOT NULL AND since <= %(now)s AND (until IS NULL OR until > %(now)s))
 OR s.merchant_id IN (SELECT merchant_id FROM merchants_managerassignment
           WHERE merchant_id IS NOT NULL AND since <= %(now)s AND (until IS NULL OR until > %(now)s)))
"""

# Everything that fits, those who may read it, and of each shop whether and why not it is told.
_JUDGED = """
WITH hit AS MATERIALIZED (
    SELECT s.id, s.shop_no, s.name, s.category, s.region, s.merchant_id, {state} AS state
      FROM merchants_shop s
      LEFT JOIN merchants_shopscore c ON c.shop_id = s.id
      LEFT JOIN merchants_shoplimits l ON l.shop_id = s.id
      LEFT JOIN merchants_experienceday e ON e.shop_id = s.id
            AND e.day = (SELECT max(day) FROM merchants_experiencecount)
     WHERE {where}
), readers AS MATERIALIZED (
    SELECT DISTINCT a.merchant_id, a.user_id
      FROM merchants_staffaccount a JOIN accounts_user u ON u.id = a.user_id
     WHERE a.ended_at IS NULL AND u.is_active AND u.roles && %(roles)s::varchar[]
       AND a.merchant_id IN (SELECT merchant_id FROM hit)
), judged AS MATERIALIZED (
    SELECT hit.*, CASE WHEN state = 'closed' AND NOT %(with_closed)s THEN 'closed'
                       WHEN hit.merchant_id IS NULL
                         OR hit.merchant_id NOT IN (SELECT merchant_id FROM readers)
                       THEN 'no_reader' ELSE '' END AS why
      FROM hit
), told AS (SELECT * FROM judged WHERE why = '')
"""

_TRY = """
, refused AS MATERIALIZED (
    SELECT n.line, n.shop_no, coalesce(s.name, '') AS name,
           CASE WHEN s.id IS NULL THEN 'unknown' ELSE coalesce(j.why, 'misfit') END AS why
      FROM unnest(%(listed)s::text[]) WITH ORDINALITY AS n (shop_no, line)
      LEFT JOIN merchants_shop s ON s.shop_no = n.shop_no
      LEFT JOIN judged j ON j.id = s.id
     WHERE j.why IS DISTINCT FROM ''
    UNION ALL
    SELECT NULL, shop_no, name, why FROM judged WHERE why <> '' AND NOT %(is_listed)s
)
SELECT (SELECT count(*) FROM told),
       (SELECT count(DISTINCT user_id) FROM readers
         WHERE merchant_id IN (SELECT merchant_id FROM told)),
       (SELECT coalesce(jsonb_agg(jsonb_build_array(category, n) ORDER BY n DESC, category), '[]')
          FROM (SELECT category, count(*) AS n FROM told GROUP BY 1) x),
       (SELECT coalesce(jsonb_agg(jsonb_build_array(region, n) ORDER BY n DESC, region), '[]')
          FROM (SELECT region, count(*) AS n FROM told GROUP BY 1) x),
       (SELECT coalesce(jsonb_agg(jsonb_build_array(shop_no, name, category, region)
                                  ORDER BY shop_no), '[]')
          FROM (SELECT * FROM told ORDER BY md5(shop_no), id LIMIT %(sample)s) x),
       (SELECT coalesce(jsonb_object_agg(why, n), '{}')
          FROM (SELECT why, count(*) AS n FROM refused GROUP BY 1) x),
       (SELECT coalesce(jsonb_agg(jsonb_build_array(line, shop_no, name, why)
                                  ORDER BY (why <> 'unknown'), line, shop_no), '[]')
          FROM (SELECT * FROM refused
                 ORDER BY (why <> 'unknown'), line, shop_no LIMIT %(refused)s) x)
"""

# The list of what is written stands before the names it is chosen from.
_INTO = "INSERT INTO merchants_bulletinrecipient (bulletin_id, shop_id, people)"
_FREEZE = """
SELECT %(bulletin)s, id, 0 FROM told ORDER BY id
ON CONFLICT (bulletin_id, shop_id) DO NOTHING
"""

MARK_TOLD = """
UPDATE merchants_bulletinrecipient r
   SET told_at = %(now)s,
       people = (SELECT count(DISTINCT a.user_id)
                   FROM merchants_staffaccount a JOIN accounts_user u ON u.id = a.user_id
                  WHERE a.merchant_id = s.merchant_id AND a.ended_at IS NULL AND u.is_active
                    AND u.roles && %(roles)s::varchar[])
  FROM merchants_shop s
 WHERE s.id = r.shop_id AND r.id = ANY(%(rows)s) AND r.told_at IS NULL
"""
"""Writes of a batch that it was told, and how many people each of its shops has."""

_ADDED = {
    "categories": "s.category = ANY(%(categories)s)",
    "regions": "s.region = ANY(%(regions)s)",
    "shop_nos": "s.shop_no = ANY(%(shop_nos)s)",
    "dsr_from": "({dsr}) >= %(dsr_from)s",
    "dsr_below": "({dsr}) < %(dsr_below)s",
    "experience_from": "e.score >= %(experience_from)s",
    "experience_below": "e.score < %(experience_below)s",
    "states": "{state} = ANY(%(states)s)",
    "key_accounts": _KEY_ACCOUNT,
}
_SCORES = {"dsr_from", "dsr_below", "experience_from", "experience_below"}


def readers_roles() -> list[str]:
    """Return the roles whose people may read what is said to their shops."""
    return sorted(role for role, rights in RIGHTS.items() if READ in rights)


def try_statement(
    audience: Mapping[str, Any], now: datetime, *, sample: int, refused: int
) -> tuple[str, dict[str, Any]]:
    """Return the one statement that tries an audience out, and its values: it reads and writes nothing.

    Its row: shops, people, by category, by region, a sample, refusals by why, the first refusals.
    """
    sql, values = _judged(audience, now)
    listed = list(audience.get("shop_nos", ()))
    values |= {"listed": listed, "is_listed": bool(listed), "sample": sample, "refused": refused}
    return sql + _TRY, values


def freeze_statement(
    audience: Mapping[str, Any], bulletin: Any, now: datetime
) -> tuple[str, dict[str, Any]]:
    """Return the statement that writes whom a bulletin is for, and its values."""
    sql, values = _judged(audience, now)
    return _INTO + sql + _FREEZE, values | {"bulletin": bulletin}


def _judged(audience: Mapping[str, Any], now: datetime) -> tuple[str, dict[str, Any]]:
    dsr = facts_of(SHOP)["dsr"].sql
    values: dict[str, Any] = {
        "now": now,
        "closing": list(CLOSING),
        "restricting": _RESTRICTING,
        "roles": readers_roles(),
        "with_closed": rules.CLOSED in audience.get("states", ()),
    }
    parts = []
    for name, part in _ADDED.items():
        if name not in audience:
            continue
        parts.append(part.format(dsr=dsr, state=_STATE) if "{" in part else part)
        given = audience[name]
        values[name] = Decimal(given) if name in _SCORES else given
    if "credit" in audience:
        parts.append(_credit(audience["credit"], values, now))
    where = " AND ".join(parts) or "TRUE"
    return _JUDGED.format(state=_STATE, where=where), values


def _credit(ranks: list[str], values: dict[str, Any], now: datetime) -> str:
    thresholds, spans = credit_thresholds(now), []
    for place, rank in enumerate(ranks):
        low, high = rules.rank_points(rank, thresholds)
        span = []
        if low is not None:
            values[f"credit_{place}_low"] = low
            span.append(f"c.credit >= %(credit_{place}_low)s")
        if high is not None:
            values[f"credit_{place}_high"] = high
            span.append(f"c.credit < %(credit_{place}_high)s")
        spans.append(f"({' AND '.join(span)})")
    return f"({' OR '.join(spans)})"
