"""Goodwill as the shop, the buyer and the house read it: plan, gestures, what they brought."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from common.cursors import as_uuid, decode_cursor, encode_cursor
from common.parameters import value
from merchants.goodwill import rules
from merchants.goodwill.registry import Returned, returns_of
from merchants.models import Gesture, GestureKind, GoodwillPlan, Shop

EFFECT_SQL = """
SELECT g.kind, count(*), count(*) FILTER (WHERE g.state IN ('accepted', 'fulfilled')),
       count(*) FILTER (WHERE g.state = 'fulfilled'), count(*) FILTER (WHERE g.is_late),
       coalesce(sum(g.amount) FILTER (WHERE g.state = 'fulfilled'), 0),
       count(r.id), avg((coalesce(r.desc_match, 0) + coalesce(r.service_attitude, 0) + coalesce(r.logistics_service, 0))
           / nullif((r.desc_match IS NOT NULL)::int + (r.service_attitude IS NOT NULL)::int
                    + (r.logistics_service IS NOT NULL)::int, 0)::numeric)
  FROM merchants_gesture g
  LEFT JOIN merchants_rating r ON r.order_no = g.order_no AND r.rated_at > g.offered_at
       AND NOT r.is_default AND r.withdrawn_at IS NULL
 WHERE g.shop_id = %(shop)s AND g.offered_at >= %(since)s AND g.offered_at < %(until)s
 GROUP BY g.kind
"""
OTHERS_SQL = """
SELECT count(*), avg((coalesce(r.desc_match, 0) + coalesce(r.service_attitude, 0) + coalesce(r.logistics_service, 0))
           / nullif((r.desc_match IS NOT NULL)::int + (r.service_attitude IS NOT NULL)::int
                    + (r.logistics_service IS NOT NULL)::int, 0)::numeric)
  FROM merchants_rating r
 WHERE r.shop_id = %(shop)s AND r.rated_at >= %(since)s AND r.rated_at < %(until)s
   AND NOT r.is_default AND r.withdrawn_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM merchants_gesture g WHERE g.shop_id = r.shop_id AND g.order_no = r.order_no)
"""


def plan_of(shop: Shop, at: datetime) -> GoodwillPlan | None:
    """Return the plan of a shop in force at a moment."""
    return GoodwillPlan.objects.filter(shop=shop, since__lte=at).order_by("-since").first()


def spent_in(shop: Shop, at: datetime) -> Decimal:
    """Return what counts against the budget of the month of a moment: offered, accepted and given."""
    rows = Gesture.objects.filter(
        shop=shop, month=rules.month_of(at), state__in=rules.SPENT
    ).aggregate(sum=Sum("amount"))
    return rows["sum"] or Decimal(0)


def goodwill_of(shop: Shop, now: datetime) -> dict[str, Any]:
    """Return a shop's plan and what is left of this month's budget, amounts in yuan. Two queries."""
    plan, spent = plan_of(shop, now), spent_in(shop, now)
    budget = plan.month_budget if plan else Decimal(0)
    return {
        "shop_no": shop.shop_no,
        "plan": plan_card(plan) if plan else None,
        "month": f"{rules.month_of(now):%Y-%m}",
        "promised": spent,
        "left": max(budget - spent, Decimal(0)),
    }


def plan_card(plan: GoodwillPlan) -> dict[str, Any]:
    """Return a plan."""
    return {
        "month_budget": plan.month_budget,
        "most_each": plan.most_each,
        "kinds": list(plan.kinds),
        "since": plan.since,
    }


def gesture_page(
    shop: Shop, *, cursor: str = "", limit: int = 20
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of a shop's gestures, newest first. Raises ``cursor.bad``."""
    return _page(Gesture.objects.filter(shop=shop), cursor, limit, gesture_card)


def my_gesture_page(
    user: User, *, cursor: str = "", limit: int = 20
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of what shops have offered ``user``, newest first. Raises ``cursor.bad``."""
    return _page(Gesture.objects.of_buyer(user), cursor, limit, buyers_card)


def gesture_of_shops(user: User, key: UUID) -> Gesture | None:
    """Return a gesture of a shop ``user`` works for; None for any other."""
    rows = Gesture.objects.of_shops_of(user).select_related("shop", "member__user")
    return rows.filter(pk=key).first()


def my_gesture(user: User, key: UUID) -> Gesture | None:
    """Return a gesture offered to ``user``; None for any other."""
    rows = Gesture.objects.of_buyer(user).select_related("shop", "member__user")
    return rows.filter(pk=key).first()


def gesture_card(row: Gesture) -> dict[str, Any]:
    """Return a gesture as both sides read it."""
    return {
        "id": row.public_key,
        "shop_no": row.shop.shop_no,
        "shop": row.shop.name,
        "order_no": row.order_no,
        "conversation": row.conversation_no,
        "kind": row.kind,
        "kind_label": str(row.get_kind_display()),
        "amount": row.amount,
        "worth": row.worth,
        "words": row.words,
        "state": row.state,
        "state_label": str(row.get_state_display()),
        "offered_at": row.offered_at,
        "holds_until": row.holds_until,
        "answered_at": row.answered_at,
        "due_at": row.due_at,
        "is_late": row.is_late,
        "coupon_code": row.coupon_code,
        "proof": row.proof,
    }


def buyers_card(row: Gesture) -> dict[str, Any]:
    """Return a gesture as its buyer reads it: what it costs the shop is the shop's."""
    card = gesture_card(row)
    del card["amount"]
    return card


def effect_of(shop: Shop, now: datetime) -> dict[str, Any]:
    """Return what a shop's gestures brought, by kind, beside the shop's other orders. Three queries.

    Ratings are those given to the order after the offer, their scores' mean 1–5; ``returned`` is the
    share of buyers with a further paid order within ``repeat_days`` of the offer, of those for whom
    that time is over, with a 95 % Wilson interval. Buyers are not drawn by lot: who is soothed had
    reason to be unhappy, so both figures say what followed, not what it caused.
    """
    days, span = value("goodwill.repeat_days", now), value("goodwill.effect_days", now)
    since = now - timedelta(days=span)
    given: dict[str, Any] = {"shop": shop.pk, "since": since, "until": now}
    with connection.cursor() as cursor:
        cursor.execute(EFFECT_SQL, given)
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(OTHERS_SQL, given)
        others_rated, others_mean = cursor.fetchone()
    returned = returns_of(shop.pk, since, now - timedelta(days=days), days)
    least = value("goodwill.least_to_judge", now)
    kinds = []
    for kind in GestureKind:
        if kind not in rows:
            continue
        offered, accepted, done, late, cost, rated, mean = rows[kind]
        kinds.append(
            {
                "kind": kind.value, "kind_label": str(kind.label), "offered": offered,
                "accepted": accepted, "given": done, "late": late, "cost": cost,
                "is_enough": offered >= least,
            }
            | _followed(rated, mean, returned.get(kind))
        )  # fmt: skip
    return {
        "shop_no": shop.shop_no, "since": since, "until": now, "repeat_days": days,
        "least_to_judge": least, "kinds": kinds,
        "others": _followed(others_rated, others_mean, returned.get("")),
        "note": _(
            "Buyers are not drawn by lot: this is what followed, beside the shop's other orders, "
            "not what it caused."
        ),
    }  # fmt: skip


def _followed(rated: int, mean: Decimal | None, back: Returned | None) -> dict[str, Any]:
    counted = back or Returned(0, 0)
    found = rules.share(counted.returned, counted.buyers)
    return {
        "rated": rated,
        "mean_score": round(mean, 2) if mean is not None else None,
        "buyers": counted.buyers,
        "returned": counted.returned,
        "returned_share": found[0] if found else None,
        "returned_low": found[1] if found else None,
        "returned_high": found[2] if found else None,
    }


def _page(
    rows: Any, cursor: str, limit: int, card: Callable[[Gesture], dict[str, Any]]
) -> tuple[list[dict[str, Any]], str]:
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    found = list(rows.select_related("shop").order_by("-pk")[: limit + 1])
    page = [card(row) for row in found[:limit]]
    return page, encode_cursor([found[limit - 1].pk]) if len(found) > limit else ""
