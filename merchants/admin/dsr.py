"""Scores day by day: the list, one shop's figures with its chart, and what moved them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from accounts.people import signed_in
from common.admin import ReadOnlyAdmin
from common.parameters import value
from common.search import found_keys
from merchants.charts import chart_of
from merchants.models import DSRDay, DSRSnapshot
from merchants.queries.changes import explain, explanation_card
from merchants.queries.dsr import trend
from merchants.ratings.rules import positive_rate, shown_score

MOST_CHANGES = 50


@admin.register(DSRSnapshot)
class DSRSnapshotAdmin(ReadOnlyAdmin):
    """What was written down of each shop, newest day first; a row opens its chart and its causes."""

    list_display = ("day", "shop", "described", "service", "logistics", "good", "credit")
    list_select_related = ("shop",)
    list_filter = (("shop", AutocompleteSelectFilter),)
    list_filter_submit = True
    search_fields = ("shop__shop_no",)
    search_help_text = _("Shop no. or name")
    change_form_outer_after_template = "merchants/admin/snapshot.html"
    fields = (
        ("day", "shop"),
        ("described", "desc_sum", "desc_count"),
        ("service", "service_sum", "service_count"),
        ("logistics", "logistics_sum", "logistics_count"),
        ("good", "positive", "neutral", "negative"),
        "credit",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if term:
            shops = found_keys("shop", signed_in(request), term, limit=50)
            queryset = queryset.filter(shop__in=shops)
        return queryset, False

    def page_context(self, request: HttpRequest, row: DSRSnapshot) -> dict[str, Any]:
        context = super().page_context(request, row)
        context["chart"] = chart_of(trend(row.shop, whole=True))
        before = row.day - timedelta(days=1)
        if DSRDay.objects.filter(day=before).exists():
            card = explanation_card(explain(row.shop, before, row.day))
            context["explained"] = card | {"changes": card["changes"][:MOST_CHANGES]}
            context["changes_more"] = max(0, len(card["changes"]) - MOST_CHANGES)
        return context

    @display(description=_("as described"))
    def described(self, row: DSRSnapshot) -> str:
        return _words(row.desc_match, row.desc_count)

    @display(description=_("service"))
    def service(self, row: DSRSnapshot) -> str:
        return _words(row.service_attitude, row.service_count)

    @display(description=_("logistics"))
    def logistics(self, row: DSRSnapshot) -> str:
        return _words(row.logistics_service, row.logistics_count)

    @display(description=_("positive rate"))
    def good(self, row: DSRSnapshot) -> str:
        rate = positive_rate(row.positive, row.neutral, row.negative)
        return self.get_empty_value_display() if rate is None else f"{rate * 100:.2f}%"


def _words(score: Decimal | None, count: int) -> str:
    least = value("dsr.min_ratings_display", timezone.now())
    return f"{shown_score(score, count, least)} ({count})"


@admin.register(DSRDay)
class DSRDayAdmin(ReadOnlyAdmin):
    """Which days were counted, how, and how long it took."""

    is_small = True
    ordering = ("-day",)
    list_display = ("day", "kind", "window_days", "shops", "seconds", "counted_at")
    list_filter = ("kind",)
