"""Harassment cases and contact blocks: judged with a reason, lifted, appeals answered."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.masks import names_of, shown, shown_texts
from accounts.models import Role, User
from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, MomentFilter, ReasonForm, reason_action
from tickets.actions.appeals import decide_appeal
from tickets.actions.blocks import confirm_case, lift_block
from tickets.actions.harassment import dismiss_case
from tickets.models import Appeal, CaseState, ContactBlock, Grade, HarassmentCase
from tickets.queries.harassment import quotes_masked

YES, NO = "yes", "no"
GRADE_COLOURS: dict[int, str] = {Grade.END: "danger", Grade.WARN_AGAIN: "warning"}
STATE_COLOURS: dict[str, str] = {CaseState.MARKED: "warning", CaseState.CONFIRMED: "danger"}
APPEAL_COLOURS: dict[str, str] = {Appeal.FILED: "warning", Appeal.UPHELD: "success"}


class ConfirmForm(ReasonForm):
    """Whether there is a real request in it, and who goes on with that."""

    has_request = forms.ChoiceField(
        label=_("Is there a real request in it?"),
        choices=[(YES, _("Yes: it goes on in writing")), (NO, _("No: the talk ends"))],
        widget=UnfoldAdminSelectWidget(),
    )
    owner = forms.ModelChoiceField(
        label=_("Who goes on in writing"),
        queryset=User.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Empty: who leads the team for written complaints."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        desk = User.objects.filter(
            roles__overlap=[Role.AGENT, Role.SENIOR, Role.LEAD], is_active=True
        )
        self.offer("owner", desk.order_by("display_name"))


class AppealForm(ReasonForm):
    """What becomes of the appeal; the reason is what the member reads."""

    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=[
            (YES, _("Upheld: limits end, credit comes back")),
            (NO, _("Not upheld: it stays as it is")),
        ],
        widget=UnfoldAdminSelectWidget(),
    )


def _customer(row: Any) -> str:
    return shown("name", row.member.display_name, to=None) or row.member.member_no


def _masked(row: Any, text: str) -> str:
    (words,) = shown_texts([text], is_party=False, names=names_of(row.member))
    return words


@admin.register(HarassmentCase)
class HarassmentCaseAdmin(BaseAdmin):
    """What agents marked, and what a second person decided."""

    list_display = (
        "grade_word", "state_word", "customer", "ground", "marked_by", "marked_at", "decided_by",
    )  # fmt: skip
    list_select_related = ("member__user", "marked_by", "decided_by")
    list_filter = ("state", "grade", "ground", MomentFilter)
    search_fields = ("conversation__conversation_no",)
    search_help_text = _("A conversation no.")
    fields = (
        ("grade", "state"),
        ("customer", "ground"),
        "conversation",
        "reason_masked",
        "quoted",
        ("marked_by", "marked_at"),
        ("decided_by", "decided_at"),
        ("has_request", "decision_masked"),
        ("rest_until", "rest_taken_at"),
    )

    @display(description=_("grade"), ordering="grade")
    def grade_word(self, row: HarassmentCase) -> str:
        return Chip(f"H{row.grade}", GRADE_COLOURS.get(row.grade, ""))

    @display(description=_("state"))
    def state_word(self, row: HarassmentCase) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("member"))
    def customer(self, row: HarassmentCase) -> str:
        return _customer(row)

    @display(description=_("why"))
    def reason_masked(self, row: HarassmentCase) -> str:
        return _masked(row, row.reason)

    @display(description=_("why so decided"))
    def decision_masked(self, row: HarassmentCase) -> str:
        return _masked(row, row.decision_reason) or self.get_empty_value_display()

    @display(description=_("quoted messages"))
    def quoted(self, row: HarassmentCase) -> Any:
        lines = [(line,) for line in quotes_masked(row)]
        return format_html_join("", "<p>{}</p>", lines) or self.get_empty_value_display()

    @reason_action(
        _("Confirm"),
        right="harassment.confirm",
        form=ConfirmForm,
        question=_("Confirm that it was harassment?"),
        consequence=_(
            "The member's contact is limited for a time and their credit falls; they are told and can "
            "appeal. Where somebody is in danger, call the police and the legal team first."
        ),
        dangerous=True,
        fits=lambda row: row.waits_for_confirmation,
    )
    def confirm(self, request: HttpRequest, row: HarassmentCase, answers: dict[str, Any]) -> None:
        confirm_case(
            row,
            has_request=answers["has_request"] == YES,
            owner=answers["owner"],
            reason=answers["reason"],
            by=signed_in(request),
        )

    @reason_action(
        _("Dismiss"),
        right="harassment.confirm",
        question=_("Say that it was none?"),
        consequence=_("Nothing follows from it; a warning is taken back, and the member is told."),
        fits=lambda row: row.state == CaseState.MARKED,
    )
    def dismiss(self, request: HttpRequest, row: HarassmentCase, answers: dict[str, Any]) -> None:
        dismiss_case(row, reason=answers["reason"], by=signed_in(request))


@admin.register(ContactBlock)
class ContactBlockAdmin(BaseAdmin):
    """How members' contact is limited, until when, and what they say to it."""

    list_display = (
        "customer", "since", "until", "text_only", "slow_seconds", "no_new", "ended_why", "appeal_word",
    )  # fmt: skip
    list_select_related = ("member__user",)
    list_filter = ("appeal", "ended_why", "no_new", MomentFilter)
    search_fields = ("member__member_no",)
    search_help_text = _("A member no.")
    fields = (
        ("customer", "case"),
        ("since", "until"),
        ("text_only", "slow_seconds", "no_new"),
        ("ended_at", "ended_why", "ended_by"),
        ("appeal", "appealed_at"),
        "appeal_masked",
        ("appeal_decided_by", "appeal_decided_at"),
        "appeal_answer",
    )

    @display(description=_("appeal"))
    def appeal_word(self, row: ContactBlock) -> str:
        if not row.appeal:
            return self.get_empty_value_display()
        return Chip(row.get_appeal_display(), APPEAL_COLOURS.get(row.appeal, ""))

    @display(description=_("member"))
    def customer(self, row: ContactBlock) -> str:
        return _customer(row)

    @display(description=_("what the member says"))
    def appeal_masked(self, row: ContactBlock) -> str:
        return _masked(row, row.appeal_text) or self.get_empty_value_display()

    @reason_action(
        _("Lift"),
        right="harassment.confirm",
        question=_("End the limits now?"),
        consequence=_("The member can reach us as always; the case and the credit stand."),
        fits=lambda row: row.is_running,
    )
    def lift(self, request: HttpRequest, row: ContactBlock, answers: dict[str, Any]) -> None:
        lift_block(row, reason=answers["reason"], by=signed_in(request))

    @reason_action(
        _("Answer the appeal"),
        right="harassment.confirm",
        form=AppealForm,
        question=_("What becomes of the appeal?"),
        consequence=_(
            "The member reads the reason. Upheld, the limits end and the credit comes back."
        ),
        fits=lambda row: row.appeal == Appeal.FILED,
    )
    def answer(self, request: HttpRequest, row: ContactBlock, answers: dict[str, Any]) -> None:
        decide_appeal(
            row,
            upheld=answers["verdict"] == YES,
            answer=answers["reason"],
            by=signed_in(request),
        )
