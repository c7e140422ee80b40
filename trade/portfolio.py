"""What a shop sells, told to the house of merchants: by it shops are let in to try things first."""

from datetime import datetime

from django.db.models import Count

from common.ids import uuid7_from
from merchants.key_accounts.registry import knows_volume
from merchants.key_accounts.rules import Volume
from trade.models import Order, OrderStatus


@knows_volume
def volume(shop_id: int, since: datetime, until: datetime) -> Volume:
    """Count the orders a shop was paid in a span, and their different products; closed ones do not count."""
    # Ids begin with the paying moment, so one stretch of the shop's index is read.
    found = (
        Order.objects.filter(
            shop=shop_id, id__gte=uuid7_from(since), paid_at__gte=since, paid_at__lt=until
        )
        .exclude(status=OrderStatus.CLOSED)
        .aggregate(orders=Count("pk"), products=Count("product", distinct=True))
    )
    return Volume(found["orders"], found["products"])
