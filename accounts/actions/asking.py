"""What actions ask before they do anything, beside the right to it: is it one's own, and why?"""

from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
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


def is_own_case(member: int | None, person: User) -> bool:
    """Tell whether ``person`` is that member themselves, under whatever account."""
    return member is not None and Member.objects.of_person(person).filter(pk=member).exists()


def refuse_own_case(member: int | None, by: User | None) -> None:
    """Raise ``conflict.own_case`` when ``by`` is that member themselves.

    Nobody decides about themselves, nor reads at work what colleagues keep about them.
    """
    if by is not None and is_own_case(member, by):
        raise Forbidden(_("This is about yourself. A colleague does it."), code="conflict.own_case")
