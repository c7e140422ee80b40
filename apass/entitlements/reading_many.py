"""The one statement that reads what counts of thousands of members at once, and its answer by member.

Most members differ from one another in nothing but tier, band and the end of their period: those come
as one row, with all their keys in it. What only some have (a guide, a title, a use, a grant, a day of
registration that a rule asks for) is asked of the small tables, and comes as a list of its own.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection

from apass.entitlements.reading import BEFORE_ALL, NOTHING, Found, Given, given_of
from apass.entitlements.rules import Facts
from common.rules import midnight

# Keys go in and out as text: ten thousand of them as a list cost more than the rest of the statement.
# It is never prepared: a plan for any number of keys would look up one after the other.
MANY = """
WITH asked AS MATERIALIZED (
    SELECT unnest(%(ids)s::bigint[]) AS id
), stood AS MATERIALIZED (
    SELECT a.id, p.tier, p.band, p.until
      FROM asked a
      LEFT JOIN accounts_memberperiod p
        ON p.member_id = a.id AND p.since <= %(at)s AND (p.until IS NULL OR p.until > %(at)s)
)
SELECT 'stood', s.tier, s.band, s.until::text, '[' || string_agg(s.id::text, ',') || ']'
  FROM stood s WHERE s.tier IS NOT NULL GROUP BY s.tier, s.band, s.until
 UNION ALL
SELECT 'stood', m.tier, 'fair', NULL, '[' || string_agg(m.id::text, ',') || ']'
  FROM stood s JOIN accounts_member m ON m.id = s.id WHERE s.tier IS NULL GROUP BY m.tier
 UNION ALL
SELECT 'guided', NULL, NULL, NULL, json_agg(json_build_array(
           g.member_id, least(g.ends_at, g.ended_at),
           g.first_completed_at IS NULL OR g.first_completed_at > %(at)s))::text
  FROM accounts_guide g JOIN asked a ON a.id = g.member_id
 WHERE g.began_at <= %(at)s AND least(g.ends_at, g.ended_at) > %(at)s AND g.doubled_with_id IS NULL
 UNION ALL
SELECT 'titled', NULL, NULL, NULL,
       json_agg(json_build_array(t.member_id, t.tier, least(t.until, t.ended_at))
                ORDER BY least(t.until, t.ended_at))::text
  FROM accounts_tiertitle t JOIN asked a ON a.id = t.member_id
 WHERE t.since <= %(at)s AND least(t.until, t.ended_at) > %(at)s
 UNION ALL
SELECT 'registered', NULL, NULL,
       CASE WHEN %(exact)s THEN m.registered_at::text
            ELSE width_bucket(m.registered_at, %(days)s::timestamptz[])::text END AS place,
       '[' || string_agg(m.id::text, ',') || ']'
  FROM stood s JOIN accounts_member m ON m.id = s.id
 WHERE (%(exact)s OR %(days)s::timestamptz[] <> '{}')
   AND (%(tiers)s::text[] = '{}' OR s.tier = ANY(%(tiers)s::text[])
        OR s.tier IS NULL AND m.tier = ANY(%(tiers)s::text[]))
 GROUP BY place
 UNION ALL
SELECT 'used', NULL, NULL, NULL, json_agg(json_build_array(u.member_id, u.code, u.used))::text
  FROM apass_allowance u JOIN asked a ON a.id = u.member_id
 WHERE u.until > %(at)s AND u.since <= %(at)s
 UNION ALL
SELECT 'given', NULL, NULL, NULL, json_agg(json_build_array(
           x.member_id, x.id, x.code, x.since, x.until, x.ended_at, x.parameters) ORDER BY x.id)::text
  FROM apass_grant x JOIN asked a ON a.id = x.member_id
 WHERE x.until > %(at)s AND x.since <= %(at)s AND coalesce(x.ended_at, x.until) > %(at)s
"""


class _Own(NamedTuple):
    """What only some members have, beside tier, band and the end of the period."""

    guide_until: str | None
    is_open: bool
    titled: str | None
    registered: datetime | None


_NONE = _Own(None, False, None, None)


class Answers(Mapping[int, Any]):
    """What was found of each member. What follows from it is worked out when it is read, once for all alike."""

    def __init__(
        self, found: dict[int, Found], answer: Callable[[int, Found], Any], *, alike: bool
    ):
        self._found, self._answer, self._alike = found, answer, alike
        self._known: dict[int, Any] = {}

    def __getitem__(self, member_id: int) -> Any:
        found = self._found[member_id]
        if not self._alike:
            return self._answer(member_id, found)
        known = self._known.get(id(found))
        if known is None:
            known = self._known[id(found)] = self._answer(member_id, found)
        return known

    def __iter__(self) -> Iterator[int]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def read_many(
    member_ids: Sequence[int],
    at: datetime,
    *,
    days: Sequence[date],
    tiers: Collection[str],
    exact: bool = False,
) -> dict[int, Found]:
    """Return what counts at ``at`` of each member there is: one statement.

    ``days`` are those by which rules tell registrations of ``tiers`` (none: of all) apart. Members of
    whom the same counts share one ``Found``; those registered between two of the days are the same,
    and have the first of the two as their moment. ``exact`` reads the moment of everybody.
    """
    first = [midnight(day) for day in days]
    keys = "{" + orjson.dumps(list(dict.fromkeys(member_ids)))[1:-1].decode() + "}"
    sent: dict[str, Any] = {
        "ids": keys,
        "at": at,
        "days": first,
        "tiers": [] if exact else sorted(tiers),
        "exact": exact,
    }
    with connection.cursor() as cursor:
        cursor.execute(MANY, sent)
        rows = cursor.fetchall()
    lists: dict[str, list[Any]] = {
        kind: orjson.loads(found)
        for kind, _tier, _band, _place, found in rows
        if found and kind not in ("stood", "registered")
    }
    stood = [row[1:] for row in rows if row[0] == "stood"]
    places = [BEFORE_ALL, *first]
    registered = {
        key: _moment(place) if exact or place is None else places[int(place)]
        for kind, _tier, _band, place, found in rows
        if kind == "registered"
        for key in orjson.loads(found)
    }
    return _together(stood, lists, registered)


def _together(
    stood: list[Any], lists: dict[str, list[Any]], registered: dict[int, datetime | None]
) -> dict[int, Found]:
    guided = {key: (until, is_open) for key, until, is_open in lists.get("guided", ())}
    # Ordered by their end: the last of a tier is the one that counts.
    titled = {(key, tier): until for key, tier, until in lists.get("titled", ())}
    used, given = _uses(lists.get("used", ())), _grants(lists.get("given", ()))
    special = guided.keys() | {key for key, _tier in titled} | registered.keys()
    found: dict[int, Found] = {}
    for tier, band, until, written in stood:
        keys, changes = orjson.loads(written), _moment(until)
        found |= dict.fromkeys(keys, _found(tier, band, changes, _NONE))
        alike: dict[_Own, Found] = {}
        for key in special.intersection(keys):
            guide, is_open = guided.get(key, (None, False))
            own = _Own(guide, is_open, titled.get((key, tier)), registered.get(key))
            one = alike.get(own)
            if one is None:
                one = alike[own] = _found(tier, band, changes, own)
            found[key] = one
    for key in used.keys() | given.keys():
        if key in found:
            found[key] = Found(found[key].facts, used.get(key, NOTHING), tuple(given.get(key, ())))
    return found


def _found(
    tier: str,
    band: str,
    changes: datetime | None,
    own: _Own,
) -> Found:
    is_guided = own.guide_until is not None
    facts = Facts(
        tier,
        band,
        is_guided,
        is_guided and own.is_open,
        own.registered,
        changes,
        _moment(own.guide_until),
        _moment(own.titled),
    )
    return Found(facts, NOTHING, ())


def _uses(rows: Sequence[Any]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for key, code, used in rows:
        found.setdefault(key, {})[code] = used
    return found


def _grants(rows: Sequence[Any]) -> dict[int, list[Given]]:
    found: dict[int, list[Given]] = {}
    for key, *rest in rows:
        found.setdefault(key, []).append(given_of(rest))
    return found


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
