"""Signing in, and what people set for themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    """Account (name, staff number or phone) and password."""

    account = forms.CharField(
        label=_("Account"),
        max_length=64,
        error_messages={"required": _("Enter your staff number, phone or account name.")},
        widget=forms.TextInput(
            attrs={
                "class": "input input--large",
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        error_messages={"required": _("Enter your password.")},
        widget=forms.PasswordInput(
            attrs={"class": "input input--large", "autocomplete": "current-password"},
            render_value=False,
        ),
    )

    def refuse(self, message: Any) -> None:
        """Say beside the password why nobody was let in."""
        self.add_error("password", message)


class StepForm(forms.Form):
    """A code of the app, or one of the recovery codes."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        error_messages={"required": _("Enter the code.")},
        widget=forms.TextInput(
            attrs={
                "class": "input input--large",
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )


class ProfileForm(forms.Form):
    """What a person chooses for themselves; the rest of the page is kept by the browser."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        widget=forms.Select(attrs={"class": "select"}),
    )
