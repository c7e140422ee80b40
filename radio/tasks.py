"""Background work of the radio."""

from django.utils import timezone

from radio.actions import deliver_edition as deliver
from radio.models import Edition


def deliver_edition(edition_id: str) -> int:
    """Deliver one edition to its subscribers; running twice delivers once."""
    edition = Edition.objects.select_related("channel").filter(pk=edition_id).first()
    return deliver(edition, now=timezone.now()) if edition is not None else 0
