"""How the gate says no."""

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class FileRefused(DomainError):
    """An uploaded file may not be stored."""


def broken() -> FileRefused:
    """Return the refusal of a file that its own kind's readers would stumble over."""
    return FileRefused("file.broken", _("The file is damaged and cannot be opened."))


def unwanted(found: str = "") -> FileRefused:
    """Return the refusal of a kind nobody takes; ``found`` is what the bytes look like."""
    return FileRefused(
        "file.kind",
        _("This kind of file cannot be sent. Send a picture, PDF, Word, Excel or text file."),
        found=found,
    )
