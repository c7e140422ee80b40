"""What a shop and a member write about a review, an upheld complaint or a flag."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from merchants.models import ComplaintType
from merchants.penalties.forms import FilesField, SeveralFiles

_NUMBERS = re.compile(r"\d{1,6}(?:\s*[-–~至]\s*\d{1,6})?")
MOST_NUMBERS = 100


class NumbersField(forms.CharField):
    """Numbers of messages as people write them: 3, 5-7, with any commas."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        found: list[int] = []
        for part in re.split(r"[,，、;；\s]+(?![-–~至])", text.strip()):
            if not part:
                continue
            if not _NUMBERS.fullmatch(part):
                raise forms.ValidationError(_("Write numbers, like 3, 5-7."), code="invalid")
            ends = [int(number) for number in re.findall(r"\d+", part)]
            if ends[-1] - ends[0] >= MOST_NUMBERS or ends[-1] < ends[0]:
                raise forms.ValidationError(_("Write numbers, like 3, 5-7."), code="invalid")
            found += range(ends[0], ends[-1] + 1)
        return sorted(set(found))


class ReplyForm(forms.Form):
    """What a shop answers under a review."""

    text = forms.CharField(
        label=_("Your reply"),
        max_length=500,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 3}),
        help_text=_("Everybody reads it under the review."),
        error_messages={"required": _("Please write something first.")},
    )


class ComplaintForm(forms.Form):
    """A complaint with its evidence."""

    type = forms.ChoiceField(
        label=_("What is it?"), choices=ComplaintType.choices,
        widget=forms.Select(attrs={"class": "select"}),
    )  # fmt: skip
    text = forms.CharField(
        label=_("What happened?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 5}),
        error_messages={"required": _("Please write something first.")},
    )
    conversation = forms.CharField(
        label=_("No. of the talk about this order"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"class": "input", "placeholder": "C-…"}),
    )  # fmt: skip
    seqs = NumbersField(
        label=_("Messages in it"), required=False, max_length=200,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "text"}),
        help_text=_("By number, like 3, 5-7; they are kept as they stand now."),
    )  # fmt: skip
    attachments = FilesField(
        label=pgettext_lazy("of a complaint", "Files"), required=False,
        widget=SeveralFiles(attrs={"class": "input"}),
        help_text=_("Pictures, PDF, Word, Excel or text files. Quote messages or add a file."),
    )  # fmt: skip

    def quotes(self) -> dict[str, list[int]]:
        """Return the messages that were named; call it on a valid form."""
        number, seqs = self.cleaned_data["conversation"].strip(), self.cleaned_data["seqs"]
        return {number: seqs} if number and seqs else {}

    def clean(self) -> Any:
        data = super().clean() or {}
        if bool((data.get("conversation") or "").strip()) != bool(data.get("seqs")):
            self.add_error("seqs", _("Name both the talk and the messages in it, or neither."))
        return data


class MoreForm(forms.Form):
    """What a shop adds when it asks once more."""

    text = forms.CharField(
        label=_("What do you add?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 5}),
        error_messages={"required": _("Please write something first.")},
    )
    attachments = ComplaintForm.base_fields["attachments"]


class AppealForm(forms.Form):
    """What a member says against an upheld complaint or a flag."""

    text = forms.CharField(
        label=_("What do you say to it?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 5}),
        error_messages={"required": _("Please write something first.")},
    )
