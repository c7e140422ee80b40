"""Groups with a name: lists and rules."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Tier
from accounts.people import signed_in
from apass import actions
from apass.models import Cohort
from apass.rollouts.forms import (
    NumbersForm,
)
from apass.rollouts.populations import numbers_of
from common.admin import BaseAdmin, reason_action

NAMES_SHOWN = 50


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
