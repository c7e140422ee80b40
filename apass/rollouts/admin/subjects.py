"""What single members and shops get and want: a promise, a decline."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.people import signed_in
from apass import actions
from apass.models import Rollout
from apass.rollouts.forms import (
    NumberForm,
    PromiseForm,
)
from apass.rollouts.populations import subject_of
from apass.rollouts.rules import OPEN_STATES
from common.admin import reason_action
from common.rules import midnight_after


class SubjectActs:
    """Promises to subjects of a rollout, and their declines."""

    @reason_action(
        _("Promise it"),
        right="rollouts.manage",
        form=PromiseForm,
        question=_("To whom is it promised, and until when?"),
        consequence=_("It holds until the end of that day, also when the rollout steps back."),
        fits=lambda row: row.state in OPEN_STATES,
        in_bulk=False,
    )
    def promise(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.give_promise(
            row,
            subject_of(row.subject_kind, answers["number"]),
            until=midnight_after(answers["until"]) if answers["until"] else None,
            by=signed_in(request),
            reason=answers["reason"],
        )

    @reason_action(
        _("Note a decline"),
        right="rollouts.manage",
        form=NumberForm,
        question=_("Who does not want to take part?"),
        consequence=_("They are out within a second, at every stage."),
        in_bulk=False,
    )
    def decline(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.decline(row, answers["number"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Takes part again"),
        right="rollouts.manage",
        form=NumberForm,
        question=_("Who takes part again?"),
        consequence=_("The decline is taken back; the stages decide."),
        in_bulk=False,
    )
    def rejoin(self, request: HttpRequest, row: Rollout, answers: dict[str, Any]) -> None:
        actions.take_part_again(
            row, answers["number"], by=signed_in(request), reason=answers["reason"]
        )
