"""What holds for a shop now: written at every change, heard by the apps above."""

from datetime import datetime

from accounts.models import User
from common.history import record
from merchants.models import Shop, ShopLimits
from merchants.penalties.rules import LISTING_BAN
from merchants.queries.penalties import banned_since, holding
from merchants.signals import limits_changed


def refresh_limits(shop: Shop, *, now: datetime, by: User | None) -> tuple[list[str], list[str]]:
    """Write what holds for a held shop now; return it as it was and as it is. Inside other actions."""
    measures, node = holding(shop.pk, now)
    row = ShopLimits.objects.filter(pk=shop.pk).first()
    before = list(row.measures) if row else []
    # Not when the ban was written first: whoever began it may have been taken back since.
    since = banned_since(shop.pk, now) if LISTING_BAN in measures else None
    if (measures, node, since) == (
        (before, row.node, row.no_new_since) if row else ([], "", None)
    ):  # fmt: skip
        return before, measures
    ShopLimits.objects.update_or_create(
        pk=shop.pk,
        defaults={
            "measures": measures,
            "node": node,
            "no_new_since": since,
            "changed_at": now,
        },
    )
    if measures != before:
        record(
            shop, "shop.limits_changed", by=by, before={"measures": before},
            after={"measures": measures}, at=now,
        )  # fmt: skip
        limits_changed.send(Shop, shop=shop, before=before, after=measures, at=now)
    return before, measures
