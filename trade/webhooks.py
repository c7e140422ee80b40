"""What partners can hear of products."""

from django.utils.translation import gettext_lazy as _

from accounts.actions.webhooks import emit
from accounts.webhooks.events import declare_event
from trade.models import Product

declare_event("product.taken_down", _("Product taken down"))
declare_event("product.relisted", _("Product relisted"))


def tell_product(product: Product, event: str) -> None:
    """Say that the house has moved ``product``."""
    data = {
        "product_no": product.product_no,
        "shop_no": product.shop.shop_no,
        "taken_down_at": product.taken_down_at,
    }
    emit(event, subject=product, data=data)
