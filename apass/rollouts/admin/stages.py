"""What a rollout is made of, and what keeps it: stages and guardrails."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.people import signed_in
from apass import actions
from apass.models import Rollout
from apass.models.rollouts import RolloutState
from apass.rollouts.forms import (
    DropGuardrailForm,
    GuardrailForm,
    StageForm,
)
from common.admin import reason_action


def may_widen(row: Rollout) -> bool:
    """Tell whether a rollout may be given stages and steps."""
    return row.state not in {RolloutState.HELD, RolloutState.FINISHED}


class StageActs:
    """Stages and guardrails of a rollout."""

    @reason_action(
        _("Add a stage"),
        right="rollouts.manage",
        form=StageForm,
        question=_("To whom does the next stage open?"),
        consequence=_(
            "Nobody is let in yet: the stage is proposed and approved when its time comes."
        ),
        fits=may_widen,
        in_bulk=False,
    )
    def add_stage(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.add_stage(
            row,
            answers["called"],
            kind=answers["kind"],
            cohort=answers["cohort"],
            share=answers["percent"],
            tiers=answers["tiers"],
            numbers=answers["numbers"],
            by=signed_in(request),
            reason=answers["reason"],
        )

    @reason_action(
        _("Take the last stage away"),
        right="rollouts.manage",
        question=_("Take the last stage away?"),
        consequence=_("One that is open already stays."),
        in_bulk=False,
    )
    def drop_stage(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.drop_stage(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Count again"),
        right="rollouts.manage",
        question=_("Count how many each stage lets in?"),
        consequence=_("Counted on all members or shops as they are now; nothing else changes."),
        in_bulk=False,
    )
    def count_again(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.count_stages(row, by=signed_in(request))

    @reason_action(
        _("Set a guardrail"),
        right="rollouts.manage",
        form=GuardrailForm,
        question=_("Which figure of those let in must hold?"),
        consequence=_("When it does not, the rollout steps back one stage by itself."),
        in_bulk=False,
    )
    def add_guardrail(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.add_guardrail(
            row,
            answers["metric"],
            direction=answers["direction"],
            threshold=answers["threshold"],
            window=answers["hours"],
            smallest=answers["smallest"],
            by=signed_in(request),
            reason=answers["reason"],
        )

    @reason_action(
        _("Take a guardrail away"),
        right="rollouts.manage",
        form=DropGuardrailForm,
        question=_("Which guardrail goes?"),
        consequence=_("Only while the rollout does not widen."),
        dangerous=True,
        fits=lambda row: row.state != RolloutState.RUNNING,
        in_bulk=False,
    )
    def drop_guardrail(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.drop_guardrail(
            row, answers["guardrail"], by=signed_in(request), reason=answers["reason"]
        )
