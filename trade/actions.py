"""What the house does to products, and what buyers say of orders; their facts come from files."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.rights import require_right
from merchants.actions import RatedOrder, RatingDraft, record_rating
from merchants.models import Rating
from trade.models import Order, Product
from trade.rules import succeeded_at
from trade.webhooks import tell_product


@transaction.atomic
def take_down_product(product: Product, *, by: User | None, reason: str = "") -> Product:
    """Take ``product`` off the shelf, whatever its shop says.

    Raises ``forbidden``, ``product.already_down``.
    """
    require_right(by, "products.manage")
    product = Product.objects.select_for_update().get(pk=product.pk)
    if product.taken_down_at is not None:
        raise DomainError("product.already_down", _("This product has been taken down already."))
    return _move(product, "product.taken_down", timezone.now(), by=by, reason=reason)


@transaction.atomic
def relist_product(product: Product, *, by: User | None, reason: str = "") -> Product:
    """Give ``product`` back to its shop's own word. Raises ``forbidden``, ``product.not_down``."""
    require_right(by, "products.manage")
    product = Product.objects.select_for_update().get(pk=product.pk)
    if product.taken_down_at is None:
        raise DomainError("product.not_down", _("The house has not taken this product down."))
    return _move(product, "product.relisted", None, by=by, reason=reason)


@transaction.atomic
def rate_order(
    order: Order, draft: RatingDraft, *, by: User | None, now: datetime | None = None
) -> Rating:
    """Let the buyer of ``order`` rate it after its trade succeeded.

    Raises ``rating.not_finished`` and what ``merchants.actions.record_rating`` raises.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    succeeded = succeeded_at(order.status, order.signed_at, order.closed_at, order.paid_at)
    if succeeded is None:
        raise DomainError("rating.not_finished", _("It can be rated once the trade has succeeded."))
    rated = RatedOrder(order.order_no, order.member_id, order.shop_id, succeeded)
    return record_rating(rated, draft, by=by, now=now)


def _move(product: Product, event: str, moment: object, *, by: User | None, reason: str) -> Product:
    before = {"taken_down_at": product.taken_down_at}
    Product.objects.filter(pk=product.pk).update(taken_down_at=moment)
    product.refresh_from_db()
    record(
        product,
        event,
        by=by,
        before=before,
        after={"taken_down_at": product.taken_down_at},
        reason=reason,
    )
    tell_product(product, event)
    return product
