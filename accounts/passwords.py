"""Which passwords are good enough: long, not common, not the person's own name or number."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from common.errors import DomainError
from common.parameters import value


class LengthValidator:
    """At least as many characters as the parameter says."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` for a password that is too short."""
        least = value("password.minimum_length")
        if len(password) < least:
            raise ValidationError(self.get_help_text(), code="password_too_short")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        least = value("password.minimum_length")
        return ngettext(
            "At least %(least)s character.", "At least %(least)s characters.", least
        ) % {"least": least}


class NotOneselfValidator:
    """Nothing that colleagues could guess: the own name, account or phone inside the password."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` for a password that holds what everybody knows of ``user``."""
        lower = password.casefold()
        for known in self._known(user):
            if known in lower:
                raise ValidationError(
                    _("The password holds your name, account or phone. Choose another."),
                    code="password_like_person",
                )

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return _("Without your name, account or phone in it.")

    def _known(self, user: Any) -> list[str]:
        if user is None:
            return []
        names = [user.username, *user.display_name.split()]
        known = [name.casefold() for name in names if len(name) >= (4 if name.isascii() else 2)]
        if len(user.phone) >= 8:
            known += [user.phone, user.phone[-8:]]
        return known


def rules_in_words() -> list[str]:
    """Return the rules as sentences, for people who have not typed anything yet."""
    return [
        LengthValidator().get_help_text(),
        NotOneselfValidator().get_help_text(),
        _("Not one that many people use, and not digits alone."),
    ]


def check_rules(password: str, user: User) -> None:
    """Raise ``password.weak``, with all reasons, when ``password`` is not good enough for ``user``."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError("password.weak", " ".join(error.messages)) from None
