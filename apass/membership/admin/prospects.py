"""Every member with what APASS asks of them, and what each night found."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.actions import log_reading
from accounts.models import AccessKind
from accounts.people import signed_in
from apass.actions import propose
from apass.membership import rules
from apass.membership.admin.checks import CHECKS, RIGHT, check_lines
from apass.membership.queries import figures_of, needs_at
from apass.models import (
    CandidateRun,
    Membership,
    Prospect,
)
from common.addresses import address_of
from common.admin import ReadOnlyAdmin, reason_action
from common.search import searched_rows


class MissingFilter(admin.SimpleListFilter):
    """How far a member is from APASS by the three figures."""

    title = _("what is missing")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("nothing", _("nothing")), ("one", _("one figure"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        needs = needs_at(timezone.now())
        value = Q(standing__value__gte=needs.value)
        credit = Q(standing__credit__gte=needs.credit)
        spent = Q(standing__spent__gte=needs.spent)
        if self.value() == "nothing":
            return queryset.filter(value & credit & spent)
        if self.value() == "one":
            has = queryset.filter(standing__isnull=False)
            return has.filter(
                (value & credit & ~spent) | (value & ~credit & spent) | (~value & credit & spent)
            )
        return queryset


@admin.register(Prospect)
class ProspectAdmin(ReadOnlyAdmin):
    """Every member with what APASS asks of them: met, or missing and by how much."""

    list_display = ("member_no", "tier", "has_value", "has_credit", "has_spent", "is_missing")
    list_select_related = ("standing",)
    list_filter = (MissingFilter, "real_name_verified", "tier")
    search_fields = ("member_no",)
    search_help_text = _("Member no., phone or name")
    fields = ("who", "tier", "checks", "now_in")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(hidden_at=None, erased_at=None)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return searched_rows("member", signed_in(request), queryset, search_term), False

    def title_of(self, request: HttpRequest, row: Prospect) -> str:
        return row.shown_name

    def prepare_rows(self, request: HttpRequest, rows: list[Prospect]) -> None:
        now = timezone.now()
        figures, needs = figures_of([row.pk for row in rows], now), needs_at(now)
        for row in rows:
            row.its_figures, row.its_needs = figures[row.pk], needs  # type: ignore[attr-defined]

    def page_context(self, request: HttpRequest, row: Prospect) -> dict[str, Any]:
        log_reading(row, AccessKind.PAGE, by=signed_in(request), address=address_of(request))
        return super().page_context(request, row)

    @display(description=_("member"))
    def who(self, row: Prospect) -> str:
        return row.shown_name

    @display(description=_("member value"))
    def has_value(self, row: Prospect) -> str:
        return f"{self._figures(row).value:,}"

    @display(description=_("buyer credit"))
    def has_credit(self, row: Prospect) -> str:
        return f"{self._figures(row).credit:,}"

    @display(description=_("spent in 12 months"))
    def has_spent(self, row: Prospect) -> str:
        return f"{self._figures(row).spent:,.2f}"

    @display(description=_("missing"))
    def is_missing(self, row: Prospect) -> str:
        needs = getattr(row, "its_needs", None) or needs_at(timezone.now())
        gone = rules.missing(self._figures(row), needs)
        return "、".join(str(CHECKS[name]) for name in gone) or gettext("nothing")

    @display(description=_("checks"))
    def checks(self, row: Prospect) -> Any:
        return check_lines(rules.checks(self._figures(row), needs_at(timezone.now())))

    @display(description=_("in APASS"))
    def now_in(self, row: Prospect) -> str:
        newest = Membership.objects.filter(member=row.pk).order_by("-pk").first()
        return newest.get_state_display() if newest else self.get_empty_value_display()

    @staticmethod
    def _figures(row: Prospect) -> rules.Figures:
        known: rules.Figures | None = getattr(row, "its_figures", None)
        return known or figures_of([row.pk], timezone.now())[row.pk]

    @reason_action(
        _("Propose for APASS"),
        right=RIGHT,
        question=_("Put on the list for APASS?"),
        consequence=_("They become a candidate; somebody else than you approves."),
    )
    def propose(self, request: HttpRequest, row: Prospect, answers: dict[str, Any]) -> None:
        propose(row, by=signed_in(request), reason=answers["reason"])


@admin.register(CandidateRun)
class CandidateRunAdmin(ReadOnlyAdmin):
    """What each night's look over all members found."""

    is_small = True
    ordering = ("-on",)
    list_display = ("on", "at", "looked_at", "found", "dropped", "seconds")
