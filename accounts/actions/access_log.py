"""How long the access log remembers."""

from datetime import datetime

from django.db import transaction

from accounts.models import PersonalDataAccess
from common.parameters import value


@transaction.atomic
def forget_old_accesses(*, now: datetime, limit: int = 50_000) -> int:
    """Delete looks older than they are kept, at most ``limit``; the law's months are never touched."""
    oldest = now - value("personal_data.access_log_kept", now)
    over = PersonalDataAccess.objects.filter(at__lt=oldest).order_by("pk").values("pk")[:limit]
    return PersonalDataAccess.objects.filter(pk__in=over).delete()[0]
