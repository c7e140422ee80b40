"""What actions ask before they do anything, beside the right to it: is it one's own, and why?"""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, Forbidden


def require_oneself(user: User, by: User | None) -> None:
    """Raise ``forbidden`` unless ``by`` is ``user``: not even operations do this for somebody else."""
    if by != user:
        raise Forbidden()


def require_reason(
    reason: str, *, code: str = "person.no_reason", message: object = _("Write why.")
) -> None:
    """Raise ``code`` when nothing was written."""
    if not reason.strip():
        raise DomainError(code, message)
