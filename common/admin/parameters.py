"""Parameters: every declared number with its value, bounds and history; changed with a date and a reason."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminTimeWidget,
)

from common.admin.base import ReadOnlyAdmin
from common.errors import DomainError
from common.models import Parameter
from common.parameter_words import spoken
from common.parameters import Declaration, declaration, declarations, set_value, value

_GROUPS: dict[str, Any] = {"api": gettext_lazy("Doors for apps (API)")}


def name_parameter_groups(names: dict[str, Any]) -> None:
    """Say what the groups of parameters (the part of the key before the first dot) are called."""
    _GROUPS.update(names)


@dataclass(frozen=True)
class Standing:
    """One parameter as the list shows it."""

    declared: Declaration
    now: str
    usual: str
    is_usual: bool
    bounds: str
    url: str
    last: Parameter | None
    planned: Parameter | None


def bounds_words(declared: Declaration) -> str:
    """Say between what a value must lie; empty when it may be anything."""
    low, high = declared.minimum, declared.maximum
    if low is not None and high is not None:
        return _("%(low)s to %(high)s") % {
            "low": spoken(declared, low),
            "high": spoken(declared, high),
        }
    if low is not None:
        return _("at least %(low)s") % {"low": spoken(declared, low)}
    return _("at most %(high)s") % {"high": spoken(declared, high)} if high is not None else ""


def value_field(declared: Declaration) -> forms.Field:
    """Return the form field for values of this parameter's type."""
    label, bounds = _("New value"), bounds_words(declared)
    match declared.default:
        case bool():
            return forms.TypedChoiceField(
                label=label,
                choices=[("yes", _("yes")), ("no", _("no"))],
                coerce=lambda raw: raw == "yes",
                widget=UnfoldAdminRadioSelectWidget(),
            )
        case timedelta():
            return forms.DecimalField(
                label=_("New value, in seconds"),
                help_text=bounds,
                widget=UnfoldAdminDecimalFieldWidget(),
            )
        case time():
            return forms.TimeField(
                label=label, help_text=bounds, widget=UnfoldAdminTimeWidget(format="%H:%M")
            )
        case int():
            return forms.IntegerField(
                label=label, help_text=bounds, widget=UnfoldAdminIntegerFieldWidget()
            )
        case Decimal():
            return forms.DecimalField(
                label=label, help_text=bounds, widget=UnfoldAdminDecimalFieldWidget()
            )
        case _:
            return forms.CharField(label=label, required=False, widget=UnfoldAdminTextInputWidget())


class ParameterForm(forms.Form):
    """A new value of one parameter: from when, and why."""

    effective_from = forms.SplitDateTimeField(
        label=gettext_lazy("In force from"),
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget(),
        help_text=gettext_lazy("Empty means at once. A change cannot begin in the past."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes into the history; colleagues and auditors read it."),
        error_messages={
            "required": gettext_lazy("Write why. Without a reason nothing is changed.")
        },
    )
    field_order = ("value", "effective_from", "reason")

    def __init__(self, *args: Any, declared: Declaration, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = value_field(declared)
        self.order_fields(self.field_order)


@admin.register(Parameter)
class ParameterAdmin(ReadOnlyAdmin):
    """The list shows what is declared, not rows: a number nobody changed has none."""

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<str:key>/value/", wrap(self.value_view), name="common_parameter_value"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        now = timezone.now()
        rows: dict[str, list[Parameter]] = {}
        for row in Parameter.objects.select_related("changed_by").order_by("effective_from"):
            rows.setdefault(row.key, []).append(row)
        groups: dict[str, list[Standing]] = {}
        for declared in declarations():
            groups.setdefault(declared.key.partition(".")[0], []).append(
                _standing(declared, rows.get(declared.key, []), now)
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Parameters"),
            "groups": [
                (_GROUPS.get(name, name), standings) for name, standings in sorted(groups.items())
            ],
            "opts": self.opts,
            "model_admin": self,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "common/admin/parameters.html", context)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        may_look = self.has_view_permission(request)
        row = self.get_object(request, object_id) if object_id and may_look else None
        if row is None:
            raise Http404
        return HttpResponseRedirect(self.value_url(row.key))

    def value_url(self, key: str) -> str:
        return reverse(f"{self.admin_site.name}:common_parameter_value", args=[key])

    def value_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show one parameter with its history; with the right, take a new value."""
        try:
            declared = declaration(key)
        except KeyError:
            raise Http404 from None
        if not self.has_view_permission(request):
            raise Http404
        user: Any = request.user
        may_change = user.can("parameters.change")
        form = ParameterForm(request.POST or None, declared=declared) if may_change else None
        preview = ""
        if request.method == "POST":
            if form is None:
                raise Http404
            if form.is_valid():
                try:
                    if request.POST.get("step") == "do":
                        set_value(
                            key,
                            form.cleaned_data["value"],
                            by=request.user,
                            reason=form.cleaned_data["reason"],
                            effective_from=form.cleaned_data["effective_from"],
                        )
                        messages.success(request, self._sentence(declared, form.cleaned_data))
                        return HttpResponseRedirect(self.value_url(key))
                    preview = self._sentence(declared, form.cleaned_data)
                except DomainError as refusal:
                    form.add_error(None, refusal.message)
                except (ValueError, ArithmeticError):
                    form.add_error("value", _("This is not a value this parameter can take."))
        history = (
            Parameter.objects.filter(key=key)
            .select_related("changed_by")
            .order_by("-effective_from")
        )
        now = timezone.now()
        rows = list(history)
        context = {
            **self.admin_site.each_context(request),
            "title": declared.label,
            "standing": _standing(declared, rows[::-1], now),
            "form": form,
            "preview": preview,
            "rows": [
                (row, spoken(declared, declared.parse(row.value)), row.effective_from > now)
                for row in rows
            ],
            "back": reverse(f"{self.admin_site.name}:common_parameter_changelist"),
            "opts": self.opts,
            "model_admin": self,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "common/admin/parameter.html", context)

    @staticmethod
    def _sentence(declared: Declaration, answers: dict[str, Any]) -> str:
        starts: datetime | None = answers["effective_from"]
        words = {
            "label": declared.label,
            "before": spoken(declared, value(declared.key, starts)),
            "after": spoken(declared, declared.parse(answers["value"])),
        }
        if starts is None:
            return _("%(label)s: %(before)s → %(after)s, at once.") % words
        words["start"] = f"{timezone.localtime(starts):%Y-%m-%d %H:%M}"
        return _("%(label)s: %(before)s → %(after)s from %(start)s.") % words


def _standing(declared: Declaration, rows: list[Parameter], now: datetime) -> Standing:
    """Put one parameter together; ``rows`` are its changes, oldest first."""
    past = [row for row in rows if row.effective_from <= now]
    planned = [row for row in rows if row.effective_from > now]
    current = declared.parse(past[-1].value) if past else declared.default
    return Standing(
        declared=declared,
        now=spoken(declared, current),
        usual=spoken(declared, declared.default),
        is_usual=current == declared.default,
        bounds=bounds_words(declared),
        url=reverse("admin:common_parameter_value", args=[declared.key]),
        last=past[-1] if past else None,
        planned=planned[0] if planned else None,
    )
