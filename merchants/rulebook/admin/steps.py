"""How a version moves in the back office: each step an action with a reason, two people where two are asked."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.people import signed_in
from common.admin import reason_action
from merchants.actions import (
    consultations,
    invites,
    rule_review,
    rulebook,
    simulations,
    taking_effect,
)
from merchants.models import RuleState, RuleVersion
from merchants.rulebook import forms
from merchants.rulebook.rules import may_move

MANAGE, APPROVE = "rules.manage", "rules.approve"
IN_WORK = (RuleState.DRAFT, RuleState.INTERNAL_REVIEW)
Answers = dict[str, Any]


def in_state(*states: str) -> Any:
    """Return the question whether a version is in one of ``states``."""
    return lambda row: row.state in states


class DraftSteps:
    """What is done to a version before merchants are asked."""

    @reason_action(
        _("Edit"), right=MANAGE, form=forms.WordingForm, question=_("Write the draft anew?"),
        consequence=_("The page shows it as merchants will read it. History keeps what it said."),
        fits=in_state(RuleState.DRAFT), in_bulk=False,
    )  # fmt: skip
    def edit(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        rulebook.edit_draft(row, forms.WordingForm.wording(answers), by=signed_in(request))

    @reason_action(
        _("Answer a dimension"), right=MANAGE, form=forms.GateForm,
        question=_("Answer for this dimension?"),
        consequence=_("It stands with your name, and asked merchants read it."),
        fits=in_state(*IN_WORK), in_bulk=False,
    )  # fmt: skip
    def answer_gate(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        names = ("score", "consumer_score", "text", "question")
        rule_review.answer_gate(
            row, answers["dimension"], data=answers["figures"], by=signed_in(request),
            **{name: answers[name] for name in names},
        )  # fmt: skip

    @reason_action(
        _("Ask merchants"), right=MANAGE, form=forms.InviteForm, question=_("Ask these merchants?"),
        consequence=_("They are told when the consultation opens, not before."),
        fits=in_state(*IN_WORK), in_bulk=False,
    )  # fmt: skip
    def invite(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        by = signed_in(request)
        if answers["numbers"]:
            invites.invite_named(row, answers["numbers"].split(), by=by)
        if answers["category"] or answers["sample"]:
            invites.invite_filtered(
                row, category=answers["category"], sample=answers["sample"], by=by
            )

    @reason_action(
        _("Send to the internal review"), right=MANAGE, question=_("Hand it to a second person?"),
        consequence=_("It is not edited any more unless it is sent back."),
        fits=in_state(RuleState.DRAFT), in_bulk=False,
    )  # fmt: skip
    def review(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        rulebook.send_to_review(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Send back"), right=MANAGE, question=_("Send it back to its author?"),
        consequence=_("It can be edited again; an order not to consult is void."),
        fits=in_state(RuleState.INTERNAL_REVIEW), in_bulk=False,
    )  # fmt: skip
    def send_back(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        rulebook.send_back(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Ask not to consult"), right=MANAGE, form=forms.SkipForm,
        question=_("Ask that merchants are not asked?"),
        consequence=_("For the law or urgent protection of consumers alone; a second person decides."),
        dangerous=True, fits=in_state(RuleState.INTERNAL_REVIEW), in_bulk=False,
    )  # fmt: skip
    def ask_to_skip(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        rule_review.ask_to_skip(
            row, ground=answers["ground"], order=answers["order"], by=signed_in(request),
            reason=answers["reason"],
        )  # fmt: skip

    @reason_action(
        _("Approve not to consult"), right=APPROVE, question=_("Let it go without a consultation?"),
        consequence=_("Merchants are not asked; the seven days of notice stay theirs."),
        dangerous=True,
        fits=lambda row: row.state == RuleState.INTERNAL_REVIEW and bool(row.skip_ground),
        in_bulk=False,
    )  # fmt: skip
    def approve_skip(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        rule_review.approve_skip(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Drop"), right=MANAGE, question=_("Give this version up?"),
        consequence=_("It never takes effect. What merchants said stays readable."),
        dangerous=True,
        fits=lambda row: may_move(row.state, RuleState.DROPPED),
        in_bulk=False,
    )  # fmt: skip
    def drop_it(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        rulebook.drop_version(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Simulate"), right=MANAGE, form=forms.DaysForm, question=_("Try it out on what happened?"),
        consequence=_("It runs in the background and changes nothing."),
        fits=lambda row: bool(row.condition), in_bulk=False,
    )  # fmt: skip
    def simulate(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        simulations.ask_simulation(
            row, days=answers["days"], by=signed_in(request), reason=answers["reason"]
        )


class OpenSteps:
    """What is done once merchants are asked."""

    @reason_action(
        _("Open the consultation"), right=APPROVE, question=_("Show it to the asked merchants?"),
        consequence=_("They have seven days. What they are asked about never changes. Not for its author."),
        fits=in_state(RuleState.INTERNAL_REVIEW), in_bulk=False,
    )  # fmt: skip
    def open_it(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        consultations.open_consultation(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Group objections"), right=MANAGE, form=forms.GroupForm,
        question=_("Put these together?"), consequence=_("They get one official answer."),
        fits=in_state(RuleState.CONSULTATION), in_bulk=False,
    )  # fmt: skip
    def group(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        consultations.group_objections(
            row, answers["called"], answers["voices"], group=answers["into"], by=signed_in(request)
        )

    @reason_action(
        _("Change the text"), right=MANAGE, form=forms.ReviseForm,
        question=_("Change the text because of what was said?"),
        consequence=_("Each changed paragraph is shown to those whose objection it goes back to."),
        fits=in_state(RuleState.CONSULTATION), in_bulk=False,
    )  # fmt: skip
    def revise(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        consultations.revise_text(
            row, answers["text"], because_of=list(answers["groups"]), by=signed_in(request)
        )

    @reason_action(
        _("Publish the result"), right=MANAGE, form=forms.ResultForm,
        question=_("Publish the result?"),
        consequence=_("From now on what it says never changes. The asked merchants are told."),
        fits=in_state(RuleState.CONSULTATION), in_bulk=False,
    )  # fmt: skip
    def publish(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        consultations.publish_result(
            row, result=answers["result"], by=signed_in(request), reason=answers["reason"]
        )

    @reason_action(
        _("Give notice"), right=MANAGE, form=forms.NoticeForm,
        question=_("Announce from when on it holds?"),
        consequence=_("All merchants are told. It takes effect by itself on that day."),
        fits=in_state(RuleState.RESULT_PUBLISHED, RuleState.INTERNAL_REVIEW), in_bulk=False,
    )  # fmt: skip
    def give_notice(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        begins: Any = forms.NoticeForm.moment(answers, "effective_on")
        taking_effect.give_notice(
            row, effective_from=begins, trial_from=forms.NoticeForm.moment(answers, "trial_on"),
            target_metric=answers["target"], target_change=answers["change"],
            by=signed_in(request), reason=answers["reason"],
        )  # fmt: skip

    @reason_action(
        _("Retire"), right=APPROVE, question=_("End this rule now?"),
        consequence=_("Conduct from now on is not judged by it any more; what was before is."),
        dangerous=True, fits=in_state(RuleState.EFFECTIVE), in_bulk=False,
    )  # fmt: skip
    def retire(self, request: HttpRequest, row: RuleVersion, answers: Answers) -> None:
        taking_effect.retire_version(row, by=signed_in(request), reason=answers["reason"])
