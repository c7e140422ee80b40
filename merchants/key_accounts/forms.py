"""What managers, pilot shops and merchants' people write on their pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from merchants.models import AbsenceReason, ContactMedium, StaffRight


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"class": "input", "type": "date"})


class ContactForm(forms.Form):
    """What was said with an account."""

    medium = forms.ChoiceField(
        label=_("How"), choices=ContactMedium.choices,
        widget=forms.Select(attrs={"class": "select"}),
    )  # fmt: skip
    text = forms.CharField(
        label=_("What was said?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 3}),
        error_messages={"required": _("Please write something first.")},
    )
    next_on = forms.DateField(label=_("Next contact"), required=False, widget=_day())


class AbsenceForm(forms.Form):
    """On which days one is away."""

    first_day = forms.DateField(label=_("First day"), widget=_day())
    last_day = forms.DateField(label=_("Last day"), widget=_day())
    why = forms.ChoiceField(
        label=_("Why"), choices=AbsenceReason.choices,
        widget=forms.Select(attrs={"class": "select"}),
    )  # fmt: skip


class FeedbackForm(forms.Form):
    """What one says of something that is tried."""

    text = forms.CharField(
        label=_("What do you say to it?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 3}),
        error_messages={"required": _("Please write something first.")},
    )
    shop = forms.ChoiceField(
        label=_("For which shop"), required=False,
        widget=forms.Select(attrs={"class": "select"}),
    )  # fmt: skip

    def __init__(self, *args: Any, shops: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["shop"]
        field.choices = shops
        if len(shops) < 2:
            field.widget = forms.HiddenInput()
        if shops:
            field.required = True
            self.initial.setdefault("shop", shops[0][0])


class RightsForm(forms.Form):
    """What somebody may do."""

    rights = forms.MultipleChoiceField(
        label=_("May"), choices=StaffRight.choices, required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "check"}),
    )  # fmt: skip


class InviteForm(RightsForm):
    """Whom to let in."""

    account = forms.CharField(
        label=_("Account name or phone"),
        max_length=64,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
        help_text=_("They need a merchant's account of the platform already."),
        error_messages={"required": _("Please say who.")},
    )
    field_order = ["account", "rights"]
