"""Simulations and proposals to end a rule, in the back office."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, ReasonForm, reason_action
from merchants.actions.taking_effect import decide_end
from merchants.models import EndProposal, RuleSimulation, Shop, SimulationState
from merchants.rulebook.rules import Spared

SHOPS_SHOWN = 200
COLOURS: dict[str, str] = {
    SimulationState.DONE: "success",
    SimulationState.FAILED: "danger",
    SimulationState.RUNNING: "info",
}


@admin.register(RuleSimulation)
class RuleSimulationAdmin(BaseAdmin):
    """What rules would have hit. Kept with who asked, when, and of which version."""

    list_display = (
        "version",
        "state_chip",
        "days",
        "hits",
        "spared",
        "money",
        "shops",
        "asked_by",
        "asked_at",
    )
    list_select_related = ("version", "version__rule", "asked_by")
    list_filter = ("state",)
    search_fields = ("version__rule__title",)
    change_form_outer_after_template = "merchants/admin/simulation.html"

    @display(description=_("state"))
    def state_chip(self, row: RuleSimulation) -> str:
        return Chip(row.get_state_display(), COLOURS.get(row.state, ""))

    def page_context(self, request: HttpRequest, row: RuleSimulation) -> dict[str, Any]:
        exceptions = [Spared.of(one) for one in row.exceptions]
        tables = {
            name: list(row.rows.filter(by=name).order_by("-hits", "-spared", "key")[:SHOPS_SHOWN])
            for name in ("shop", "region", "category", "exception")
        }
        names = Shop.objects.in_bulk([int(one.key) for one in tables["shop"]])
        for one in tables["shop"]:
            one.called = names[int(one.key)].name if int(one.key) in names else one.key  # type: ignore[attr-defined]
        for one in tables["exception"]:
            one.spared_by = exceptions[int(one.key)]  # type: ignore[attr-defined]
        return {
            "tables": tables,
            "is_open": row.state in (SimulationState.WAITING, SimulationState.RUNNING),
            "share": f"{row.hits / row.looked_at:.2%}" if row.looked_at else "—",
        }


@admin.register(EndProposal)
class EndProposalAdmin(BaseAdmin):
    """Rules that did not move what they were made for: somebody decides whether they end."""

    list_display = ("version", "made_at", "ends", "decided_by", "decided_at")
    list_select_related = ("version", "version__rule", "decided_by")
    list_filter = ("ends",)
    search_fields = ("version__rule__title",)

    @reason_action(
        _("End the rule"), right="rules.approve", question=_("End this rule?"),
        consequence=_("Conduct from now on is not judged by it any more; what was before is."),
        dangerous=True, form=ReasonForm, fits=lambda row: row.ends is None, in_bulk=False,
    )  # fmt: skip
    def end_it(self, request: HttpRequest, row: EndProposal, answers: dict[str, Any]) -> None:
        decide_end(row, ends=True, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Keep the rule"), right="rules.approve", question=_("Keep this rule all the same?"),
        consequence=_("It stays in force; the reason is kept."),
        fits=lambda row: row.ends is None, in_bulk=False,
    )  # fmt: skip
    def keep_it(self, request: HttpRequest, row: EndProposal, answers: dict[str, Any]) -> None:
        decide_end(row, ends=False, by=signed_in(request), reason=answers["reason"])
