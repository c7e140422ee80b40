"""What the testbed knows of trade: products as something to be opened, ordering again as a figure."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from apass.rollouts.deciding import decide, is_open, meet, member_subject, shop_subject
from apass.rollouts.features import declare_feature
from apass.rollouts.metrics import HIGHER, LOWER, declare_metric
from apass.rollouts.snapshot import plan_of

PRODUCTS, PRODUCT_SEARCH, SHOP_OFFERS = "products", "product-search", "shop-offers"

declare_feature(PRODUCTS, _("Members show products in a talk"), open_without=True)
declare_feature(PRODUCT_SEARCH, _("Members find products in the search"), open_without=False)

declare_feature(
    SHOP_OFFERS,
    _("Orders lead to what the shop offers of it today"),
    open_without=True,
    kind="shop",
)

declare_metric(
    "ordered_again",
    _("Ordered again"),
    "",
    better=HIGHER,
    is_share=True,
    sql="""
        SELECT EXISTS (SELECT 1 FROM trade_order o
                        WHERE o.member_id = k.key::bigint AND o.paid_at > k.since
                          AND o.paid_at <= k.until)::int
    """,
)
declare_metric(
    "orders_per_shop",
    _("Orders"),
    _("per shop"),
    better=HIGHER,
    kinds=("shop",),
    sql="""
        SELECT count(*) FROM trade_order o JOIN merchants_shop s ON s.id = o.shop_id
         WHERE s.shop_no = k.key AND o.paid_at > k.since AND o.paid_at <= k.until
    """,
)
declare_metric(
    "refunded_share",
    _("Refunded share of sales"),
    "",
    better=LOWER,
    kinds=("shop",),
    sql="""
        SELECT sum(o.refunded_amount) / nullif(sum(o.paid_amount), 0)
          FROM trade_order o JOIN merchants_shop s ON s.id = o.shop_id
         WHERE s.shop_no = k.key AND o.paid_at > k.since AND o.paid_at <= k.until
    """,
)


def shows_products(user: User) -> bool:
    """Tell whether products are there for ``user`` at all: to pick, to read, to send."""
    return is_open(PRODUCTS, user)


def may_send_products(member_id: int | None) -> bool:
    """Tell whether a talk's member may send a product. Reads nothing while there is no rollout."""
    if plan_of(PRODUCTS) is None:
        return True
    member = Member.objects.filter(pk=member_id).first() if member_id is not None else None
    return member is not None and meet(PRODUCTS, member_subject(member)).is_in


def shop_shows_offers(shop_no: str, opened_at: datetime | None, *, to_buyer: bool) -> bool:
    """Tell whether orders of a shop lead to what it offers today. In process, without a query.

    A shop meets the rollout when a buyer reads it: what its own people and ours read sells nothing.
    """
    ask = meet if to_buyer else decide
    return ask(SHOP_OFFERS, shop_subject(shop_no, opened_at)).is_in
