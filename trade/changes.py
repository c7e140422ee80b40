"""Orders as their members follow them."""

from datetime import datetime
from typing import Any

from accounts.models import User
from common.changes import first_ones, follow
from trade.loading.months import ORDERS
from trade.models import Order
from trade.queries import order_cards


def changed_orders(
    user: User, since: datetime, most: int, now: datetime
) -> tuple[dict[str, Any], datetime | None]:
    """Return the orders of the member ``user`` that changed; staff follow none."""
    rows = Order.objects.visible_to(user).filter(member__user=user, changed_at__gte=since)
    found = list(rows.order_by("changed_at", "pk").only("pk", "changed_at")[: most + 1])
    told, until = first_ones(found, most)
    data = order_cards(Order.objects.filter(pk__in=[row.pk for row in told]), user)
    return {"data": data}, until


follow("orders", kind=ORDERS, changed=changed_orders, scope=lambda user: None)
