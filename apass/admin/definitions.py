"""Back office of what may be promised: a row is written by a form, then only ended or followed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from accounts.people import signed_in
from apass.actions import (
    end_entitlement,
    end_package,
    end_rule,
    publish_entitlement,
    publish_package,
    publish_rule,
)
from apass.admin.forms import EntitlementForm, PackageForm, RuleForm
from apass.entitlements.words import limit_words, segment_words
from apass.models import Entitlement, EntitlementRule, ServicePackage
from common.admin import BaseAdmin, ReasonForm, reason_action
from common.events import name_events

name_events(
    {
        "entitlement.published": _("Entitlement published"),
        "entitlement.ended": _("Entitlement ended"),
        "entitlement_rule.published": _("Entitlement rule published"),
        "entitlement_rule.ended": _("Entitlement rule ended"),
        "service_package.published": _("Service package published"),
        "service_package.ended": _("Service package ended"),
    }
)


class EndForm(ReasonForm):
    """From when it is promised no more."""

    at = forms.SplitDateTimeField(
        label=_("From when no more"), widget=UnfoldAdminSplitDateTimeWidget()
    )


class DefinitionAdmin(BaseAdmin):
    """A list of definitions. Rows of one code follow one another; nothing that held is rewritten."""

    is_small = True
    allow_add = True
    form: Any
    publish: Any

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, form=forms.ModelForm, **kwargs)
        made = super().get_form(request, obj, change, form=self.form, **kwargs)
        made.by = signed_in(request)
        return made

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [*self.form.names, "reason"]
        return super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = self.publish(form.draft(), by=signed_in(request), reason=form.cleaned_data["reason"])
        obj.pk = made.pk
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing is left to save: all of it went through the action."""

    @display(description=_("for whom"))
    def for_whom(self, row: Any) -> str:
        return segment_words(row)


@admin.register(Entitlement)
class EntitlementAdmin(DefinitionAdmin):
    """What may be promised."""

    form = EntitlementForm
    publish = staticmethod(publish_entitlement)
    list_display = (
        "code", "name", "kind", "limit", "quantity", "period", "effective_from",
        "effective_until",
    )  # fmt: skip
    list_filter = ("kind",)
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("code", "-effective_from")

    @display(description=_("numbers"))
    def limit(self, row: Entitlement) -> str:
        return limit_words(row.kind, row.parameters) or self.get_empty_value_display()

    @reason_action(
        _("Promise no more"),
        right="entitlements.manage",
        form=EndForm,
        question=_("From when is this promised no more?"),
        consequence=_(
            "What members have used by then stays used; rules and packages give it no more."
        ),
        dangerous=True,
        fits=lambda row: row.effective_until is None,
    )
    def end(self, request: HttpRequest, row: Entitlement, answers: dict[str, Any]) -> None:
        end_entitlement(row, at=answers["at"], by=signed_in(request), reason=answers["reason"])


@admin.register(EntitlementRule)
class EntitlementRuleAdmin(DefinitionAdmin):
    """Who has an entitlement beside their package."""

    form = RuleForm
    publish = staticmethod(publish_rule)
    list_display = ("code", "for_whom", "rank", "effective_from", "effective_until")
    search_fields = ("code",)
    ordering = ("code", "rank", "-effective_from")

    @reason_action(
        _("Let the rule end"),
        right="entitlements.manage",
        form=EndForm,
        question=_("From when does this rule hold no more?"),
        consequence=_("Members keep what their package or a grant gives them."),
        dangerous=True,
        fits=lambda row: row.effective_until is None,
    )
    def end(self, request: HttpRequest, row: EntitlementRule, answers: dict[str, Any]) -> None:
        end_rule(row, at=answers["at"], by=signed_in(request), reason=answers["reason"])


@admin.register(ServicePackage)
class ServicePackageAdmin(DefinitionAdmin):
    """What a segment is served with."""

    form = PackageForm
    publish = staticmethod(publish_package)
    list_display = (
        "code", "name", "for_whom", "rank", "first_reply", "complaint_resolution",
        "queue_priority", "effective_from", "effective_until",
    )  # fmt: skip
    fields = (
        ("code", "name_zh", "name_en"), "for_whom", "given", ("rank", "queue_priority"),
        ("first_reply", "next_reply"), ("complaint_resolution", "call_back"),
        ("team_code", "persona", "budget_amount"), ("effective_from", "effective_until"),
    )  # fmt: skip
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("rank", "code", "-effective_from")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj is None else self.fields

    @display(description=_("entitlements"))
    def given(self, row: ServicePackage) -> str:
        items = list(row.items.order_by("code"))
        named = {
            one.code: one
            for one in Entitlement.objects.filter(code__in=[item.code for item in items]).order_by(
                "effective_from"
            )
        }
        lines = [
            (one.name, limit_words(one.kind, {**one.parameters, **item.parameters}), item.code)
            for item in items
            if (one := named.get(item.code))
        ]
        return (
            format_html_join("", '<p>{} {} <span class="x-quiet">{}</span></p>', lines)
            or self.get_empty_value_display()
        )

    @reason_action(
        _("Let the package end"),
        right="entitlements.manage",
        form=EndForm,
        question=_("From when is nobody served with this package?"),
        consequence=_("Its members are served with the package behind it, if there is one."),
        dangerous=True,
        fits=lambda row: row.effective_until is None,
    )
    def end(self, request: HttpRequest, row: ServicePackage, answers: dict[str, Any]) -> None:
        end_package(row, at=answers["at"], by=signed_in(request), reason=answers["reason"])
