"""What conditions of rules can say of orders and products, and what rules can be made to move."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.ids import uuid7_from
from merchants.rulebook.metrics import Measured, RuleMetric, declare_rule_metric
from merchants.rulebook.shop_facts import declare_scores
from merchants.rulebook.vocabulary import (
    MONEY,
    NUMBER,
    TEXT,
    TRUTH,
    Fact,
    Source,
    declare_fact,
    declare_join,
    declare_source,
)

ORDER, PRODUCT = "order", "product"


def paid_between(since: datetime, until: datetime) -> tuple[str, list[Any]]:
    """Return SQL that keeps the orders ``o`` paid in a span; their ids begin with the paying moment."""
    sql = "o.id >= %s AND o.id < %s AND o.paid_at >= %s AND o.paid_at < %s"
    # The end's whole millisecond is let in by the id and cut by the moment.
    ends = datetime.fromtimestamp(int(until.timestamp() * 1000 + 1) / 1000, tz=until.tzinfo)
    return sql, [uuid7_from(since), uuid7_from(ends), since, until]


declare_source(
    Source(
        name=ORDER,
        label=_("Orders"),
        table="trade_order o",
        number="o.order_no",
        window=paid_between,
        shop="o.shop_id",
        region="o.region",
        category="o.category",
        money="o.paid_amount",
    )
)
declare_join(ORDER, "shop", "JOIN merchants_shop s ON s.id = o.shop_id")
declare_source(
    Source(name=PRODUCT, label=_("Products"), table="trade_product p", number="p.product_no")
)
declare_join(PRODUCT, "shop", "JOIN merchants_shop s ON s.id = p.shop_id")
declare_scores(ORDER, "o.shop_id")
declare_scores(PRODUCT, "p.shop_id")

_LATE = "greatest(0, extract(epoch FROM coalesce({done}, o.closed_at, now()) - {promised}) / 86400)"
_HOURS = "extract(epoch FROM {until} - {since}) / 3600"

for _fact in (
    Fact("paid_amount", MONEY, _("paid"), "o.paid_amount", unit=_("yuan")),
    Fact("freight", MONEY, _("freight"), "o.freight", unit=_("yuan")),
    Fact("refunded_amount", MONEY, _("refunded"), "o.refunded_amount", unit=_("yuan")),
    Fact(
        "refunded_share",
        NUMBER,
        _("share of what was paid that was refunded, 0 to 1"),
        "o.refunded_amount / nullif(o.paid_amount, 0)",
    ),
    Fact("is_refunded", TRUTH, _("something was refunded"), "o.refunded_amount > 0"),
    Fact("quantity", NUMBER, _("quantity"), "o.quantity"),
    Fact("product", TEXT, _("product"), "o.product"),
    Fact("category", TEXT, _("category"), "o.category"),
    Fact("region", TEXT, _("region"), "o.region"),
    Fact("status", TEXT, _("state"), "o.status"),
    Fact(
        "hours_to_ship",
        NUMBER,
        _("from payment to shipment"),
        _HOURS.format(until="o.shipped_at", since="o.paid_at"),
        unit=_("hours"),
    ),
    Fact(
        "hours_to_receipt",
        NUMBER,
        _("from payment to receipt"),
        _HOURS.format(until="o.signed_at", since="o.paid_at"),
        unit=_("hours"),
    ),
    Fact(
        "late_ship_days",
        NUMBER,
        _("shipped later than promised by"),
        _LATE.format(done="o.shipped_at", promised="o.promised_ship_at"),
        unit=_("days"),
    ),
    Fact(
        "late_delivery_days",
        NUMBER,
        _("delivered later than promised by"),
        _LATE.format(done="o.signed_at", promised="o.promised_deliver_at"),
        unit=_("days"),
    ),
    Fact("shop_no", TEXT, _("shop no."), "s.shop_no", joins=("shop",)),
    Fact("shop_category", TEXT, _("main category of the shop"), "s.category", joins=("shop",)),
    Fact(
        "shop_age_days",
        NUMBER,
        _("age of the shop when it was paid"),
        "extract(epoch FROM o.paid_at - s.opened_at) / 86400",
        joins=("shop",),
        unit=_("days"),
    ),
):
    declare_fact(ORDER, _fact)

for _fact in (
    Fact("title", TEXT, _("name of the product"), "p.title"),
    Fact("product_no", TEXT, _("product no."), "p.product_no"),
    Fact("category", TEXT, _("category"), "p.category"),
    Fact("price", MONEY, _("price"), "p.price", unit=_("yuan")),
    Fact("shop_no", TEXT, _("shop no."), "s.shop_no", joins=("shop",)),
    Fact("shop_category", TEXT, _("main category of the shop"), "s.category", joins=("shop",)),
):
    declare_fact(PRODUCT, _fact)


def _share(of: str, among: str = "TRUE") -> Any:
    def measure(since: datetime, until: datetime) -> Measured:
        window, values = paid_between(since, until)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT avg(CASE WHEN {of} THEN 1 ELSE 0 END), count(*) "
                f"FROM trade_order o WHERE {window} AND {among}",
                values,
            )
            return Measured(*cursor.fetchone())

    return measure


declare_rule_metric(
    RuleMetric(
        "late_ship_share",
        _("Share of orders shipped later than promised"),
        _share(
            "coalesce(o.shipped_at, o.closed_at, now()) > o.promised_ship_at",
            "o.promised_ship_at IS NOT NULL",
        ),
    )
)
declare_rule_metric(
    RuleMetric(
        "late_delivery_share",
        _("Share of orders delivered later than promised"),
        _share(
            "coalesce(o.signed_at, o.closed_at, now()) > o.promised_deliver_at",
            "o.promised_deliver_at IS NOT NULL",
        ),
    )
)
declare_rule_metric(
    RuleMetric(
        "refunded_share", _("Share of orders with a refund"), _share("o.refunded_amount > 0")
    )
)
