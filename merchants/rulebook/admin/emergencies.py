"""Emergency measures and precedents in the back office."""

from typing import Any

from django import forms as django_forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, reason_action
from common.rules import midnight_after
from common.search import searched_rows
from merchants.actions.emergencies import (
    add_precedent,
    confirm_emergency,
    lift_emergency,
    name_born_rule,
    order_emergency,
)
from merchants.models import EMERGENCY_HOLDS, EmergencyMeasure, EmergencyState, Precedent
from merchants.rulebook import forms
from merchants.rulebook.precedents import similar_precedents

COLOURS: dict[str, str] = {
    EmergencyState.ACTIVE: "warning",
    EmergencyState.CONFIRMED: "danger",
}


class MeasureForm(django_forms.ModelForm):  # type: ignore[type-arg]
    """What is taken off the shelves, and why."""

    subject = django_forms.ChoiceField(
        label=_("about"), choices=[("product", _("Products")), ("shop", _("Shops"))],
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip


@admin.register(EmergencyMeasure)
class EmergencyMeasureAdmin(BaseAdmin):
    """What is off the shelves at once. It ends by itself unless a second person confirms it."""

    event_noun = "emergency"
    allow_add = True
    form = MeasureForm
    editable_fields = ("title", "subject", "condition", "reason")
    list_display = (
        "title",
        "state_chip",
        "subject",
        "targets_count",
        "since",
        "ends",
        "ordered_by",
        "confirmed_by",
    )
    list_select_related = ("ordered_by", "confirmed_by")
    list_filter = ("state", "subject")
    search_fields = ("title",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).can("rules.manage") and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        made = order_emergency(
            said["title"], subject=said["subject"], condition=said["condition"],
            by=signed_in(request), reason=said["reason"],
        )  # fmt: skip
        obj.pk, obj._state.adding = made.pk, False

    @display(description=_("state"))
    def state_chip(self, row: EmergencyMeasure) -> str:
        return Chip(row.get_state_display(), COLOURS.get(row.state, ""))

    @display(description=_("ends"))
    def ends(self, row: EmergencyMeasure) -> Any:
        return row.ended_at or row.confirmed_until or row.expires_at

    @reason_action(
        _("Confirm"), right="rules.approve", form=forms.UntilForm,
        question=_("Let it hold until then?"), consequence=_("Not for who ordered it. It still ends."),
        fits=lambda row: row.state == EmergencyState.ACTIVE, in_bulk=False,
    )  # fmt: skip
    def confirm(self, request: HttpRequest, row: Any, answers: dict[str, Any]) -> None:
        confirm_emergency(
            row, until=midnight_after(answers["until"]), by=signed_in(request),
            reason=answers["reason"],
        )  # fmt: skip

    @reason_action(
        _("Lift"), right="rules.manage", question=_("End it now?"),
        consequence=_("What it took down comes back to the shelves."),
        fits=lambda row: row.state in EMERGENCY_HOLDS, in_bulk=False,
    )  # fmt: skip
    def lift(self, request: HttpRequest, row: Any, answers: dict[str, Any]) -> None:
        lift_emergency(row, by=signed_in(request), reason=answers["reason"])


@admin.register(Precedent)
class PrecedentAdmin(BaseAdmin):
    """Cases that were judged, and rules born from them."""

    allow_add = True
    editable_fields = ("title", "facts", "verdict", "judged_on", "case_no", "rule")
    list_display = ("title", "judged_on", "case_no", "rule", "by")
    list_select_related = ("rule", "by")
    list_filter = ("rule__family",)
    search_fields = ("title",)
    search_help_text = _("Two characters of what it was about")
    change_form_outer_after_template = "merchants/admin/precedent.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).can("rules.manage") and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return searched_rows("precedent", signed_in(request), queryset, search_term), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = add_precedent(**form.cleaned_data, by=signed_in(request))
        obj.pk, obj._state.adding = made.pk, False

    def page_context(self, request: HttpRequest, row: Precedent) -> dict[str, Any]:
        return {"similar": similar_precedents(row.facts, but=row.pk)}

    @reason_action(
        _("Name the rule born from it"), right="rules.manage", form=forms.BornRuleForm,
        question=_("Was this rule born from it?"), consequence=_("Both show each other."),
        in_bulk=False,
    )  # fmt: skip
    def name_rule(self, request: HttpRequest, row: Precedent, answers: dict[str, Any]) -> None:
        name_born_rule(row, answers["rule"], by=signed_in(request), reason=answers["reason"])
