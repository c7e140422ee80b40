"""How a rollout moves: two people for each step, one to hold it or take it back."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.people import signed_in
from apass import actions
from apass.models import Rollout
from apass.models.rollouts import ChangeState, RolloutState
from apass.rollouts.admin.stages import may_widen
from apass.rollouts.forms import (
    BackForm,
)
from apass.rollouts.rules import OPEN_STATES
from common.admin import reason_action


class StepActs:
    """Steps of a rollout."""

    @reason_action(
        _("Propose the next stage"),
        right="rollouts.manage",
        question=_("Propose the next stage?"),
        consequence=_("The figures of this moment are kept with it. Somebody else approves."),
        fits=may_widen,
        in_bulk=False,
    )
    def propose(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.propose_stage(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Approve"),
        right="rollouts.approve",
        question=_("Open the proposed stage?"),
        consequence=_("Whoever it means is in within a second. Not for whoever proposed it."),
        fits=lambda row: row.changes.filter(state=ChangeState.WAITING).exists(),
        in_bulk=False,
    )
    def approve(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.approve_stage(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Reject"),
        right="rollouts.manage",
        question=_("Reject the proposed stage?"),
        consequence=_("The rollout stays where it is; it can be proposed again."),
        fits=lambda row: row.changes.filter(state=ChangeState.WAITING).exists(),
        in_bulk=False,
    )
    def reject(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.reject_stage(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Hold"),
        right="rollouts.manage",
        question=_("Hold it at its stage?"),
        consequence=_("Who is in stays in; nobody is added. A step that waits is rejected."),
        fits=lambda row: row.state == RolloutState.RUNNING,
        in_bulk=False,
    )
    def hold(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.hold(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Let it go on"),
        right="rollouts.approve",
        question=_("Let it widen again?"),
        consequence=_(
            "It stays at its stage; the next one can be proposed. Guardrails begin anew."
        ),
        fits=lambda row: row.state == RolloutState.HELD,
        in_bulk=False,
    )
    def go_on(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.resume(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Take back"),
        right="rollouts.manage",
        form=BackForm,
        question=_("Take it back?"),
        consequence=_("At once, by one person. What was promised holds until its day."),
        dangerous=True,
        fits=lambda row: row.state in OPEN_STATES,
        in_bulk=False,
    )
    def take_back(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.roll_back(
            row, to_stage=answers["to_stage"], by=signed_in(request), reason=answers["reason"]
        )

    @reason_action(
        _("Finish"),
        right="rollouts.approve",
        question=_("Is it open to all for good?"),
        consequence=_("The holdout stays outside until it is let in."),
        fits=lambda row: row.state == RolloutState.RUNNING,
        in_bulk=False,
    )
    def finish(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.finish(row, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Let the holdout in"),
        right="rollouts.approve",
        question=_("Let in who was kept outside?"),
        consequence=_("After this nothing is left to compare with."),
        fits=lambda row: row.state == RolloutState.FINISHED and not row.holdout_released_at,
        in_bulk=False,
    )
    def let_holdout_in(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.release_holdout(row, by=signed_in(request), reason=answers["reason"])
