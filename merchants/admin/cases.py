"""Violations in the back office: found, told, decided, called an emergency, let go; each with a reason."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, ReadOnlyAdmin, ReasonForm, reason_action
from common.admin.acts import offer_act
from common.errors import DomainError
from merchants.actions.cases import DECIDE, PROPOSE
from merchants.actions.penalties import (
    confirm_correction,
    decide_violation,
    lift_penalty,
    publish_notice,
    record_exam,
)
from merchants.actions.violations import (
    declare_emergency,
    detect_violation,
    drop_violation,
    send_notice,
)
from merchants.models import CaseFile, Penalty, Rule, Violation, ViolationState
from merchants.rulebook.precedents import precedents_like

STATE_COLOURS: dict[str, str] = {
    ViolationState.DETECTED: "warning",
    ViolationState.NOTICED: "info",
    ViolationState.DECIDED: "danger",
    ViolationState.EXECUTING: "danger",
    ViolationState.ENDED: "success",
}


class WaitsFilter(admin.SimpleListFilter):
    """What a case waits for."""

    title = _("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("notice", _("telling the shop")),
            ("statement", _("the shop's statement")),
            ("decision", _("a decision")),
            ("second", _("a second person in an emergency")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        told = Q(state=ViolationState.NOTICED)
        kinds = {
            "notice": Q(state=ViolationState.DETECTED),
            "statement": told & Q(statement_due_at__gt=now, emergency_at=None),
            "decision": told & (Q(statement_due_at__lte=now) | Q(emergency_at__isnull=False)),
            "second": told & Q(emergency_first_by__isnull=False, emergency_at=None),
        }
        chosen = kinds.get(self.value() or "")
        return queryset.filter(chosen) if chosen is not None else queryset


class DecideForm(ReasonForm):
    """What it costs."""

    points = forms.DecimalField(
        label=_("Points for one act"), required=False, max_digits=6, decimal_places=1,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("One of those the rule allows; empty leaves those of the case."),
    )  # fmt: skip
    items = forms.IntegerField(
        label=_("Acts"), required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget()
    )


class ExamForm(ReasonForm):
    """How the exam went."""

    score = forms.IntegerField(
        label=_("Points of 100"), min_value=0, max_value=100,
        widget=UnfoldAdminIntegerFieldWidget(),
    )  # fmt: skip


class FindForm(ReasonForm):
    """What the shop did; the reason is how it was found and becomes part of the evidence."""

    rule = forms.ModelChoiceField(
        label=_("Rule"), queryset=Rule.objects.none(), widget=UnfoldAdminSelectWidget()
    )
    act_at = forms.SplitDateTimeField(
        label=_("Time of the act"), widget=UnfoldAdminSplitDateTimeWidget()
    )
    act = forms.CharField(
        label=_("Act"), max_length=4000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    order_no = forms.CharField(
        label=_("Order no."), max_length=40, required=False, widget=UnfoldAdminTextInputWidget()
    )
    points = DecideForm.base_fields["points"]
    items = DecideForm.base_fields["items"]
    fake_ratings = forms.CharField(
        label=_("Orders whose ratings are fake"), required=False, max_length=9000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Numbers with blanks between. They count until the case is decided."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("rule", Rule.objects.order_by("title"))


def _in(*states: str) -> Any:
    return lambda row: row.state in states


@admin.register(Violation)
class ViolationAdmin(BaseAdmin):
    """Cases against shops, newest first."""

    list_display = (
        "violation_no", "shop", "rule_title", "violation_class", "state_word", "detected_at",
        "statement_due_at", "decide_by",
    )  # fmt: skip
    list_select_related = ("shop", "rule_version__rule")
    list_filter = (WaitsFilter, "state", "violation_class", "ended_why")
    search_fields = ("violation_no", "shop__shop_no", "shop__name")
    search_help_text = _("Case no., or no. or name of the shop")
    fields = (
        ("violation_no", "state"),
        ("shop", "rule_version", "violation_class"),
        ("act_at", "order_no"),
        "act",
        "evidence",
        "rule_text",
        ("points", "items"),
        ("detected_at", "detected_by"),
        ("noticed_at", "statement_due_at", "decide_by"),
        "stated",
        "fake_ratings",
        ("emergency_first_by", "emergency_first_at"),
        ("emergency_second_by", "emergency_at"),
        ("exam_year", "exam_due_at"),
        "decision",
        ("decided_at", "ended_at", "ended_why"),
    )

    change_form_outer_after_template = "merchants/admin/precedent.html"

    def page_context(self, request: HttpRequest, row: Violation) -> dict[str, Any]:
        return {"similar": precedents_like(row)}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if term:
            queryset = queryset.filter(
                Q(violation_no=term) | Q(shop__shop_no=term) | Q(shop__name__icontains=term)
            )
        return queryset, False

    @display(description=_("rule"))
    def rule_title(self, row: Violation) -> str:
        return row.rule_version.rule.title

    @display(description=_("state"))
    def state_word(self, row: Violation) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("text of the rule then"))
    def rule_text(self, row: Violation) -> str:
        return row.rule_version.text

    @display(description=_("statement"))
    def stated(self, row: Violation) -> str:
        said = getattr(row, "statement", None)
        return said.text if said else self.get_empty_value_display()

    @display(description=_("ratings said to be fake"))
    def fake_ratings(self, row: Violation) -> str:
        named = row.named_ratings.values_list("rating__order_no", flat=True).order_by("pk")
        return ", ".join(named) or self.get_empty_value_display()

    @display(description=_("decision"))
    def decision(self, row: Violation) -> str:
        penalty = getattr(row, "penalty", None)
        if penalty is None:
            return self.get_empty_value_display()
        return f"{penalty.points} · {penalty.get_node_display()} · {penalty.decided_by}"

    @reason_action(
        _("Tell the shop"),
        right=DECIDE,
        question=_("Tell the shop what it is said to have done?"),
        consequence=_("Its time for a statement begins; nothing happens before it is over."),
        fits=_in(ViolationState.DETECTED),
    )
    def notice(self, request: HttpRequest, row: Violation, answers: dict[str, Any]) -> None:
        send_notice(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a case", "Decide"),
        right=DECIDE,
        form=DecideForm,
        question=_("Decide this case?"),
        consequence=_("Points are posted, the heaviest node they meet runs, the shop is told."),
        dangerous=True,
        fits=_in(ViolationState.NOTICED),
    )
    def decide(self, request: HttpRequest, row: Violation, answers: dict[str, Any]) -> None:
        decide_violation(
            row, points=answers["points"], items=answers["items"], reason=answers["reason"],
            by=signed_in(request),
        )  # fmt: skip

    @reason_action(
        _("Call it an emergency"),
        right=DECIDE,
        question=_("Can this not wait for the shop's statement?"),
        consequence=_("It holds once a second person says so too; neither may have found it."),
        dangerous=True,
        fits=_in(ViolationState.NOTICED),
        in_bulk=False,
    )
    def emergency(self, request: HttpRequest, row: Violation, answers: dict[str, Any]) -> None:
        declare_emergency(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        pgettext_lazy("of a case", "Drop"),
        right=DECIDE,
        question=_("Drop this case?"),
        consequence=_("Nothing follows from it; a shop that was told hears of it."),
        fits=_in(ViolationState.DETECTED, ViolationState.NOTICED),
    )
    def drop(self, request: HttpRequest, row: Violation, answers: dict[str, Any]) -> None:
        drop_violation(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Record an exam"),
        right=DECIDE,
        form=ExamForm,
        question=_("How did the shop do in its exam?"),
        consequence=_("Passed, it takes the place of the penalty or helps to end it."),
        fits=_in(ViolationState.NOTICED, ViolationState.EXECUTING),
        in_bulk=False,
    )
    def exam(self, request: HttpRequest, row: Violation, answers: dict[str, Any]) -> None:
        record_exam(row, answers["score"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Confirm the correction"),
        right=DECIDE,
        question=_("Has the shop put right what was wrong?"),
        consequence=_("The measures end once their time is over and the exam is passed."),
        fits=_in(ViolationState.EXECUTING),
    )
    def correct(self, request: HttpRequest, row: Violation, answers: dict[str, Any]) -> None:
        confirm_correction(_penalty(row), by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Publish the notice"),
        right=DECIDE,
        question=_("Make the penalty public?"),
        consequence=_("Shop, act and measures stand on the public page until they end."),
        fits=_in(ViolationState.DECIDED, ViolationState.EXECUTING),
    )
    def publish(self, request: HttpRequest, row: Violation, answers: dict[str, Any]) -> None:
        publish_notice(_penalty(row), by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Lift"),
        right=DECIDE,
        question=_("End the measures before their time?"),
        consequence=_("They end at once; the points stay."),
        fits=_in(ViolationState.DECIDED, ViolationState.EXECUTING),
    )
    def lift(self, request: HttpRequest, row: Violation, answers: dict[str, Any]) -> None:
        lift_penalty(_penalty(row), by=signed_in(request), reason=answers["reason"])


def _penalty(row: Violation) -> Penalty:
    """Return the penalty of a case. Raises ``violation.cannot_move`` without one."""
    penalty = Penalty.objects.select_related("violation", "shop").filter(violation=row).first()
    if penalty is None:
        raise DomainError("violation.cannot_move", _("This case is not decided."))
    return penalty


@reason_action(
    _("Open a case"),
    right=PROPOSE,
    form=FindForm,
    question=_("What has the shop done?"),
    consequence=_("A case is opened by the rule in force at the act; the shop hears nothing yet."),
    in_bulk=False,
)
def open_case(_admin: Any, request: HttpRequest, shop: Any, answers: dict[str, Any]) -> str:
    """Open a case against a shop of the list."""
    case = detect_violation(
        shop,
        rule=answers["rule"],
        act_at=answers["act_at"],
        act=answers["act"],
        evidence=answers["reason"],
        order_no=answers["order_no"],
        points=answers["points"],
        items=answers["items"] or 1,
        fake_ratings=answers["fake_ratings"].split(),
        by=signed_in(request),
    )
    return str(_("Case %(no)s is open.") % {"no": case.violation_no})


offer_act("merchants.shop", open_case)


@admin.register(CaseFile)
class CaseFileAdmin(ReadOnlyAdmin):
    """Files of cases."""

    list_display = ("name", "violation", "part", "uploaded_by", "uploaded_at", "size")
    list_select_related = ("violation", "uploaded_by")
    list_filter = ("part", "kind")
    search_fields = ("violation__violation_no",)
    search_help_text = _("Case no.")
    hidden_fields = ("file", "sha256")
