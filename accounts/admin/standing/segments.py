from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms.models import ModelFormMetaclass
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from accounts.actions.segments import change_segment, delete_segment, make_segment
from accounts.models import CreditBand, Member, Segment, Tier
from accounts.people import signed_in
from accounts.standing.segment_queries import members_in, members_of
from accounts.standing.segments import RANGES, BadConditions, Conditions
from accounts.standing.words import CONDITIONS, condition_problem_words
from common.admin import BaseAdmin, DayField, reason_action
from common.admin.counts import UNKNOWN, Count, counted
from common.events import name_events

MOST_COUNTED = 1_000_000
"""Members a segment is counted up to; a count that takes too long says nothing."""

name_events(
    {
        "segment.made": gettext_lazy("Segment made"),
        "segment.changed": gettext_lazy("Segment changed"),
        "segment.deleted": gettext_lazy("Segment deleted"),
    }
)

_WORDS: dict[str, dict[str, Any]] = {
    "tiers": dict(Tier.choices),
    "bands": dict(CreditBand.choices),
}


def _range_field(name: str) -> forms.Field:
    given: dict[str, Any] = {"label": CONDITIONS[name], "required": False}
    if name.startswith("registered"):
        return DayField(widget=UnfoldAdminSingleDateWidget(), **given)
    if name.startswith("spent"):
        return forms.DecimalField(widget=UnfoldAdminDecimalFieldWidget(), **given)
    return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget(), **given)


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A name and the conditions, all of which must hold; what is left empty asks nothing."""

    tiers = forms.MultipleChoiceField(
        label=CONDITIONS["tiers"],
        choices=Tier.choices,
        initial=list,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    bands = forms.MultipleChoiceField(
        label=CONDITIONS["bands"],
        choices=CreditBand.choices,
        initial=list,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    guided = forms.TypedChoiceField(
        label=CONDITIONS["guided"],
        choices=[("", "—"), ("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))],
        coerce=lambda raw: raw == "yes",
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes into the history; colleagues and auditors read it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in (self.instance.conditions or {}).items():
            if name in self.fields:
                self.fields[name].initial = (
                    {True: "yes", False: "no"}[value] if name == "guided" else value
                )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        self.conditions = {name: given[name] for name in CONDITIONS if name in given}
        if not self.errors:
            try:
                Conditions.of(self.conditions)
            except BadConditions as bad:
                for name, code in bad.problems.items():
                    field = name if name in self.fields else None
                    self.add_error(field, condition_problem_words(name, code))
        return given


ConditionsForm: Any = ModelFormMetaclass(
    "ConditionsForm",
    (SegmentForm,),
    {f"{name}_{end}": _range_field(f"{name}_{end}") for name in RANGES for end in ("from", "to")},
)


@admin.register(Segment)
class SegmentAdmin(BaseAdmin):
    """Named conditions. Who is in a segment is asked each time; its members are a filter of their list."""

    event_noun = "segment"
    allow_add = True
    form = ConditionsForm
    editable_fields = ("name",)
    list_display = ("name", "code", "asked", "size", "made_by", "made_at")
    list_select_related = ("made_by",)
    search_fields = ("name", "code")
    search_help_text = gettext_lazy("Name or code")
    hidden_fields = ("conditions",)

    class Media:
        js = ("admin/js/segments.js",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": ("code", "name", "asked", "who", "made_by", "made_at")})]
        named = ("code", "name") if obj is None else ("code", "name", "who", "made_by", "made_at")
        ranges = [(f"{name}_from", f"{name}_to") for name in RANGES]
        return [
            (None, {"fields": named}),
            (_("Conditions"), {"fields": ("live", "tiers", "bands", "guided", *ranges)}),
            (_("Why"), {"fields": ("reason",)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("live",)
        return ("code", "asked", "who", "live", "made_by", "made_at")

    def get_urls(self) -> list[Any]:
        count = self.admin_site.admin_view(self.count_view)
        return [path("count/", count, name="accounts_segment_count"), *super().get_urls()]

    def count_view(self, request: HttpRequest) -> HttpResponse:
        """Say how many members the conditions that are being typed have, or what is wrong with them."""
        if not signed_in(request).can("standing.manage"):
            raise PermissionDenied
        form = self.get_form(request)(request.GET)
        form.full_clean()
        wrong = [
            str(message)
            for name, messages_of in form.errors.items()
            if name in CONDITIONS
            for message in messages_of
        ]
        if wrong:
            return JsonResponse({"words": " ".join(wrong), "is_wrong": True})
        try:
            asked = Conditions.of(form.conditions)
        except BadConditions as bad:
            words = [condition_problem_words(name, code) for name, code in bad.problems.items()]
            return JsonResponse({"words": " ".join(words), "is_wrong": True})
        rows = members_in(asked, Member.objects.visible_to(signed_in(request)), timezone.now())
        size = (counted([rows], MOST_COUNTED) or [UNKNOWN])[0]
        return JsonResponse(
            {"words": _("%(count)s members now") % {"count": size.words}, "is_wrong": False}
        )

    @display(description=gettext_lazy("how many that is"))
    def live(self, row: Segment) -> str:
        return format_html(
            '<output class="x-live" data-count="{}" aria-live="polite">—</output>',
            reverse("admin:accounts_segment_count"),
        )

    @reason_action(
        gettext_lazy("Delete segment"),
        right="standing.manage",
        question=gettext_lazy("Delete this segment?"),
        consequence=gettext_lazy(
            "It is gone from filters and forms; what happened to it stays in the history."
        ),
        dangerous=True,
    )
    def delete_it(self, request: HttpRequest, row: Segment, answers: dict[str, Any]) -> None:
        delete_segment(row, by=signed_in(request), reason=answers["reason"], now=timezone.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).can("standing.manage") and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = signed_in(request).can("standing.manage")
        return may and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given, by, now = form.cleaned_data, signed_in(request), timezone.now()
        words = {"name": given["name"], "conditions": form.conditions, "reason": given["reason"]}
        if change:
            change_segment(obj, by=by, now=now, **words)
            return
        obj.pk = make_segment(given["code"], by=by, now=now, **words).pk

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        sizes = sizes_of(rows, request)
        for row, size in zip(rows, sizes, strict=True):
            row.size_words = size.words

    @display(description=gettext_lazy("conditions"))
    def asked(self, row: Segment) -> str:
        return conditions_in_words(row.conditions)

    @display(description=gettext_lazy("members"))
    def size(self, row: Any) -> str:
        words: str = row.size_words
        return words

    @display(description=gettext_lazy("members"))
    def who(self, row: Segment) -> str:
        members = Member.objects.filter(hidden_at=None)
        (size,) = counted([members_of(row, members, timezone.now())], MOST_COUNTED)
        url = f"{reverse('admin:accounts_member_changelist')}?segment={row.code}"
        return format_html('<a href="{}">{}</a>', url, size.words)


def sizes_of(rows: list[Segment], request: HttpRequest) -> list[Count]:
    """Return how many members ``rows`` have, in one query; unknown for all when it takes too long."""
    members, now = Member.objects.visible_to(signed_in(request)), timezone.now()
    found = counted([members_of(row, members, now) for row in rows], MOST_COUNTED)
    return found or [UNKNOWN] * len(rows)


def conditions_in_words(stored: Mapping[str, Any]) -> str:
    """Say what a segment asks: 「等级：SUPER、88VIP；会员价值：100–500」."""
    asked = []
    for name in ("tiers", "bands"):
        if name in stored:
            words = "、".join(str(_WORDS[name].get(key, key)) for key in stored[name])
            asked.append(f"{CONDITIONS[name]}：{words}")
    if "guided" in stored:
        asked.append(f"{CONDITIONS['guided']}：{_('yes') if stored['guided'] else _('no')}")
    for name in CONDITIONS:
        if name in stored and name.endswith(("_from", "_to")):
            asked.append(f"{CONDITIONS[name]}：{_figure(stored[name])}")
    return "；".join(asked)


def _figure(value: Any) -> str:
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return value.isoformat() if isinstance(value, date) else str(value)


class SegmentFilter(admin.SimpleListFilter):
    """Members who are in a segment."""

    title = gettext_lazy("segment")
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.segments = {row.code: row for row in Segment.objects.order_by("name")}
        return [(code, row.name) for code, row in self.segments.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        code = self.value()
        if not code:
            return queryset
        segment = self.segments.get(code)
        if segment is None:
            return queryset.none()
        try:
            return members_of(segment, queryset, timezone.now())
        except BadConditions as bad:
            raise IncorrectLookupParameters(bad) from bad
