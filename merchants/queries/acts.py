"""What one of our own did to a shop at once, as the shop reads it."""

from typing import Any

from accounts.models import User
from merchants.models import ActState, ShopAct, shops_of

MOST = 50


def acts_on(user: User) -> list[dict[str, Any]]:
    """Return what holds now for the shops ``user`` works for, newest first: what, why, by which rule, until when.

    One query, however many; the newest fifty. Who did it is not said.
    """
    rows = (
        ShopAct.objects.filter(shop__in=shops_of(user).values("pk"), state=ActState.IN_FORCE)
        .select_related("shop", "rule_version__rule")
        .order_by("-at", "-pk")[:MOST]
    )
    return [
        {
            "kind": row.kind,
            "label": row.get_kind_display(),
            "shop": row.shop.name,
            "reason": row.reason,
            "rule": row.rule_version.rule.title if row.rule_version else "",
            "version": row.rule_version.number if row.rule_version else None,
            "text": row.rule_version.text if row.rule_version else "",
            "from": row.began_at,
            "until": row.until,
        }
        for row in rows
    ]
