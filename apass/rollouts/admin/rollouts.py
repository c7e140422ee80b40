"""Rollouts: the list, and the page with its report."""

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
from apass.models import Rollout
from apass.models.rollouts import ChangeState, RolloutState
from apass.rollouts.admin.stages import StageActs
from apass.rollouts.admin.steps import StepActs
from apass.rollouts.admin.subjects import SubjectActs
from apass.rollouts.exposures import notebook
from apass.rollouts.metrics import metric_named
from apass.rollouts.report import report_of, steps_told
from apass.rollouts.rules import HOLDOUT
from common.admin import BaseAdmin, Chip
from common.dashboard import sidebar_badge
from common.words import span_words

STATE_COLOURS: dict[str, str] = {
    RolloutState.RUNNING: "success",
    RolloutState.HELD: "warning",
    RolloutState.BACK: "danger",
}
REPORT_SECONDS = 60


@sidebar_badge("apass.rollout")
def steps_waiting(now: Any) -> int:
    """Count the rollouts whose next stage waits for a second person."""
    return Rollout.objects.filter(changes__state=ChangeState.WAITING).distinct().count()


@admin.register(Rollout)
class RolloutAdmin(SubjectActs, StepActs, StageActs, BaseAdmin):
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

    @display(description=_("state"))
    def state_word(self, row: Rollout) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

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
            "observed": span_words(report.observed.total_seconds()),
            "compared_with_holdout": report.other == HOLDOUT,
            "promises": row.promises.count(),
            "declines": row.declines.count(),
            "unwritten": notebook.waiting,
        }
