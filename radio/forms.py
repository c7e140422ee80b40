"""What people write in the kitchen. Rules are asked by the actions; here words become values."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from radio import rules
from radio.models import Case, Channel, Severity


class SelectionForm(forms.Form):
    channels = forms.ModelMultipleChoiceField(
        queryset=Channel.objects.none(),
        to_field_name="code",
        label=_("Send to"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one channel that is on air.")},
    )
    headline = forms.CharField(
        label=_("Title"),
        max_length=rules.HEADLINE_CHARACTERS,
        # No maxlength in the browser: an input method counts what is still being composed.
        widget=forms.TextInput(
            attrs={"class": "input kitchen__title-input", "autocomplete": "off"}
        ),
        error_messages={
            "required": _("Give the case a title."),
            "max_length": _(
                "A title has at most %(limit_value)d characters; this one has %(show_value)d."
            ),
        },
    )
    severity = forms.ChoiceField(
        label=_("Severity"),
        required=False,
        choices=[("", _("Not set")), *Severity.choices],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, channels: QuerySet[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channels"].queryset = channels  # type: ignore[attr-defined]
        self.fields["headline"].widget.attrs.pop("maxlength", None)


class MergerForm(forms.Form):
    into = forms.ModelChoiceField(
        queryset=Case.objects.none(),
        label=_("Merge into"),
        error_messages={
            "required": _("Choose the case it belongs to."),
            "invalid_choice": _("That case cannot take in another one."),
        },
    )

    def __init__(self, *args: Any, cases: QuerySet[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = cases  # type: ignore[attr-defined]


class RejectionForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is returned"),
        max_length=rules.REASON_CHARACTERS,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 3}),
        error_messages={"required": _("Write why; the person who pushed it will read it.")},
    )
