"""Points and what holds for shops, computed from zero: the ledger's sums, the replay, the measures."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q, Sum

from common.recompute import Difference, derive
from common.rules import shanghai_day
from merchants.actions.cases import hold_shop
from merchants.actions.limits import refresh_limits
from merchants.actions.points import end_of
from merchants.models import Measure, Penalty, PointsBalance, PointsEntry, Shop, ShopLimits
from merchants.penalties.rules import LISTING_BAN
from merchants.queries.penalties import banned_since, clearing_at, holding, settled

_SUMS = """
SELECT coalesce(b.shop_id, e.shop_id), coalesce(b.violation_class, e.violation_class)
  FROM merchants_pointsbalance b
  FULL JOIN (SELECT shop_id, violation_class, sum(points) AS points
               FROM merchants_pointsentry GROUP BY 1, 2) e
    USING (shop_id, violation_class)
 WHERE coalesce(b.points, 0) <> coalesce(e.points, 0)
 ORDER BY 1, 2
"""


def check(now: datetime) -> Iterable[Difference]:
    """Compare balances with the ledger and with the replay of all penalties, and limits with measures."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        wrong = cursor.fetchall()
    yield Difference("points of shops against the ledger", len(wrong), str(wrong[:1] or ""))
    replayed = list(_unlike_replay(now))
    yield Difference("points of shops against the replay", len(replayed), str(replayed[:1] or ""))
    held = list(_unlike_measures(now))
    yield Difference("what holds for shops", len(held), str(held[:1] or ""))


def mend(now: datetime) -> int:
    """Write balances from the ledger, and what holds for shops from their measures."""
    with transaction.atomic():
        for row in PointsBalance.objects.select_for_update().order_by("pk"):
            total = PointsEntry.objects.filter(
                shop=row.shop_id, violation_class=row.violation_class
            ).aggregate(total=Sum("points"))["total"] or Decimal(0)
            if total != row.points:
                row.points = total
                row.save(update_fields=["points"])
    wrong = list(_unlike_measures(now))
    for shop_id in wrong:
        with transaction.atomic():
            shop, at = hold_shop(shop_id, now)
            refresh_limits(shop, now=at, by=None)
    return len(wrong)


def _unlike_replay(now: datetime) -> Iterable[tuple[int, str]]:
    rows = PointsBalance.objects.filter(
        Q(points__gt=0) | Q(shop__in=Penalty.objects.filter(points__gt=0).values("shop"))
    )
    for row in rows.order_by("pk").iterator():
        _found, total = settled(row.shop_id, row.violation_class, now)
        if _as_of(row, now) != total:
            yield row.shop_id, row.violation_class


def _as_of(row: PointsBalance, now: datetime) -> Decimal:
    points = row.points
    for year in range(row.cleared_through + 1, shanghai_day(now).year):
        points = clearing_at(end_of(year)).kept(row.violation_class, points)
    return points


def _unlike_measures(now: datetime) -> list[int]:
    known = {row.pk: (row.measures, row.node, row.no_new_since) for row in ShopLimits.objects.all()}
    candidates = set(known) | set(
        Measure.objects.filter(ended_at=None).values_list("shop_id", flat=True)
    )
    shops = Shop.objects.filter(pk__in=candidates).values_list("pk", flat=True)
    return [pk for pk in shops.order_by("pk") if known.get(pk, ([], "", None)) != _holds(pk, now)]


def _holds(pk: int, now: datetime) -> tuple[list[str], str, datetime | None]:
    measures, node = holding(pk, now)
    return measures, node, banned_since(pk, now) if LISTING_BAN in measures else None


derive("points of shops", check=check, mend=mend)
