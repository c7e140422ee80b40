from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.models import CreditBand, PopulationDay, Tier
from accounts.standing.population import charts
from common.admin import ReadOnlyAdmin


@admin.register(PopulationDay)
class PopulationDayAdmin(ReadOnlyAdmin):
    """The list is a page of charts; a row is what was noted on one day."""

    fields = ("on", "members", "tier_words", "band_words")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("Population"),
            "charts": charts(),
            "opts": self.opts,
            "model_admin": self,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "accounts/admin/population.html", context)

    @display(description=gettext_lazy("members by tier"))
    def tier_words(self, row: PopulationDay) -> str:
        return _counts_in_words(row.tiers, Tier.choices)

    @display(description=gettext_lazy("members by credit band"))
    def band_words(self, row: PopulationDay) -> str:
        return _counts_in_words(row.bands, CreditBand.choices)


def _counts_in_words(counts: dict[str, int], choices: Any) -> str:
    return "、".join(f"{label} {counts[key]:,}" for key, label in choices if counts.get(key))
