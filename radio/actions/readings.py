"""Who has read what."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import NotFound
from radio.models import Edition, Reading


@transaction.atomic
def mark_read(
    edition: Edition,
    *,
    by: User,
    cases: Collection[UUID] | None = None,
    now: datetime | None = None,
) -> int:
    """Note that ``by`` read ``cases`` of ``edition`` (all of it when left out); return how many were new.

    The first moment stays. Reading changes nothing for anybody else, so it writes no history: the
    row itself is the record. Raises ``edition.not_found`` for one that is not out or not theirs.
    """
    moment = now or timezone.now()
    if not Edition.objects.visible_to(by, moment).filter(pk=edition.pk).exists():
        raise NotFound("edition.not_found", _("There is no such edition."))
    items = edition.items.all()
    if cases is not None:
        items = items.filter(case__in=cases)
    read = list(items.values_list("case", flat=True))
    Reading.objects.bulk_create(
        [Reading(user=by, case_id=pk, edition=edition, delivered_at=moment) for pk in read],
        ignore_conflicts=True,
    )
    return Reading.objects.filter(user=by, case__in=read, read_at=None).update(read_at=moment)
