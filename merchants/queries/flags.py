"""What a flag does to its member, for whoever must know: search, refunds, pages; and what it brought."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import Member
from common.parameters import value
from merchants.complaints import rules
from merchants.complaints.outcomes import Outcome, outcomes
from merchants.models import Arm, FlagEnd, ReviewComplaint, ReviewerFlag, Shop
from merchants.ratings.rules import first_moment_after

UNCHANGED = Decimal("1.00")
Against = ReviewComplaint | ReviewerFlag

_VULNERABLE = """
SELECT s.id FROM merchants_shop s JOIN merchants_shopscore c ON c.shop_id = s.id
 WHERE s.id = ANY(%(shops)s::bigint[])
   AND (s.opened_at > %(at)s - make_interval(days => %(new_days)s)
        OR greatest(c.desc_count, c.positive + c.neutral + c.negative) < %(few)s)
"""
_MET = """
WITH met AS (
    SELECT e.flag_id, f.member_id, e.shop_id,
           min(e.day)::timestamp AT TIME ZONE 'Asia/Shanghai' AS since,
           least(%(now)s, (max(e.day) + %(days)s + 1)::timestamp AT TIME ZONE 'Asia/Shanghai') AS until
      FROM merchants_reviewerexposure e JOIN merchants_reviewerflag f ON f.id = e.flag_id
     GROUP BY e.flag_id, f.member_id, e.shop_id
)
"""
_EXPOSED = """
SELECT f.arm, e.flag_id, sum(e.count) FROM merchants_reviewerexposure e
  JOIN merchants_reviewerflag f ON f.id = e.flag_id GROUP BY f.arm, e.flag_id
"""


def running_flag(member_id: int, at: datetime) -> ReviewerFlag | None:
    """Return the flag that holds for a member at ``at``; None for nearly everybody."""
    flags = ReviewerFlag.objects.filter(member=member_id, since__lte=at, until__gt=at)
    return next((flag for flag in flags if flag.ended_at is None or flag.ended_at > at), None)


def may_refund_quickly(member_id: int, at: datetime) -> bool:
    """Tell whether a member may be refunded at once (极速退款): not while their reviews are flagged."""
    return running_flag(member_id, at) is None


def vulnerable_among(shops: Iterable[int], at: datetime) -> set[int]:
    """Return those of ``shops`` (keys) that one malicious review hurts: new ones, and those with few ratings.

    The figures are those of the last counted day; a shop whose opening nobody knows is not new.
    """
    given = {
        "shops": list(shops),
        "at": at,
        "new_days": value("reviewer_flag.new_days", at),
        "few": value("reviewer_flag.few_ratings", at),
    }
    with connection.cursor() as cursor:
        cursor.execute(_VULNERABLE, given)
        return {shop for (shop,) in cursor.fetchall()}


def exposure_weight(member: Member, shop: Shop, at: datetime) -> Decimal:
    """Return with which weight ``shop`` is shown to ``member``: 1, or less between the flagged and the weak.

    Never 0: nobody is banned in silence. A holdout share of flagged members is left alone.
    """
    flag = running_flag(member.pk, at)
    if flag is None or flag.arm == Arm.HOLDOUT or shop.pk not in vulnerable_among([shop.pk], at):
        return UNCHANGED
    weight: Decimal = value("reviewer_flag.weight", at)
    return weight


def measured(now: datetime) -> dict[str, Any]:
    """Return what followed per 10,000 exposures, for those shown less and those left alone.

    Exposures are the search's opportunities, counted alike on both sides before the weight was used,
    so that the sides differ in the weight alone. What follows is counted from the first exposure of
    member and shop until some days after the last.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EXPOSED)
        exposed = cursor.fetchall()
    sides: dict[str, dict[Any, int]] = {arm: {} for arm in Arm.values}
    for arm, flag, shown in exposed:
        sides[arm][flag] = int(shown)
    return {
        "treated": _side(sides[Arm.TREATED]),
        "holdout": _side(sides[Arm.HOLDOUT]),
        "outcomes": [_outcome(one, sides, now) for one in outcomes()],
    }


def _side(shown: dict[Any, int]) -> dict[str, int]:
    return {"members": len(shown), "exposures": sum(shown.values())}


def _outcome(one: Outcome, sides: dict[str, dict[Any, int]], now: datetime) -> dict[str, Any]:
    given = {"now": now, "days": value("reviewer_flag.outcome_days", now)}
    with connection.cursor() as cursor:
        cursor.execute(_MET + one.sql, given)
        follows = {flag: float(number or 0) for flag, number in cursor.fetchall()}
    rates = {
        arm: rules.rate_of([(n, follows.get(flag, 0.0)) for flag, n in shown.items()])
        for arm, shown in sides.items()
    }
    found = rules.difference(
        rates[Arm.TREATED], rates[Arm.HOLDOUT], smallest=value("reviewer_flag.smallest_arm", now)
    )
    return {
        "key": one.key,
        "label": str(one.label),
        "is_money": one.is_money,
        "treated": _figures(rates[Arm.TREATED]),
        "holdout": _figures(rates[Arm.HOLDOUT]),
        "difference": {
            "per_10k": found.per_10k,
            "low": found.low,
            "high": found.high,
            "too_small": found.too_small,
        },
    }


def _figures(rate: rules.Rate) -> dict[str, Any]:
    return {"total": rate.total, "per_10k": rate.per_10k, "low": rate.low, "high": rate.high}


def shops_by_no(shop_nos: Sequence[str]) -> dict[str, int]:
    """Return the keys of shops by their numbers; unknown numbers are left out."""
    rows = Shop.objects.filter(shop_no__in=list(shop_nos))
    return dict(rows.values_list("shop_no", "pk"))


def appeal_until(against: Against) -> datetime:
    """Return until when a member may appeal against an upheld complaint or a flag."""
    began = against.since if isinstance(against, ReviewerFlag) else against.upheld_at
    assert began is not None
    return first_moment_after(began, value("reviewer_flag.appeal_days", began))


def is_settled(against: Against) -> bool:
    """Tell whether nothing is left to appeal against: it was taken back, or ended other than by its time."""
    if isinstance(against, ReviewerFlag):
        return against.ended_why not in {"", FlagEnd.EXPIRED}
    return not against.stands
