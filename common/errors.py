"""Refusals: every door translates a :class:`DomainError` into its own language."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A business rule refuses. ``code`` is stable (``noun.reason``), ``message`` is for people.

    ``details`` are JSON-ready facts that help the caller to go on (who owns it, the last number).
    """

    def __init__(self, code: str, message: object, **details: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self._message = message
        self.details = details

    @property
    def message(self) -> str:
        """The sentence in the language of the moment it is shown."""
        return str(self._message)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotFound(DomainError):
    """The thing does not exist or is not yours to see: doors answer the same for both."""


class Unproven(DomainError):
    """Who asks has not proved who they are: 401 at the API."""

    auth_header = 'Bearer realm="xiaoer"'


class Forbidden(DomainError):
    """The thing may be seen, but this is not yours to do: 403 at the API."""

    def __init__(self, message: object = "", *, code: str = "forbidden", **details: Any) -> None:
        super().__init__(code, message or _("This is not yours to do."), **details)


class Changed(DomainError):
    """What the caller wants to change is no longer what they have seen: 412 at the API."""

    def __init__(self) -> None:
        super().__init__(
            "precondition.changed",
            _("Somebody changed this meanwhile. Look at how it is now, then decide again."),
        )
