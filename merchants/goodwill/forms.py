"""What a shop writes about goodwill on its page."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from merchants.models import GestureKind

_MONEY = {"class": "input", "inputmode": "decimal"}
_REQUIRED = {"required": _("Please write something first.")}


def _money(label: Any, hint: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=12, decimal_places=2, min_value=Decimal(0),
        widget=forms.TextInput(attrs=_MONEY), help_text=hint,
    )  # fmt: skip


class PlanForm(forms.Form):
    """The budget of a month and what may be given from it."""

    month_budget = _money(
        _("Budget a month, in yuan"), _("0 stops new offers; what is promised stays.")
    )
    most_each = _money(_("At most for one offer, in yuan"))
    kinds = forms.MultipleChoiceField(
        label=_("What may be offered"), choices=GestureKind.choices,
        widget=forms.CheckboxSelectMultiple, error_messages=_REQUIRED,
    )  # fmt: skip


class OfferForm(forms.Form):
    """An offer to the buyer of one order."""

    order_no = forms.CharField(
        label=_("Order no."), max_length=40, widget=forms.TextInput(attrs={"class": "input"}),
        error_messages=_REQUIRED,
    )  # fmt: skip
    conversation_no = forms.CharField(
        label=_("In the talk, if one goes on"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"class": "input"}),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("What is offered"), choices=GestureKind.choices,
        widget=forms.Select(attrs={"class": "select"}),
    )  # fmt: skip
    amount = _money(_("What it costs you, in yuan"))
    words = forms.CharField(
        label=_("Words to the customer"), max_length=200,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 2}),
        help_text=_("Say what went wrong and what you do about it. Nothing about reviews."),
        error_messages=_REQUIRED,
    )  # fmt: skip


class ProofForm(forms.Form):
    """By what it is proved that something was given."""

    proof = forms.CharField(
        label=_("Order, payment or parcel that proves it"), max_length=80,
        widget=forms.TextInput(attrs={"class": "input"}), error_messages=_REQUIRED,
    )  # fmt: skip
