"""The one statement that reads what counts of a member."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import DEFAULT_DB_ALIAS, connections

from apass.entitlements.rules import Facts
from common.rules import SHANGHAI

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
        return Found(facts, NOTHING, ())
    return Found(facts, _json(used) or {}, tuple(given_of(one) for one in _json(given) or ()))


NOTHING: dict[str, int] = {}


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def given_of(row: list[Any]) -> Given:
    """Return a grant from its row as JSON."""
    key, code, since, until, ended, parameters = row
    ends = [datetime.fromisoformat(one) for one in (until, ended) if one]
    return Given(key, code, datetime.fromisoformat(since), min(ends), parameters)
