"""Experience scores and early warnings in the back office: read only, the clock alone writes them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from accounts.people import signed_in
from common.admin import Chip, ReadOnlyAdmin
from common.admin.parameters import name_parameter_groups
from common.search import found_keys
from merchants.experience.words import amount_words, metric_words
from merchants.models import ExperienceCount, ExperienceDay, ExperienceWarning, WarningColour

name_parameter_groups(
    {
        "experience": _("Experience score"),
        "warning": _("Early warnings of shops"),
        "activity": _("Activity gate"),
    }
)
COLOURS: dict[str, str] = {WarningColour.AMBER: "warning", WarningColour.RED: "danger"}


class _OfShops(ReadOnlyAdmin):
    """Rows of shops, found by the shop."""

    list_select_related = ("shop",)
    list_filter_submit = True
    search_fields = ("shop__shop_no",)
    search_help_text = _("Shop no. or name")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if term:
            shops = found_keys("shop", signed_in(request), term, limit=50)
            queryset = queryset.filter(shop__in=shops)
        return queryset, False


class LastDaysFilter(admin.SimpleListFilter):
    """Scores of one of the last counted days."""

    title = _("day")
    parameter_name = "on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        days = ExperienceCount.objects.order_by("-day").values_list("day", flat=True)[:7]
        return [(day.isoformat(), day.isoformat()) for day in days]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        known = dict(self.lookup_choices)
        return queryset.filter(day=self.value()) if self.value() in known else queryset


@admin.register(ExperienceDay)
class ExperienceDayAdmin(_OfShops):
    """What each shop's experience score was, newest day first."""

    list_display = ("day", "shop", "score", "category", "preset", "metrics")
    list_filter = (LastDaysFilter, "preset", ("shop", AutocompleteSelectFilter))
    fields = (("day", "shop"), ("score", "metrics"), ("category", "preset"))


@admin.register(ExperienceWarning)
class ExperienceWarningAdmin(_OfShops):
    """Which shops were warned of what, newest first."""

    list_display = ("day", "shop", "what", "colour_word", "stands", "from_line", "until", "told_at")
    list_filter = ("colour", ("shop", AutocompleteSelectFilter))
    fields = (
        ("day", "shop"), ("what", "colour_word"), ("stands", "from_line"), ("at", "told_at", "until"),
    )  # fmt: skip

    @display(description=_("metric"))
    def what(self, row: ExperienceWarning) -> str:
        return str(metric_words(row.metric))

    @display(description=_("colour"))
    def colour_word(self, row: ExperienceWarning) -> str:
        return Chip(row.get_colour_display(), COLOURS.get(row.colour, ""))

    @display(description=_("value"))
    def stands(self, row: ExperienceWarning) -> str:
        return str(amount_words(row.metric, row.value))

    @display(description=pgettext_lazy("of a warning", "line"))
    def from_line(self, row: ExperienceWarning) -> str:
        return str(amount_words(row.metric, row.line))


@admin.register(ExperienceCount)
class ExperienceCountAdmin(ReadOnlyAdmin):
    """Which days were counted, of how many metrics and shops, and how long it took."""

    is_small = True
    ordering = ("-day",)
    list_display = ("day", "metrics", "shops", "seconds", "counted_at")
