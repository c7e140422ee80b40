"""What the actions of the testbed ask besides the reason."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Tier
from apass.models import Cohort, Guardrail
from apass.models.rollouts import Direction, StageKind
from apass.rollouts.metrics import metrics_of
from common.admin import DayField, ReasonForm

_ONE_A_LINE = _("Member or shop numbers, one a line.")


class StageForm(ReasonForm):
    """To whom the next stage opens."""

    called = forms.CharField(
        label=_("Name of the stage"), max_length=60, widget=UnfoldAdminTextInputWidget()
    )
    kind = forms.ChoiceField(
        label=_("To whom"), choices=StageKind.choices, widget=UnfoldAdminSelectWidget()
    )
    cohort = forms.ModelChoiceField(
        label=_("Cohort"),
        required=False,
        queryset=Cohort.objects.none(),
        widget=UnfoldAdminSelectWidget(),
        help_text=_("For pilots and shares. A share without a cohort is of all."),
    )
    percent = forms.DecimalField(
        label=_("Share in percent"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    tiers = forms.MultipleChoiceField(
        label=_("Tiers"),
        required=False,
        choices=Tier.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    numbers = forms.CharField(
        label=_("Named pilots"),
        required=False,
        max_length=20_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_ONE_A_LINE,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {row.subject_kind for row in self.subjects}
        self.offer("cohort", Cohort.objects.filter(subject_kind__in=kinds).order_by("name"))

    def clean_numbers(self) -> list[str]:
        """Take the lines apart."""
        return str(self.cleaned_data["numbers"]).split()

    def clean_percent(self) -> int:
        """Return hundredths of a percent."""
        return int((self.cleaned_data["percent"] or 0) * 100)


class NumbersForm(ReasonForm):
    """Which members or shops."""

    numbers = forms.CharField(
        label=_("Numbers"),
        max_length=200_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        help_text=_ONE_A_LINE,
    )

    def clean_numbers(self) -> list[str]:
        """Take the lines apart."""
        return str(self.cleaned_data["numbers"]).split()


class NumberForm(ReasonForm):
    """Which member or shop."""

    number = forms.CharField(
        label=_("Member or shop no."), max_length=40, widget=UnfoldAdminTextInputWidget()
    )


class PromiseForm(NumberForm):
    """To whom something is promised, and until when."""

    until = DayField(
        label=_("Last day"),
        required=False,
        help_text=_("It holds until this day ends in Shanghai; empty: without an end."),
    )
    field_order = ["number", "until", "reason"]


class BackForm(ReasonForm):
    """To which stage."""

    to_stage = forms.IntegerField(
        label=_("Back to stage"),
        min_value=0,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("0 lets nobody in any more."),
    )


class GuardrailForm(ReasonForm):
    """Which figure must stay on which side of what."""

    metric = forms.ChoiceField(label=_("Metric"), widget=UnfoldAdminSelectWidget())
    direction = forms.ChoiceField(
        label=_("Must be"), choices=Direction.choices, widget=UnfoldAdminSelectWidget()
    )
    threshold = forms.FloatField(label=_("Threshold"), widget=UnfoldAdminDecimalFieldWidget())
    hours = forms.IntegerField(
        label=_("Window in hours"),
        min_value=1,
        max_value=24 * 90,
        initial=24,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    smallest = forms.IntegerField(
        label=_("Smallest sample"),
        min_value=1,
        initial=30,
        widget=UnfoldAdminIntegerFieldWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted({row.subject_kind for row in self.subjects})
        known = {it.code: it.label for kind in kinds for it in metrics_of(kind) if it.is_measured}
        self.fields["metric"].choices = list(known.items())  # type: ignore[attr-defined]

    def clean_hours(self) -> timedelta:
        """Return the window."""
        return timedelta(hours=self.cleaned_data["hours"])


class DropGuardrailForm(ReasonForm):
    """Which guardrail goes."""

    guardrail = forms.ModelChoiceField(
        label=_("Guardrail"),
        queryset=Guardrail.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = [row.pk for row in self.subjects]
        self.offer("guardrail", Guardrail.objects.filter(rollout__in=mine).order_by("pk"))
