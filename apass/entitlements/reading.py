"""The one statement that reads what counts of members: of one, or of ten thousand at once."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from django.db import DEFAULT_DB_ALIAS, connections

from apass.entitlements.rules import Facts
from common.rules import SHANGHAI, midnight

BEFORE_ALL = datetime(1900, 1, 1, tzinfo=SHANGHAI)

_STANDING = """
       coalesce(p.tier, m.tier), coalesce(p.band, 'fair'), p.until,
       least(g.ends_at, g.ended_at), g.first_completed_at IS NULL OR g.first_completed_at > %(at)s,
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
  LEFT JOIN accounts_guide g ON g.member_id = m.id AND g.began_at <= %(at)s
   AND least(g.ends_at, g.ended_at) > %(at)s AND g.doubled_with_id IS NULL
"""

ONE = f"SELECT m.id, m.registered_at,{_STANDING},{_USES},{_GRANTS}{_MEMBERS} WHERE m.id = %(id)s"

# Members who do not differ come as one row. Who used or was given something is few: those are asked
# of the small tables, and come as rows of their own.
MANY = """
WITH asked AS MATERIALIZED (
    SELECT unnest(%(ids)s::bigint[]) AS id
), used AS MATERIALIZED (
    SELECT a.member_id, json_object_agg(a.code, a.used) AS codes
      FROM apass_allowance a
     WHERE a.until > %(at)s AND a.since <= %(at)s AND a.member_id IN (SELECT id FROM asked)
     GROUP BY a.member_id
), given AS MATERIALIZED (
    SELECT x.member_id,
           json_agg(json_build_array(x.id, x.code, x.since, x.until, x.ended_at, x.parameters)
                    ORDER BY x.id) AS rows
      FROM apass_grant x
     WHERE x.until > %(at)s AND x.since <= %(at)s AND coalesce(x.ended_at, x.until) > %(at)s
       AND x.member_id IN (SELECT id FROM asked)
     GROUP BY x.member_id
), titled AS MATERIALIZED (
    SELECT t.member_id, t.tier, max(least(t.until, t.ended_at)) AS until
      FROM accounts_tiertitle t
     WHERE t.member_id IN (SELECT id FROM asked) AND t.since <= %(at)s
       AND least(t.until, t.ended_at) > %(at)s
     GROUP BY t.member_id, t.tier
), stood AS (
    SELECT m.id,
           CASE WHEN %(days)s::timestamptz[] = '{}' THEN 0
                ELSE coalesce(width_bucket(m.registered_at, %(days)s::timestamptz[]), -1)
            END AS bucket,
           coalesce(p.tier, m.tier) AS tier, coalesce(p.band, 'fair') AS band, p.until AS changes,
           least(g.ends_at, g.ended_at) AS guide_until,
           g.first_completed_at IS NULL OR g.first_completed_at > %(at)s AS is_open
      FROM accounts_member m
      LEFT JOIN accounts_memberperiod p
        ON p.member_id = m.id AND p.since <= %(at)s AND (p.until IS NULL OR p.until > %(at)s)
      LEFT JOIN accounts_guide g ON g.member_id = m.id AND g.began_at <= %(at)s
       AND least(g.ends_at, g.ended_at) > %(at)s AND g.doubled_with_id IS NULL
     WHERE m.id IN (SELECT id FROM asked)
)
SELECT array_agg(s.id), s.bucket, s.tier, s.band, s.changes, s.guide_until, s.is_open,
       titled.until, used.codes::text, given.rows::text
  FROM stood s
  LEFT JOIN titled ON titled.member_id = s.id AND titled.tier = s.tier
  LEFT JOIN used ON used.member_id = s.id
  LEFT JOIN given ON given.member_id = s.id
 GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10
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
    return None if row is None else _found(row[1:])


def read_many(
    member_ids: Sequence[int], at: datetime, days: Sequence[date]
) -> Iterator[tuple[list[int], Found]]:
    """Yield what counts at ``at``, with all members of whom it is the same: one statement.

    ``days`` are those a rule tells registrations apart by. Members between two of them are the same:
    they come with the first of the two as their moment of registration.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    with connection.prepared_cursor() as cursor:
        first = [midnight(day) for day in days]
        cursor.execute(MANY, {"ids": list(member_ids), "at": at, "days": first})
        moments = {-1: None, 0: BEFORE_ALL} | dict(enumerate(first, 1))
        for keys, bucket, *rest in cursor:
            yield keys, _found([moments[bucket], *rest])


def _found(row: Sequence[Any]) -> Found:
    registered, tier, band, changes, guide_until, is_open, titled, used, given = row
    is_guided = guide_until is not None
    facts = Facts(
        tier,
        band,
        is_guided,
        is_guided and is_open,
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
