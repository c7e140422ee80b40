from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin
from django.forms.models import ModelFormMetaclass
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from accounts.actions.standing_rules import (
    ask_for_preview,
    draft_rules,
    drop_draft,
    publish_rules,
)
from accounts.admin.standing.previews import Preview, shown_preview
from accounts.models import StandingRules
from accounts.people import signed_in
from accounts.standing.numbers import rules_at, rules_of
from accounts.standing.rules import BadNumbers, Numbers
from accounts.standing.words import GROUPS, NUMBERS, bounds_of, problem_words
from common.admin import BaseAdmin, Chip, DayField, ReasonForm, reason_action
from common.events import name_events

name_events(
    {
        "rules.drafted": gettext_lazy("Rules drafted"),
        "rules.preview_asked": gettext_lazy("Preview asked for"),
        "rules.published": gettext_lazy("Rules published"),
        "rules.dropped": gettext_lazy("Draft dropped"),
    }
)


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The numbers of a draft, those in force to begin with, and why they change."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes into the history; colleagues and auditors read it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in asdict(rules_at(timezone.now()).numbers).items():
            if name in self.fields:
                self.fields[name].initial = value

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        self.numbers = {name: given[name] for name in NUMBERS if given.get(name) is not None}
        if not self.errors:
            try:
                Numbers.of(self.numbers)
            except BadNumbers as bad:
                for name, code in bad.problems.items():
                    self.add_error(name, problem_words(name, code))
        return given


def _number_field(name: str) -> forms.IntegerField:
    low, high = bounds_of(name)
    return forms.IntegerField(
        label=NUMBERS[name],
        # Put together when it is read: ``%`` on a lazy sentence chooses the language at once.
        help_text=lazy(_bounds_words, str)(f"{low:,}", f"{high:,}"),
        widget=UnfoldAdminIntegerFieldWidget(),
    )


def _bounds_words(low: str, high: str) -> str:
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


DraftForm: Any = ModelFormMetaclass(
    "DraftForm", (RulesForm,), {name: _number_field(name) for name in NUMBERS}
)


class PublishForm(ReasonForm):
    """From which day the rules hold."""

    effective_on = DayField(
        label=gettext_lazy("In force from"),
        widget=UnfoldAdminSingleDateWidget(),
        help_text=gettext_lazy("Today or later. Tiers rise then; they fall on the recompute day."),
    )


@admin.register(StandingRules)
class StandingRulesAdmin(BaseAdmin):
    """Versions of the rules of standing. A new one is a draft; its preview is seen before it is published."""

    event_noun = "rules"
    allow_add = True
    form = DraftForm
    list_display = ("version_no", "state_chip", "effective_on", "reason", "made_by", "made_at")
    list_display_links = ("version_no",)
    list_select_related = ("made_by",)
    change_form_outer_after_template = "accounts/admin/rules_preview.html"
    fields = (
        "version_no",
        "state_chip",
        "effective_on",
        "reason",
        "made_by",
        "made_at",
        "published_at",
        "dropped_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).can("standing.manage") and super().has_add_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return [(None, {"fields": self.fields})]
        groups = [(label, {"fields": names}) for label, names in GROUPS]
        return [*groups, (_("Why"), {"fields": ("reason",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        context = buttons | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        draft = draft_rules(
            form.numbers,
            by=signed_in(request),
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        obj.pk = draft.pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return HttpResponseRedirect(self.change_url(obj))

    def page_context(self, request: HttpRequest, row: StandingRules) -> dict[str, Any]:
        now = timezone.now()
        return {
            "numbers": _compared(row, rules_at(now).numbers if row.is_draft else _before(row)),
            "preview": _preview(row),
            "is_computed": row.is_draft and _preview(row) is None and bool(row.preview),
        }

    @display(description=gettext_lazy("version"))
    def version_no(self, row: StandingRules) -> str:
        return str(row)

    @display(description=gettext_lazy("state"))
    def state_chip(self, row: StandingRules) -> str:
        if row.dropped_at:
            return Chip(_("dropped"), "warning")
        if row.published_at is None or row.effective_on is None:
            return Chip(_("draft"), "info")
        now = timezone.now()
        if row.effective_on > timezone.localdate(now):
            return Chip(_("published, not in force yet"), "info")
        if rules_at(now).version == row.version:
            return Chip(_("in force"), "success")
        return Chip(_("was in force"), "success")

    @reason_action(
        gettext_lazy("Publish"),
        right="standing.manage",
        form=PublishForm,
        question=gettext_lazy("Publish these rules?"),
        consequence=gettext_lazy(
            "From that day on scores and tiers follow them. What they were before stays known."
        ),
        fits=lambda row: row.is_draft,
        in_bulk=False,
    )
    def publish(self, request: HttpRequest, row: Any, answers: dict[str, Any]) -> None:
        publish_rules(
            row,
            effective_on=answers["effective_on"],
            by=signed_in(request),
            reason=answers["reason"],
            now=timezone.now(),
        )

    @reason_action(
        gettext_lazy("Compute the preview anew"),
        right="standing.manage",
        question=gettext_lazy("Compute the preview anew?"),
        consequence=gettext_lazy("Everybody is looked at as they stand now; nothing changes."),
        fits=lambda row: row.is_draft,
        in_bulk=False,
    )
    def preview(self, request: HttpRequest, row: Any, answers: dict[str, Any]) -> None:
        ask_for_preview(row, by=signed_in(request), reason=answers["reason"], now=timezone.now())

    @reason_action(
        gettext_lazy("Drop"),
        right="standing.manage",
        question=gettext_lazy("Drop this draft?"),
        consequence=gettext_lazy("It stays in the list and can never be published."),
        dangerous=True,
        fits=lambda row: row.is_draft,
        in_bulk=False,
    )
    def drop(self, request: HttpRequest, row: Any, answers: dict[str, Any]) -> None:
        drop_draft(row, by=signed_in(request), reason=answers["reason"], now=timezone.now())


def _compared(row: StandingRules, before: Numbers) -> list[dict[str, Any]]:
    """Return the numbers of ``row`` by group, each beside what it was."""
    was = asdict(before)
    return [
        {
            "label": label,
            "rows": [
                {
                    "label": NUMBERS[name],
                    "now": row.numbers.get(name, was[name]),
                    "was": was[name],
                    "is_changed": row.numbers.get(name, was[name]) != was[name],
                }
                for name in names
            ],
        }
        for label, names in GROUPS
    ]


def _before(row: StandingRules) -> Numbers:
    """Return what was in force before ``row``: those that began last, or what a house begins with."""
    earlier = StandingRules.objects.filter(published_at__isnull=False)
    if row.effective_on is not None:
        earlier = earlier.filter(effective_on__lt=row.effective_on)
    found = earlier.exclude(pk=row.pk).order_by("-effective_on").first()
    return Numbers.of(found.numbers) if found else rules_of(0).numbers


def _preview(row: StandingRules) -> Preview | None:
    return shown_preview(row.preview) if row.preview else None
