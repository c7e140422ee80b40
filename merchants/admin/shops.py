from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.people import signed_in
from common.admin import BaseAdmin
from common.events import name_events
from common.loading.offers import offer_import
from common.search import searched_rows
from merchants.loading import ShopLoader
from merchants.models import Merchant, Shop

offer_import(
    ShopLoader,
    kind="shops",
    label=_("Shops"),
    model=Shop,
    words={"merchant_no": _("merchant no."), "merchant_name": _("merchant")},
)
name_events(
    {
        "shop.changed": _("Shop changed"),
        "shop.added": _("Shop added"),
        "merchant.changed": _("Merchant changed"),
        "merchant.added": _("Merchant added"),
    }
)


@admin.register(Shop)
class ShopAdmin(BaseAdmin):
    """Storefronts. They are loaded; only what our own house says in their name is typed here."""

    editable_fields = ("greeting_word",)
    list_display = (
        "shop_no",
        "name",
        "merchant",
        "category",
        "region",
        "greeting_word",
        "opened_at",
    )
    list_select_related = ("merchant",)
    search_fields = ("shop_no", "name")
    search_help_text = _("Shop no. or name")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return searched_rows("shop", signed_in(request), queryset, search_term), False


@admin.register(Merchant)
class MerchantAdmin(BaseAdmin):
    """Sellers as companies."""

    list_display = ("merchant_no", "name")
    search_fields = ("merchant_no", "name")
    search_help_text = _("Merchant no. or name")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if term:
            queryset = queryset.filter(Q(merchant_no=term) | Q(name__icontains=term))
        return queryset, False
