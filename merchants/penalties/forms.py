"""What a shop's people write on their pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SeveralFiles(forms.ClearableFileInput):
    """A chooser of several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; what may be in them is for the gate of files to say."""

    widget = SeveralFiles

    def clean(self, data: object, initial: object = None) -> list[object]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(one, initial) for one in given]


class WordsForm(forms.Form):
    """A statement, an appeal, or the papers for one."""

    text = forms.CharField(
        label=_("What do you say to it?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 6}),
        error_messages={"required": _("Please write something first.")},
    )
    attachments = FilesField(
        label=_("Files"),
        required=False,
        widget=SeveralFiles(attrs={"class": "input"}),
        help_text=_("Pictures, PDF, Word, Excel or text files."),
    )
