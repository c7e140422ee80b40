"""The accounts somebody looks after, the nearest clock first, with everything that is open there."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models.expressions import RawSQL

from accounts.models import User
from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from common.rules import midnight_after, shanghai_day
from merchants.charts import sparkline
from merchants.key_accounts import rules
from merchants.key_accounts.registry import Told, portfolio_figures
from merchants.models import ContactNote, DSRSnapshot, ManagerAssignment
from merchants.queries.key_accounts import away_until

TREND_DAYS = 30
NOTES_SHOWN = 3
_LAST = datetime(9999, 1, 1, tzinfo=UTC)

# One statement for all accounts of a portfolio, however many shops and cases they have. An account is
# a shop, or a merchant with those of its shops that have nobody of their own now.
_OPEN = """
WITH mine AS (
    SELECT id, shop_id, merchant_id FROM merchants_managerassignment
     WHERE id = ANY(%(accounts)s)
), covered AS (
    SELECT id AS account, shop_id AS shop FROM mine WHERE shop_id IS NOT NULL
    UNION ALL
    SELECT m.id, s.id FROM mine m JOIN merchants_shop s ON s.merchant_id = m.merchant_id
     WHERE NOT EXISTS (
           SELECT 1 FROM merchants_managerassignment own
            WHERE own.shop_id = s.id AND own.since <= %(now)s
              AND (own.until IS NULL OR own.until > %(now)s))
), shops AS (
    SELECT account, array_agg(shop ORDER BY shop) AS shops FROM covered GROUP BY account
), cases AS (
    SELECT c.account, count(*) AS open,
           min(CASE WHEN v.state = 'noticed' AND v.statement_due_at > %(now)s THEN v.statement_due_at
                    WHEN v.state = 'noticed' THEN v.decide_by END) AS due
      FROM covered c JOIN merchants_violation v ON v.shop_id = c.shop
     WHERE v.state IN ('detected', 'noticed', 'decided')
     GROUP BY c.account
), running AS (
    SELECT c.account, count(*) AS open, min(p.until) FILTER (WHERE p.until > %(now)s) AS due
      FROM covered c JOIN merchants_penalty p ON p.shop_id = c.shop
     WHERE p.begun_at IS NOT NULL AND p.ended_at IS NULL
     GROUP BY c.account
), appeals AS (
    SELECT c.account, count(*) AS open, min(a.due_at) AS due
      FROM covered c JOIN merchants_penalty p ON p.shop_id = c.shop
      JOIN merchants_appeal a ON a.penalty_id = p.id AND a.closed_at IS NULL
     GROUP BY c.account
), points AS (
    SELECT account, jsonb_object_agg(violation_class, points) AS points FROM (
        SELECT c.account, b.violation_class, max(b.points) AS points
          FROM covered c JOIN merchants_pointsbalance b ON b.shop_id = c.shop
         WHERE b.points > 0 GROUP BY 1, 2) highest
     GROUP BY account
), asked AS (
    SELECT DISTINCT c.account, v.id, v.consultation_ends_at AS due
      FROM covered c JOIN merchants_shop s ON s.id = c.shop
      JOIN merchants_consultationinvite i ON i.merchant_id = s.merchant_id
      JOIN merchants_ruleversion v ON v.id = i.version_id
     WHERE v.state = 'consultation' AND v.consultation_ends_at > %(now)s
       AND NOT EXISTS (SELECT 1 FROM merchants_rulevote w
                        WHERE w.version_id = v.id AND w.merchant_id = i.merchant_id)
), drafts AS (
    SELECT account, count(*) AS open, min(due) AS due FROM asked GROUP BY account
)
SELECT m.id, coalesce(s.shops, '{}'),
       coalesce(cases.open, 0), cases.due, coalesce(running.open, 0), running.due,
       coalesce(appeals.open, 0), appeals.due, coalesce(drafts.open, 0), drafts.due,
       points.points, said.at, said.next_on
  FROM mine m
  LEFT JOIN shops s ON s.account = m.id
  LEFT JOIN cases ON cases.account = m.id
  LEFT JOIN running ON running.account = m.id
  LEFT JOIN appeals ON appeals.account = m.id
  LEFT JOIN drafts ON drafts.account = m.id
  LEFT JOIN points ON points.account = m.id
  LEFT JOIN LATERAL (
       SELECT at, next_on FROM (
           (SELECT at, next_on FROM merchants_contactnote n
             WHERE n.shop_id = m.shop_id AND n.merchant_id IS NULL ORDER BY at DESC LIMIT 1)
           UNION ALL
           (SELECT at, next_on FROM merchants_contactnote n
             WHERE n.merchant_id = m.merchant_id AND n.shop_id IS NULL ORDER BY at DESC LIMIT 1)
       ) last_word) said ON TRUE
"""


@dataclass
class Account:
    """What is open at one account. ``nearest`` is the first of its clocks; 0 of something has none."""

    row: ManagerAssignment
    shops: list[int]
    cases: Told
    penalties: Told
    appeals: Told
    drafts: Told
    points: dict[str, Decimal]
    last_contact: datetime | None
    contact_due: datetime | None
    figures: dict[str, Told] = field(default_factory=dict)
    is_overdue: bool = False
    nearest: datetime | None = None

    @property
    def open_ones(self) -> list[Told]:
        """Everything that may be open here."""
        own = [self.cases, self.penalties, self.appeals, self.drafts]
        return [*own, *self.figures.values()]

    @property
    def place(self) -> tuple[bool, datetime, str]:
        """By what it is placed in the portfolio."""
        return not self.is_overdue, self.nearest or _LAST, self.row.pk.hex


def portfolio_page(
    user: User, now: datetime, *, cursor: str = "", limit: int = 20
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the accounts ``user`` looks after, and the next cursor. Raises ``cursor.bad``.

    Overdue contacts come first, then the nearest clock. Six queries, and one for each figure that is
    told from above, however many accounts and shops there are.
    """
    after: tuple[bool, datetime, str] | None = None
    if cursor:
        # Pages after the first are placed as of its moment: nothing jumps over the seam.
        now, not_overdue, nearest, key = decode_cursor(
            cursor, as_moment, _as_truth, as_moment, as_uuid
        )
        after = (not_overdue, nearest, key.hex)
    accounts = sorted(_accounts(user, now), key=lambda one: one.place)
    if after is not None:
        accounts = [one for one in accounts if one.place > after]
    shown = accounts[:limit]
    further = ""
    if len(accounts) > limit:
        not_overdue, nearest, _key = shown[-1].place
        further = encode_cursor([now, not_overdue, nearest, shown[-1].row.pk])
    return _cards(user, shown, now), further


def _as_truth(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("no truth")
    return raw


def _accounts(user: User, now: datetime) -> list[Account]:
    rows = {
        row.pk: row
        for row in ManagerAssignment.objects.visible_to(user)
        .at(now)
        .select_related("shop", "merchant", "manager", "deputy")
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"accounts": list(rows), "now": now})
        accounts = [_account(rows[found[0]], found) for found in cursor.fetchall()]
    shops = sorted({shop for one in accounts for shop in one.shops})
    told = [(figure.code, figure.measure(shops, now)) for figure in portfolio_figures()]
    for account in accounts:
        account.figures = {code: _sum(account.shops, by_shop) for code, by_shop in told}
        clocks = [one.due_at for one in account.open_ones if one.due_at is not None]
        later, account.nearest = rules.place_in_portfolio(account.contact_due, clocks, now)
        account.is_overdue = not later
    return accounts


def _account(row: ManagerAssignment, found: Any) -> Account:
    (_id, shops, *counts, points, last_contact, next_on) = found
    cases, penalties, appeals, drafts = (Told(counts[n], counts[n + 1]) for n in range(0, 8, 2))
    return Account(
        row,
        shops,
        cases,
        penalties,
        appeals,
        drafts,
        points={klass: Decimal(str(one)) for klass, one in sorted(_json(points).items())},
        last_contact=last_contact,
        contact_due=midnight_after(next_on) if next_on is not None else None,
    )


def _json(found: Any) -> dict[str, Any]:
    # A cursor of our own gets JSON as text.
    return dict(orjson.loads(found)) if found else {}


def _sum(shops: Iterable[int], told: dict[int, Told]) -> Told:
    here = [told[shop] for shop in shops if shop in told]
    due = [one.due_at for one in here if one.due_at is not None]
    return Told(
        sum(one.count for one in here),
        min(due, default=None),
        min((one.promise for one in here), default=timedelta(days=7)),
    )


def _cards(user: User, accounts: list[Account], now: datetime) -> list[dict[str, Any]]:
    people = {pk for one in accounts for pk in (one.row.manager_id, one.row.deputy_id)}
    away = away_until(sorted(people), now)
    trends, notes = _trends(accounts, now), _notes(accounts)
    labels = {figure.code: figure.label for figure in portfolio_figures()}
    cards = []
    for one in accounts:
        row = one.row
        is_away = row.manager_id in away
        cards.append(
            {
                "id": row.public_key,
                "key": row.pk,
                "name": row.account.name,
                "number": row.number,
                "shops": len(one.shops),
                "is_merchant": row.merchant_id is not None,
                "manager": row.manager,
                "deputy": row.deputy,
                "is_deputy": user.pk == row.deputy_id,
                "stands_in": is_away and row.deputy_id == user.pk,
                "manager_back_on": away.get(row.manager_id),
                "both_away": is_away and row.deputy_id in away,
                "cases": one.cases,
                "penalties": one.penalties,
                "appeals": one.appeals,
                "drafts": one.drafts,
                "points": one.points,
                "figures": [(labels[code], told) for code, told in one.figures.items()],
                "trend": trends.get(row.pk),
                "last_contact": one.last_contact,
                "contact_due": one.contact_due,
                "is_overdue": one.is_overdue,
                "is_quiet": not any(told.count for told in one.open_ones),
                "nearest": one.nearest,
                "notes": notes.get(row.pk, []),
            }
        )
    return cards


def _trends(accounts: list[Account], now: datetime) -> dict[UUID, Any]:
    """Return the line of each account over the last days: the mean of its shops' three scores."""
    today = shanghai_day(now)
    days = [today - timedelta(days=n) for n in range(TREND_DAYS, -1, -1)]
    whose: dict[int, list[UUID]] = defaultdict(list)
    for one in accounts:
        for shop in one.shops:
            whose[shop].append(one.row.pk)
    keys = [DSRSnapshot.key(day, shop) for day in days for shop in whose]
    found: dict[UUID, dict[Any, list[int]]] = defaultdict(lambda: defaultdict(list))
    for day, shop, *scores in DSRSnapshot.objects.filter(pk__in=keys).values_list(
        "day", "shop_id", "desc_e5", "service_e5", "logistics_e5"
    ):
        for account in whose[shop]:
            found[account][day] += [score for score in scores if score is not None]
    return {
        account: sparkline(
            [
                Decimal(sum(by_day[day])) / len(by_day[day]) / 100_000 if by_day.get(day) else None
                for day in days
            ]
        )
        for account, by_day in found.items()
    }


def _notes(accounts: list[Account]) -> dict[UUID, list[ContactNote]]:
    """Return the last words with each account, the newest first; one query."""
    by_shop = {one.row.shop_id: one.row.pk for one in accounts if one.row.shop_id}
    by_merchant = {one.row.merchant_id: one.row.pk for one in accounts if one.row.merchant_id}
    found: dict[UUID, list[ContactNote]] = defaultdict(list)
    for note in _last_notes(list(by_shop), list(by_merchant)):
        key = by_shop.get(note.shop_id or 0) or by_merchant.get(note.merchant_id or 0)
        if key is not None:
            found[key].append(note)
    return found


def _last_notes(shops: list[int], merchants: list[int]) -> Iterable[ContactNote]:
    # Of each account the newest few, by the index of its notes; never all that was ever said.
    newest = """
        SELECT n.id FROM unnest(%s::bigint[]) AS a(id)
          CROSS JOIN LATERAL (SELECT id FROM merchants_contactnote
               WHERE shop_id = a.id AND merchant_id IS NULL ORDER BY at DESC LIMIT %s) n
        UNION ALL
        SELECT n.id FROM unnest(%s::bigint[]) AS a(id)
          CROSS JOIN LATERAL (SELECT id FROM merchants_contactnote
               WHERE merchant_id = a.id AND shop_id IS NULL ORDER BY at DESC LIMIT %s) n
    """
    picked = RawSQL(newest, [shops, NOTES_SHOWN, merchants, NOTES_SHOWN])
    return ContactNote.objects.filter(pk__in=picked).select_related("by").order_by("-at")
