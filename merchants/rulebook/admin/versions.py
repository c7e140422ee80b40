"""Rules and their versions in the back office: the editor, with the text as merchants will read it."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, reason_action
from common.search import searched_rows
from merchants.actions.consultations import answer_group
from merchants.actions.rulebook import add_rule, draft_version
from merchants.models import Choice, OpinionGroup, Rule, RuleState, RuleVersion, RuleVote
from merchants.rulebook import forms, reading
from merchants.rulebook.admin.steps import DraftSteps, OpenSteps
from merchants.rulebook.differing import difference
from merchants.rulebook.rules import vote_split
from merchants.rulebook.vocabulary import OPS, facts_of

COLOURS: dict[str, str] = {
    RuleState.CONSULTATION: "info",
    RuleState.RESULT_PUBLISHED: "info",
    RuleState.NOTICE: "info",
    RuleState.TRIAL: "warning",
    RuleState.EFFECTIVE: "success",
    RuleState.DROPPED: "danger",
}


@admin.register(Rule)
class RuleAdmin(BaseAdmin):
    """Rules by name. A version is drafted from here; what follows is done on the version's page."""

    is_small = True
    allow_add = True
    editable_fields = ("code", "family", "title")
    fields = ("code", "family", "title")
    list_display = ("title", "code", "family")
    list_filter = ("family",)
    search_fields = ("title", "code")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).can("rules.manage") and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        said = form.cleaned_data
        made = add_rule(
            said["code"], family=said["family"], title=said["title"], by=signed_in(request)
        )
        obj.pk, obj._state.adding = made.pk, False

    @reason_action(
        _("Draft the next version"), right="rules.manage", form=forms.WordingForm,
        question=_("Begin the next version?"),
        consequence=_("It begins with what the last one says. Nobody outside sees it yet."),
        in_bulk=False,
    )  # fmt: skip
    def draft(self, request: HttpRequest, row: Rule, answers: dict[str, Any]) -> None:
        draft_version(row, forms.WordingForm.wording(answers), by=signed_in(request))


@admin.register(RuleVersion)
class RuleVersionAdmin(DraftSteps, OpenSteps, BaseAdmin):
    """Versions of rules on their way, in force and past."""

    event_noun = "rule"
    list_display = ("rule", "number", "state_chip", "consultation_ends_at", "begins", "drafted_by")
    list_select_related = ("rule", "drafted_by")
    list_filter = ("state", "rule__family", "violation_class")
    search_fields = ("rule__title",)
    search_help_text = _("Two characters of the text, the name or the code")
    hidden_fields = ("text", "consulted_text", "condition", "exceptions", "result_text")
    change_form_outer_after_template = "merchants/admin/version.html"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return searched_rows("rule", signed_in(request), queryset, search_term), False

    @display(description=_("state"))
    def state_chip(self, row: RuleVersion) -> str:
        return Chip(row.get_state_display(), COLOURS.get(row.state, ""))

    @display(description=_("effective from"))
    def begins(self, row: RuleVersion) -> Any:
        return row.effective_from or row.planned_from

    def page_context(self, request: HttpRequest, row: RuleVersion) -> dict[str, Any]:
        before = row.rule.versions.filter(number__lt=row.number).published()
        last = before.order_by("-number").first()
        counts = dict(row.votes.values_list("choice").annotate(Count("pk")))
        labels = dict(Choice.choices)
        return {
            "paragraphs": row.text.split("\n"),
            "diff": difference(last.text, row.text) if last else [],
            "against": last.number if last else None,
            "asked_diff": difference(row.consulted_text, row.text) if row.consulted_text else [],
            "spared": reading.exceptions_of(row),
            "gates": row.gates.select_related("by").order_by("pk"),
            "split": [
                (labels[one], voices, percent) for one, voices, percent in vote_split(counts)
            ],
            "asked": row.invites.count(),
            "loose": len(forms.objections(row)),
            "groups": row.groups.annotate(voices=Count("votes")).order_by("pk"),
            "simulations": row.simulations.select_related("asked_by").order_by("-pk")[:10],
            "reviews": row.reviews.order_by("days"),
            "articles": row.citations.select_related("article").order_by("pk"),
            "vocabulary": [
                (name, fact.label, ", ".join(OPS[fact.kind]), fact.unit)
                for name, fact in facts_of("order").items()
            ],
        }


@admin.register(OpinionGroup)
class OpinionGroupAdmin(BaseAdmin):
    """Groups of objections; each gets its official answer here."""

    list_display = ("title", "version", "made_by", "is_answered", "answered_by")
    list_select_related = ("version", "version__rule", "made_by", "answered_by")
    list_filter = ("version__state",)
    search_fields = ("title",)
    change_form_outer_after_template = "merchants/admin/group.html"

    @display(description=_("answered at"), boolean=True)
    def is_answered(self, row: OpinionGroup) -> bool:
        return bool(row.answer)

    def page_context(self, request: HttpRequest, row: OpinionGroup) -> dict[str, Any]:
        return {"voices": row.votes.select_related("merchant").order_by("pk")[:200]}

    @reason_action(
        _("Answer"), right="rules.manage", form=forms.AnswerForm,
        question=_("Give this official answer?"),
        consequence=_("Those who said it read it when the result is published."),
        fits=lambda row: row.version.state == RuleState.CONSULTATION, in_bulk=False,
    )  # fmt: skip
    def answer_it(self, request: HttpRequest, row: OpinionGroup, answers: dict[str, Any]) -> None:
        answer_group(row, answer=answers["answer"], by=signed_in(request))


@admin.register(RuleVote)
class RuleVoteAdmin(BaseAdmin):
    """What merchants say of drafts."""

    list_display = ("version", "merchant", "choice", "comment", "group", "at")
    list_select_related = ("version", "version__rule", "merchant", "group")
    list_filter = ("choice", "version__state")
    search_fields = ("merchant__name", "comment")
