"""The one statement that reads what counts of members: of one, or of ten thousand at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import DEFAULT_DB_ALIAS, connections

from apass.entitlements.rules import Facts, soonest

_STANDING = """
       coalesce(p.tier, m.tier), coalesce(p.band, 'fair'), p.until,
       g.began_at, g.ends_at, g.ended_at, g.first_completed_at, g.doubled_with_id IS NOT NULL,
       (SELECT max(least(t.until, t.ended_at)) FROM accounts_tiertitle t
         WHERE t.member_id = m.id AND t.tier = coalesce(p.tier, m.tier) AND t.since <= %(at)s
           AND least(t.until, t.ended_at) > %(at)s)"""
_USES = """
       (SELECT json_object_agg(a.code, a.used) FROM apass_allowance a
         WHERE a.member_id = m.id AND a.until > %(at)s AND a.since <= %(at)s)"""
_GRANTS = """
       (SELECT json_agg(json_build_array(x.id, x.code, x.since, x.until, x.ended_at, x.parameters)
                        ORDER BY x.id)
          FROM apass_grant x
         WHERE x.member_id = m.id AND x.until > %(at)s AND x.since <= %(at)s
           AND coalesce(x.ended_at, x.until) > %(at)s)"""
_MEMBERS = """
  FROM accounts_member m
  LEFT JOIN accounts_memberperiod p
    ON p.member_id = m.id AND p.since <= %(at)s AND (p.until IS NULL OR p.until > %(at)s)
  LEFT JOIN accounts_guide g ON g.member_id = m.id
"""

ONE = f"SELECT m.id, m.registered_at,{_STANDING},{_USES},{_GRANTS}{_MEMBERS} WHERE m.id = %(id)s"

# Members who do not differ come as one row. Who used or was given something is few: those are asked
# of the small tables, and come as rows of their own.
MANY = """
WITH used AS MATERIALIZED (
    SELECT a.member_id, json_object_agg(a.code, a.used) AS codes
      FROM apass_allowance a
     WHERE a.until > %(at)s AND a.since <= %(at)s AND a.member_id = ANY(%(ids)s)
     GROUP BY a.member_id
), given AS MATERIALIZED (
    SELECT x.member_id,
           json_agg(json_build_array(x.id, x.code, x.since, x.until, x.ended_at, x.parameters)
                    ORDER BY x.id) AS rows
      FROM apass_grant x
     WHERE x.until > %(at)s AND x.since <= %(at)s AND coalesce(x.ended_at, x.until) > %(at)s
       AND x.member_id = ANY(%(ids)s)
     GROUP BY x.member_id
), titled AS MATERIALIZED (
    SELECT t.member_id, t.tier, max(least(t.until, t.ended_at)) AS until
      FROM accounts_tiertitle t
     WHERE t.member_id = ANY(%(ids)s) AND t.since <= %(at)s
       AND least(t.until, t.ended_at) > %(at)s
     GROUP BY t.member_id, t.tier
), stood AS (
    SELECT m.id,
           CASE WHEN %(days)s::date[] = '{}' THEN NULL ELSE m.registered_at END AS registered_at,
           coalesce(p.tier, m.tier) AS tier, coalesce(p.band, 'fair') AS band, p.until AS changes,
           g.began_at, g.ends_at, g.ended_at, g.first_completed_at,
           g.doubled_with_id IS NOT NULL AS is_doubled
      FROM accounts_member m
      LEFT JOIN accounts_memberperiod p
        ON p.member_id = m.id AND p.since <= %(at)s AND (p.until IS NULL OR p.until > %(at)s)
      LEFT JOIN accounts_guide g ON g.member_id = m.id AND g.began_at <= %(at)s
       AND least(g.ends_at, g.ended_at) > %(at)s
     WHERE m.id = ANY(%(ids)s)
)
SELECT array_agg(s.id), s.registered_at, s.tier, s.band, s.changes, s.began_at, s.ends_at,
       s.ended_at, s.first_completed_at, s.is_doubled, titled.until, used.codes::text,
       given.rows::text
  FROM stood s
  LEFT JOIN titled ON titled.member_id = s.id AND titled.tier = s.tier
  LEFT JOIN used ON used.member_id = s.id
  LEFT JOIN given ON given.member_id = s.id
 GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
"""


class Given(NamedTuple):
    """A grant as the statement answers it."""

    key: int
    code: str
    since: datetime
    until: datetime
    parameters: dict[str, Any]


class Found(NamedTuple):
    """What counts of a member: facts, how often each code is used, what was given apart."""

    facts: Facts
    used: dict[str, int]
    given: tuple[Given, ...]


def read_one(member_id: int, at: datetime) -> Found | None:
    """Return what counts of one member at ``at``, None when there is none: one prepared statement."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    with connection.prepared_cursor() as cursor:
        cursor.execute(ONE, {"id": member_id, "at": at})
        row = cursor.fetchone()
    return None if row is None else _found(row[1:], at)


def read_many(
    member_ids: Sequence[int], at: datetime, days: Sequence[Any]
) -> Iterator[tuple[list[int], Found]]:
    """Yield what counts at ``at``, with all members of whom it is the same: one statement.

    ``days`` are those a rule tells registrations apart by; without any, the day does not count.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"ids": list(member_ids), "at": at, "days": list(days)})
        for row in cursor:
            yield row[0], _found(row[1:], at)


def _found(row: Sequence[Any], at: datetime) -> Found:
    (registered, tier, band, changes, began, ends, ended, completed, doubled, titled, used, given) = row
    guide_until = soonest(ends, ended) if began is not None else None
    is_guided = (
        guide_until is not None and began <= at < guide_until and not doubled
    )
    facts = Facts(
        tier,
        band,
        is_guided,
        is_guided and (completed is None or completed > at),
        registered,
        changes,
        guide_until,
        titled,
    )
    if not used and not given:
        return Found(facts, _NOTHING, ())
    return Found(facts, _json(used) or {}, tuple(_given(one) for one in _json(given) or ()))


_NOTHING: dict[str, int] = {}


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def _given(row: list[Any]) -> Given:
    key, code, since, until, ended, parameters = row
    ends = [datetime.fromisoformat(one) for one in (until, ended) if one]
    return Given(key, code, datetime.fromisoformat(since), min(ends), parameters)
