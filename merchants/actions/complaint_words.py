"""What people write in complaints, as it is stored: clean, and without what points at anybody."""

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.masking import mask_text
from common.text import clean

LONGEST_TEXT = 4000
LONGEST_REASON = 500


def words_of(text: object, *, required: bool = True) -> str:
    """Return what somebody says. Raises the codes of ``common.text.clean``."""
    return mask_text(clean(text, max_chars=LONGEST_TEXT, required=required))


def reason_of(reason: str) -> str:
    """Return a reason as it is stored. Raises ``complaint.no_reason`` without one."""
    if not reason.strip():
        raise DomainError("complaint.no_reason", _("Write why."))
    return mask_text(clean(reason, max_chars=LONGEST_REASON))
