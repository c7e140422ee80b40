"""The testbed in the back office: stages, two people for each step, guardrails, the report."""

from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Tier
from accounts.people import signed_in
from apass import actions
from apass.models import Cohort, Rollout
from apass.models.rollouts import ChangeState, RolloutState
from apass.rollouts.exposures import notebook
from apass.rollouts.forms import (
    BackForm,
    DropGuardrailForm,
    GuardrailForm,
    NumberForm,
    NumbersForm,
    StageForm,
)
from apass.rollouts.metrics import metric_named
from apass.rollouts.populations import numbers_of
from apass.rollouts.report import report_of, steps_told
from apass.rollouts.rules import HOLDOUT, OPEN_STATES
from common.admin import BaseAdmin, reason_action
from common.admin.parameters import name_parameter_groups
from common.dashboard import sidebar_badge
from common.events import name_events

REPORT_SECONDS = 60
NAMES_SHOWN = 50

name_parameter_groups({"rollout": _("Testbed")})
name_events(
    {
        "cohort.opened": _("Cohort opened"),
        "cohort.grown": _("Put on the list"),
        "cohort.shrunk": _("Taken off the list"),
        "rollout.opened": _("Rollout opened"),
        "rollout.stage_added": _("Stage added"),
        "rollout.stage_dropped": _("Stage taken away"),
        "rollout.guardrail_added": _("Guardrail set"),
        "rollout.guardrail_dropped": _("Guardrail taken away"),
        "rollout.proposed": _("Next stage proposed"),
        "rollout.widened": _("Stage opened"),
        "rollout.rejected": _("Next stage rejected"),
        "rollout.held": _("Rollout held"),
        "rollout.resumed": _("Rollout goes on"),
        "rollout.rolled_back": _("Rollout taken back"),
        "rollout.stepped_back": _("Stepped back by a guardrail"),
        "rollout.finished": _("Rollout finished"),
        "rollout.holdout_released": _("Holdout let in"),
        "rollout.promised": _("Promised"),
        "rollout.declined": _("Declined to take part"),
        "rollout.takes_part": _("Takes part again"),
    }
)


@sidebar_badge("apass.rollout")
def steps_waiting(now: Any) -> int:
    """Count the rollouts whose next stage waits for a second person."""
    return Rollout.objects.filter(changes__state=ChangeState.WAITING).distinct().count()


@admin.register(Cohort)
class CohortAdmin(BaseAdmin):
    """Groups with a name: lists kept by actions, or rules, which are not changed any more."""

    is_small = True
    allow_add = True
    editable_fields = (
        "code", "name", "subject_kind", "is_list", "tiers", "registered_from", "registered_until",
    )  # fmt: skip
    fields = (
        ("name", "code"),
        ("subject_kind", "is_list"),
        "tier_words",
        ("registered_from", "registered_until"),
        "listed",
    )
    list_display = ("name", "code", "subject_kind", "is_list", "size")
    list_filter = ("subject_kind", "is_list")
    search_fields = ("name", "code")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(how_many=Count("members"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else self.editable_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Cohort, form: Any, change: bool) -> None:
        said = {name: form.cleaned_data[name] for name in self.editable_fields}
        made = actions.open_cohort(
            said.pop("code"), said.pop("name"), **said, by=signed_in(request)
        )
        obj.pk, obj._state.adding = made.pk, False

    @display(description=_("on the list"))
    def size(self, cohort: Any) -> int:
        return int(cohort.how_many)

    @display(description=_("tiers"))
    def tier_words(self, cohort: Cohort) -> str:
        names = dict(Tier.choices)
        return " · ".join(str(names.get(tier, tier)) for tier in cohort.tiers) or "—"

    @display(description=_("on the list"))
    def listed(self, cohort: Cohort) -> str:
        keys = cohort.members.order_by("pk").values_list("subject", flat=True)[:NAMES_SHOWN]
        return " · ".join(numbers_of(cohort.subject_kind, list(keys))) or "—"

    @reason_action(
        _("Put on the list"),
        right="rollouts.manage",
        form=NumbersForm,
        question=_("Who is put on the list?"),
        consequence=_("Where an open stage lets this list in, they are in within a second."),
        fits=lambda cohort: cohort.is_list,
        in_bulk=False,
    )
    def add_members(self, request: HttpRequest, row: Cohort, answers: dict[str, Any]) -> None:
        actions.add_to_cohort(
            row, answers["numbers"], by=signed_in(request), reason=answers["reason"]
        )

    @reason_action(
        _("Take off the list"),
        right="rollouts.manage",
        form=NumbersForm,
        question=_("Who is taken off the list?"),
        consequence=_("Refused while an open stage lets this list in: who wants out declines."),
        dangerous=True,
        fits=lambda cohort: cohort.is_list,
        in_bulk=False,
    )
    def remove_members(self, request: HttpRequest, row: Cohort, answers: dict[str, Any]) -> None:
        actions.remove_from_cohort(
            row, answers["numbers"], by=signed_in(request), reason=answers["reason"]
        )


def _may_widen(row: Rollout) -> bool:
    return row.state not in {RolloutState.HELD, RolloutState.FINISHED}


@admin.register(Rollout)
class RolloutAdmin(BaseAdmin):
    """Services that are opened step by step: pilots, a share, tiers, all."""

    is_small = True
    allow_add = True
    editable_fields = ("code", "name", "kind", "subject_kind", "holdout_share")
    fields = (
        ("name", "code"),
        ("kind", "subject_kind"),
        ("state", "stage_words"),
        ("stage_since", "stepped_back_at"),
        ("holdout_percent", "holdout_released_at"),
        ("owner", "made_at"),
    )
    list_display = (
        "name",
        "code",
        "subject_kind",
        "state_word",
        "stage_words",
        "waiting_word",
        "owner",
    )
    list_select_related = ("owner",)
    list_filter = ("state", "kind", "subject_kind")
    search_fields = ("name", "code")
    change_form_outer_after_template = "apass/admin/rollout.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        waits = Count("changes", filter=Q(changes__state=ChangeState.WAITING), distinct=True)
        rows = super().get_queryset(request)
        return rows.annotate(how_many=Count("stages", distinct=True), how_many_wait=waits)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else self.editable_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Rollout, form: Any, change: bool) -> None:
        said = {name: form.cleaned_data[name] for name in self.editable_fields}
        made = actions.open_rollout(
            said.pop("code"), said.pop("name"), **said, by=signed_in(request)
        )
        obj.pk, obj._state.adding = made.pk, False

    @display(
        description=_("state"),
        label={
            RolloutState.RUNNING: "success",
            RolloutState.HELD: "warning",
            RolloutState.BACK: "danger",
        },
    )
    def state_word(self, row: Rollout) -> Any:
        return row.state, row.get_state_display()

    @display(description=_("stage"))
    def stage_words(self, row: Any) -> str:
        return f"{row.reached} / {row.how_many}"

    @display(description=_("waits for a second person"), boolean=True)
    def waiting_word(self, row: Any) -> bool:
        return bool(row.how_many_wait)

    @display(description=_("holdout"))
    def holdout_percent(self, row: Rollout) -> str:
        return f"{row.holdout_share / 100:g} %"

    def page_context(self, request: HttpRequest, row: Rollout) -> dict[str, Any]:
        now = timezone.now()
        key = f"rollout_report:{row.pk}:{row.revision}:{request.LANGUAGE_CODE}"
        report: Any = cache.get_or_set(key, lambda: report_of(row, now), REPORT_SECONDS)
        rails: list[Any] = list(row.guardrails.order_by("pk"))
        for rail in rails:
            known = metric_named(rail.metric)
            rail.label = known.label if known else rail.metric
        stages: list[Any] = list(row.stages.select_related("cohort").order_by("position"))
        for stage in stages:
            stage.percent = f"{stage.share / 100:g} %" if stage.share else ""
            stage.tier_names = [str(Tier(one).label) for one in Tier.values if one in stage.tiers]
        return {
            "stages": stages,
            "changes": steps_told(row),
            "guardrails": rails,
            "report": report,
            "compared_with_holdout": report.other == HOLDOUT,
            "promises": row.promises.count(),
            "declines": row.declines.count(),
            "unwritten": notebook.waiting,
        }

    @reason_action(
        _("Add a stage"),
        right="rollouts.manage",
        form=StageForm,
        question=_("To whom does the next stage open?"),
        consequence=_(
            "Nobody is let in yet: the stage is proposed and approved when its time comes."
        ),
        fits=_may_widen,
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
        _("Propose the next stage"),
        right="rollouts.manage",
        question=_("Propose the next stage?"),
        consequence=_("The figures of this moment are kept with it. Somebody else approves."),
        fits=_may_widen,
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
