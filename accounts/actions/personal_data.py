"""What shows somebody's personal data to somebody else."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from common.errors import DomainError
from common.history import record
from common.rights import require_right


@transaction.atomic
def reveal_phone(member: Member, *, by: User | None, reason: str) -> str:
    """Return a member's whole phone number and write down who looked and why.

    Raises ``forbidden``, ``personal_data.no_reason``.
    """
    require_right(by, "personal_data.see")
    if not reason.strip():
        raise DomainError("personal_data.no_reason", _("Write why."))
    record(member, "personal_data.revealed", by=by, after={"field": "phone"}, reason=reason)
    return member.phone
