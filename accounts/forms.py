"""Signing in, and what people set for themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import PersonalField


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


def _large(**attributes: Any) -> dict[str, Any]:
    return {"class": "input input--large", "spellcheck": "false"} | attributes


class PhoneForm(forms.Form):
    """Whose phone gets a code."""

    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=32,
        error_messages={"required": _("Enter your mobile number.")},
        widget=forms.TextInput(
            attrs=_large(autocomplete="tel-national", inputmode="tel", autofocus=True)
        ),
    )


def new_password_field() -> forms.CharField:
    """Return the field in which somebody chooses a password; its rules stand beside it."""
    return forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        error_messages={"required": _("Choose a password.")},
        widget=forms.PasswordInput(
            attrs=_large(autocomplete="new-password", minlength="8"), render_value=False
        ),
    )


class JoinForm(PhoneForm):
    """What a new member tells us."""

    name = forms.CharField(
        label=_("What shall we call you?"),
        max_length=64,
        error_messages={"required": _("Tell us what to call you.")},
        widget=forms.TextInput(attrs=_large(autocomplete="nickname")),
    )
    password = new_password_field()
    consent = forms.BooleanField(
        label=_("I agree that Xiaoer keeps my phone and name to serve me"),
        error_messages={"required": _("Agree to the terms to go on.")},
    )


class CodeForm(forms.Form):
    """The six digits from the text message."""

    code = forms.CharField(
        label=_("Code from the text message"),
        max_length=12,
        error_messages={"required": _("Enter the six digits.")},
        widget=forms.TextInput(
            attrs=_large(autocomplete="one-time-code", inputmode="numeric", autofocus=True)
        ),
    )


class NewPasswordForm(forms.Form):
    """A password for somebody who proved who they are in another way."""

    password = new_password_field()


class InvitationForm(NewPasswordForm):
    """The secret of an invitation, which the page reads from behind the ``#``, and a password."""

    secret = forms.CharField(
        label=_("Invitation"),
        max_length=100,
        error_messages={"required": _("Open the link of the invitation, or paste it here.")},
        widget=forms.TextInput(attrs=_large(autocomplete="off", autocapitalize="none")),
    )
    field_order = ("secret", "password")

    def clean_secret(self) -> str:
        # The whole link may be pasted.
        return str(self.cleaned_data["secret"]).rpartition("#")[2].strip()


class ChangePasswordForm(NewPasswordForm):
    """The password of now, and the one from now on."""

    current = forms.CharField(
        label=_("Present password"),
        max_length=128,
        strip=False,
        error_messages={"required": _("Enter your present password.")},
        widget=forms.PasswordInput(
            attrs=_large(autocomplete="current-password"), render_value=False
        ),
    )
    field_order = ("current", "password")


class ProveForm(forms.Form):
    """The password once more, before something sensitive."""

    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        error_messages={"required": _("Enter your password.")},
        widget=forms.PasswordInput(
            attrs=_large(autocomplete="current-password", autofocus=True), render_value=False
        ),
    )


class NameForm(forms.Form):
    """What a passkey is called."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        error_messages={"required": _("Give the passkey a name.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


class StepForm(forms.Form):
    """A code of the app, or one of the recovery codes."""

    code = forms.CharField(
        label=_("Code of the app"),
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


class CorrectionForm(forms.Form):
    """What of one's data is wrong, and how it should read."""

    field = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=[
            (PersonalField.NAME, _("Name")),
            (PersonalField.PHONE, _("Phone")),
            (PersonalField.REGION, _("Region")),
        ],
        widget=forms.Select(attrs={"class": "select"}),
    )
    wish = forms.CharField(
        label=_("How should it read?"),
        max_length=64,
        error_messages={"required": _("Write how it should read.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


class ErasureForm(forms.Form):
    """That somebody has understood what deletion means."""

    understood = forms.BooleanField(
        label=_("I understand that this cannot be undone after these days."),
        error_messages={"required": _("Tick this first.")},
    )
