"""What people choose about notifications, on the page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import NotificationSettings, User
from accounts.notifications.kinds import MEDIA
from accounts.notifications.queries import Choice, choices_of

DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
ZONES = (
    ("Asia/Shanghai", _("Beijing time")),
    ("Asia/Urumqi", _("Urumqi time")),
    ("Asia/Tokyo", _("Tokyo time")),
    ("Europe/London", _("London time")),
    ("Europe/Paris", _("Paris time")),
    ("America/New_York", _("New York time")),
    ("America/Los_Angeles", _("Los Angeles time")),
    ("UTC", "UTC"),
)


class EmailForm(forms.Form):
    """An address to which letters shall go."""

    address = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "required": _("Enter an address."),
            "invalid": _("This is not an e-mail address: something like name@example.com."),
        },
        widget=forms.EmailInput(
            attrs={"class": "input", "autocomplete": "email", "spellcheck": "false"}
        ),
    )


class CodeForm(forms.Form):
    """The code that came by letter."""

    code = forms.CharField(
        label=_("Code from the letter"),
        max_length=20,
        error_messages={"required": _("Enter the six digits from the letter.")},
        widget=forms.TextInput(
            attrs={
                "class": "input",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
            }
        ),
    )


class QuietForm(forms.Form):
    """When it shall be quiet, and how much a locked screen may tell."""

    is_quiet = forms.BooleanField(required=False)
    start = forms.TimeField(
        label=_("from"),
        required=False,
        error_messages={"invalid": _("Enter a time, such as 22:00.")},
        widget=forms.TimeInput(attrs={"class": "input", "type": "time"}, format="%H:%M"),
    )
    until = forms.TimeField(
        label=_("until"),
        required=False,
        error_messages={"invalid": _("Enter a time, such as 07:30.")},
        widget=forms.TimeInput(attrs={"class": "input", "type": "time"}, format="%H:%M"),
    )
    days = forms.TypedMultipleChoiceField(
        label=_("on the evenings of"),
        required=False,
        coerce=int,
        choices=list(enumerate(DAYS)),
        widget=forms.CheckboxSelectMultiple,
    )
    zone = forms.ChoiceField(
        label=_("Time zone"), choices=ZONES, widget=forms.Select(attrs={"class": "select"})
    )
    is_discreet = forms.BooleanField(required=False)

    @classmethod
    def of(cls, own: NotificationSettings) -> "QuietForm":
        """Return the form filled with what goes now."""
        form = cls(
            initial={
                "is_quiet": own.quiet_from is not None and bool(own.quiet_days),
                "start": own.quiet_from or "22:00",
                "until": own.quiet_until or "07:30",
                "days": own.quiet_days or list(range(7)),
                "zone": own.zone,
                "is_discreet": own.is_discreet,
            }
        )
        form.offer(own.zone)
        return form

    def offer(self, zone: str) -> None:
        """Let a zone that was chosen elsewhere stay."""
        field: Any = self.fields["zone"]
        if zone not in dict(ZONES):
            field.choices = [*ZONES, (zone, zone)]

    def clean(self) -> dict[str, Any]:
        """Ask for both ends and a day only of who wants quiet."""
        answers: dict[str, Any] = super().clean() or {}
        if answers.get("is_quiet"):
            for name in ("start", "until"):
                if not answers.get(name) and name not in self.errors:
                    self.add_error(name, _("Enter when it begins and when it ends."))
            if not answers.get("days"):
                self.add_error("days", _("Choose at least one day."))
        else:
            answers |= {"start": None, "until": None}
        return answers


class MediaForm(forms.Form):
    """By which media one hears of what: one box each, named ``kind medium``."""

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices: list[Choice] = choices_of(person)
        for choice in self.choices:
            for medium in MEDIA:
                self.fields[f"{choice.kind.key} {medium}"] = forms.BooleanField(required=False)

    def chosen(self) -> dict[str, list[str]]:
        """Return the media of each kind; what cannot be taken away is there."""
        return {
            choice.kind.key: sorted(
                medium
                for medium in MEDIA
                if self.cleaned_data[f"{choice.kind.key} {medium}"] or medium in choice.fixed
            )
            for choice in self.choices
        }
