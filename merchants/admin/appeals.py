"""Appeals in the back office, and how often penalties are appealed and overturned."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, ReadOnlyAdmin, ReasonForm, reason_action
from merchants.actions.appeals import extend_review, rule_appeal, send_back_appeal
from merchants.actions.cases import DECIDE
from merchants.models import Appeal, AppealState, JudgeRecord, Outcome, RuleRecord
from merchants.queries.cases import restored_lines
from merchants.queries.rates import judges_with_rates, rules_with_rates
from merchants.rulebook.precedents import precedents_like

STATE_COLOURS: dict[str, str] = {
    AppealState.FILED: "warning",
    AppealState.SENT_BACK: "info",
    AppealState.RULED: "success",
}


class RulingForm(ReasonForm):
    """How it is ruled."""

    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=Outcome.choices, widget=UnfoldAdminSelectWidget()
    )
    points = forms.DecimalField(
        label=_("Points when reduced"), required=False, max_digits=6, decimal_places=1,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("What the penalty costs in all from now on: less than before."),
    )  # fmt: skip
    citation = forms.CharField(
        label=_("Cited"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget(),
        help_text=_("Article and version of the law, or the precedent."),
    )  # fmt: skip


class LateFilter(admin.SimpleListFilter):
    """Whether our time is over."""

    title = _("our time")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("over")), ("no", pgettext_lazy("of a clock", "running"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in {"yes", "no"}:
            return queryset
        ours = queryset.filter(state=AppealState.FILED)
        now = timezone.now()
        return (
            ours.filter(due_at__lte=now) if self.value() == "yes" else ours.filter(due_at__gt=now)
        )


def _in(*states: str) -> Any:
    return lambda row: row.state in states


@admin.register(Appeal)
class AppealAdmin(BaseAdmin):
    """Appeals of shops, newest first; nobody rules one whose case they touched before."""

    list_display = ("case_no", "shop", "state_word", "outcome", "filed_at", "due_at", "is_late")
    list_select_related = ("penalty__violation", "penalty__shop", "ruling")
    list_filter = (LateFilter, "state", "ruling__outcome")
    search_fields = ("penalty__violation__violation_no", "penalty__shop__shop_no")
    search_help_text = _("Case no. or shop no.")
    fields = (
        ("case_no", "shop", "state"),
        "text",
        ("by", "filed_at", "came_at"),
        ("due_at", "shop_left"),
        ("extended_at", "is_late"),
        "missing",
        "outcome",
        "given_back",
        "closed_at",
    )

    change_form_outer_after_template = "merchants/admin/precedent.html"

    def page_context(self, request: HttpRequest, row: Appeal) -> dict[str, Any]:
        return {"similar": precedents_like(row.penalty.violation)}

    @display(description=_("case no."))
    def case_no(self, row: Appeal) -> str:
        return row.penalty.violation.violation_no

    @display(description=_("shop"))
    def shop(self, row: Appeal) -> str:
        return row.penalty.shop.name

    @display(description=_("state"))
    def state_word(self, row: Appeal) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("outcome"))
    def outcome(self, row: Appeal) -> str:
        ruling = getattr(row, "ruling", None)
        return ruling.get_outcome_display() if ruling else self.get_empty_value_display()

    @display(description=_("given back"))
    def given_back(self, row: Appeal) -> Any:
        lines = [(one["label"], one["about"], one["line"]) for one in restored_lines(row)]
        shown = format_html_join("", "<p>{} {} {}</p>", lines)
        return shown or self.get_empty_value_display()

    @reason_action(
        _("Rule"),
        right=DECIDE,
        form=RulingForm,
        question=_("Rule this appeal?"),
        consequence=_("It is final. What is revoked or reduced is given back exactly, and listed."),
        dangerous=True,
        fits=_in(AppealState.FILED),
        in_bulk=False,
    )
    def rule(self, request: HttpRequest, row: Appeal, answers: dict[str, Any]) -> None:
        rule_appeal(
            row, outcome=answers["outcome"], points=answers["points"], reason=answers["reason"],
            citation=answers["citation"], by=signed_in(request),
        )  # fmt: skip

    @reason_action(
        _("Send back for papers"),
        right=DECIDE,
        question=_("Which papers are missing?"),
        consequence=_("The shop reads your words; its days go on with what is left of them."),
        fits=_in(AppealState.FILED),
    )
    def send_back(self, request: HttpRequest, row: Appeal, answers: dict[str, Any]) -> None:
        send_back_appeal(row, missing=answers["reason"], by=signed_in(request))

    @reason_action(
        _("Take longer"),
        right=DECIDE,
        question=_("Why does this take longer?"),
        consequence=_("Once, up to the longest time there is; the shop reads why."),
        fits=_in(AppealState.FILED),
    )
    def extend(self, request: HttpRequest, row: Appeal, answers: dict[str, Any]) -> None:
        extend_review(row, by=signed_in(request), reason=answers["reason"])


class _Rates(ReadOnlyAdmin):
    """Rates in columns; 0–1 in the rows, percent on the page."""

    is_small = True
    list_display: Any = (
        "__str__", "penalties", "appealed", "appeal_rate", "ruled", "overturned", "overturn_rate",
    )  # fmt: skip
    fields: Any = ("penalties", "appealed", "appeal_rate", "ruled", "overturned", "overturn_rate")

    @display(description=_("penalties"))
    def penalties(self, row: Any) -> int:
        return int(row.penalties)

    @display(description=_("appealed"))
    def appealed(self, row: Any) -> int:
        return int(row.appealed)

    @display(description=_("appeal rate"))
    def appeal_rate(self, row: Any) -> str:
        return self._percent(row.appeal_rate)

    @display(description=_("ruled"))
    def ruled(self, row: Any) -> int:
        return int(row.ruled)

    @display(description=_("overturned"))
    def overturned(self, row: Any) -> int:
        return int(row.overturned)

    @display(description=_("overturn rate"))
    def overturn_rate(self, row: Any) -> str:
        return self._percent(row.overturn_rate)

    def _percent(self, rate: float | None) -> str:
        return self.get_empty_value_display() if rate is None else f"{rate:.1%}"


@admin.register(RuleRecord)
class RuleRecordAdmin(_Rates):
    """Rules with what became of the penalties by them."""

    search_fields = ("code", "title")
    search_help_text = _("Rule")

    def get_queryset(self, request: HttpRequest) -> Any:
        return rules_with_rates(RuleRecord.objects.all()).order_by("pk")


@admin.register(JudgeRecord)
class JudgeRecordAdmin(_Rates):
    """Who decides, with what became of their decisions on appeal."""

    search_fields = ("display_name",)
    search_help_text = _("Name")

    def get_queryset(self, request: HttpRequest) -> Any:
        return judges_with_rates(JudgeRecord.objects.all()).order_by("pk")
