"""What penalties of a shop do to its shelves."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from merchants.models import Shop
from merchants.penalties.restoring import reading
from trade.models import Product


@reading("listing", _("Products on the shelf"))
def on_the_shelf(shop: Shop, now: datetime) -> dict[str, Any]:
    """Say how many products of the shop can be bought now."""
    return {"": Product.objects.on_the_shelf().filter(shop=shop.pk).count()}
