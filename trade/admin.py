from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from accounts.masks import shown
from accounts.models import Member
from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, MomentFilter, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from common.loading.offers import offer_import
from common.search import found_keys
from common.words import money_words
from merchants.models import Rating
from trade.actions import relist_product, take_down_product
from trade.loading import OrderLoader, ProductLoader, RatingLoader, RefundLoader
from trade.models import Order, OrderStatus, Product, Refund, RefundOutcome

name_parameter_groups({"trade": _("Trade")})
_NUMBERS = {"member_no": _("member no."), "shop_no": _("shop no.")}
offer_import(OrderLoader, kind="orders", label=_("Orders"), model=Order, words=_NUMBERS)
offer_import(ProductLoader, kind="products", label=_("Products"), model=Product, words=_NUMBERS)
offer_import(RatingLoader, kind="ratings", label=_("Ratings"), model=Rating)
offer_import(
    RefundLoader,
    kind="refunds",
    label=_("Refunds"),
    model=Refund,
    words={"order_no": _("order no.")},
)
name_events(
    {
        "product.taken_down": _("Product taken down"),
        "product.relisted": _("Product relisted"),
    }
)


STATUS_COLOURS: dict[str, str] = {
    OrderStatus.PAID: "warning",
    OrderStatus.SHIPPED: "info",
    OrderStatus.SIGNED: "success",
    OrderStatus.FINISHED: "success",
}
OUTCOME_COLOURS: dict[str, str] = {"": "warning", RefundOutcome.SUCCESS: "success"}


class OutcomeFilter(admin.SimpleListFilter):
    """Refunds by how they ended; the running ones have no outcome."""

    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("running", _("Under way")), *RefundOutcome.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(outcome=None if self.value() == "running" else self.value())


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
        ("repaid", "freight"),
        "masked_region",
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
        user = signed_in(request)
        shops = found_keys("shop", user, term, limit=50)
        numbered = found_keys("order", user, term)
        found = queryset.filter(Q(pk__in=numbered) | Q(member__in=members) | Q(shop__in=shops))
        return (found if found.exists() else queryset.filter(product__icontains=term)), False

    @display(description=_("state"))
    def status_word(self, order: Order) -> str:
        return Chip(order.get_status_display(), STATUS_COLOURS.get(order.status, ""))

    @display(description=_("member"))
    def customer(self, order: Order) -> str:
        name = shown("name", order.member.display_name, to=None)
        return f"{name} {order.member.member_no}".strip()

    @display(description=_("region"))
    def masked_region(self, order: Order) -> str:
        return shown("region", order.region, to=None) or self.get_empty_value_display()

    @display(description=_("paid"))
    def amount(self, order: Order) -> str:
        return money_words(order.paid_amount)

    @display(description=_("refunded"))
    def repaid(self, order: Order) -> str:
        return money_words(order.refunded_amount)


@admin.register(Refund)
class RefundAdmin(BaseAdmin):
    """What was asked back. The facts come from the systems that refund, never from a form."""

    about_member = "order__member"
    list_display = ("refund_no", "outcome_label", "order", "kind", "money", "applied_at")
    list_select_related = ("order",)
    list_filter = (OutcomeFilter, "kind")
    search_fields = ("refund_no",)
    search_help_text = _("Refund no. or order no.")
    fields = (
        ("refund_no", "outcome_label"),
        ("order", "kind"),
        ("money", "masked_reason"),
        ("applied_at", "finished_at"),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        orders = list(Order.objects.filter(order_no=term).values_list("pk", flat=True)[:1])
        return queryset.filter(Q(refund_no=term) | Q(order__in=orders)), False

    @display(description=_("outcome"))
    def outcome_label(self, refund: Refund) -> str:
        return Chip(refund.outcome_word, OUTCOME_COLOURS.get(refund.outcome or "", ""))

    @display(description=_("amount"))
    def money(self, refund: Refund) -> str:
        return money_words(refund.amount)

    @display(description=_("reason"))
    def masked_reason(self, refund: Refund) -> str:
        return shown("text", refund.reason, to=None) or self.get_empty_value_display()


class ShelfFilter(admin.SimpleListFilter):
    """Products by whether they can be bought, and who says that they cannot."""

    title = _("shelf")
    parameter_name = "shelf"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("on", _("On the shelf")),
            ("off", _("Off the shelf")),
            ("down", _("Taken down")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "on":
                return queryset.filter(is_listed=True, taken_down_at=None)
            case "off":
                return queryset.filter(is_listed=False, taken_down_at=None)
            case "down":
                return queryset.exclude(taken_down_at=None)
        return queryset


@admin.register(Product)
class ProductAdmin(BaseAdmin):
    """What shops offer. The facts are loaded; the house only takes down and relists."""

    list_display = ("product_no", "title", "shelf", "shop", "category", "amount")
    list_select_related = ("shop",)
    list_filter = (ShelfFilter, ("shop", AutocompleteSelectFilter))
    list_filter_submit = True
    search_fields = ("product_no", "title")
    search_help_text = _("Product no. or title")
    fields = (
        ("product_no", "title"),
        ("shop", "category"),
        "amount",
        ("is_listed", "taken_down_at"),
        "added_at",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return queryset.found_by(search_term), False

    @display(description=_("shelf"))
    def shelf(self, product: Product) -> str:
        if product.taken_down_at is not None:
            return Chip(_("Taken down"), "danger")
        return Chip(_("On the shelf"), "success") if product.is_listed else Chip(_("Off the shelf"))

    @display(description=_("price"))
    def amount(self, product: Product) -> str:
        return money_words(product.price)

    @reason_action(
        _("Take down"),
        right="products.manage",
        question=_("Take these products down?"),
        consequence=_(
            "Members no longer find them, whatever the shop says; cards sent before stay as they are."
        ),
        dangerous=True,
        fits=lambda product: product.taken_down_at is None,
    )
    def take_down(self, request: HttpRequest, product: Product, answers: dict[str, Any]) -> None:
        take_down_product(product, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Relist"),
        right="products.manage",
        question=_("Relist these products?"),
        consequence=_("From now on the shop's own word holds again."),
        fits=lambda product: product.taken_down_at is not None,
    )
    def relist(self, request: HttpRequest, product: Product, answers: dict[str, Any]) -> None:
        relist_product(product, by=signed_in(request), reason=answers["reason"])
