from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Member
from common.admin import BaseAdmin, MomentFilter
from common.masking import mask_name
from common.words import money_words
from merchants.models import Shop
from trade.models import Order, OrderStatus


@admin.register(Order)
class OrderAdmin(BaseAdmin):
    """What was bought. Money and states come from the trade, never from a form."""

    list_display = ("order_no", "status_word", "product", "customer", "shop", "amount", "paid_at")
    list_select_related = ("member", "shop")
    list_filter = (MomentFilter, "status")
    search_fields = ("order_no", "product")
    search_help_text = _("Order no., member no., shop or product")
    fields = (
        ("order_no", "status"),
        ("customer", "shop"),
        ("product", "category"),
        ("quantity", "amount"),
        ("freight", "region"),
        ("paid_at", "closed_at"),
        ("promised_ship_at", "shipped_at"),
        ("promised_deliver_at", "signed_at"),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        # Numbers and names first, each by its own index; only then the words of all products.
        members = list(Member.objects.filter(member_no=term).values_list("pk", flat=True)[:1])
        shops = list(
            Shop.objects.filter(Q(shop_no=term) | Q(name__icontains=term)).values_list(
                "pk", flat=True
            )[:50]
        )
        found = queryset.filter(Q(order_no=term) | Q(member__in=members) | Q(shop__in=shops))
        return (found if found.exists() else queryset.filter(product__icontains=term)), False

    @display(
        description=_("state"),
        label={
            OrderStatus.PAID: "warning",
            OrderStatus.SHIPPED: "info",
            OrderStatus.SIGNED: "success",
            OrderStatus.FINISHED: "success",
            OrderStatus.CLOSED: "",
        },
    )
    def status_word(self, order: Order) -> Any:
        return order.status, order.get_status_display()

    @display(description=_("member"))
    def customer(self, order: Order) -> str:
        return f"{mask_name(order.member.display_name)} {order.member.member_no}".strip()

    @display(description=_("paid"))
    def amount(self, order: Order) -> str:
        return money_words(order.paid_amount)
