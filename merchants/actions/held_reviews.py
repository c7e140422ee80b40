"""Words of flagged members are looked at before others read them; the clock shows what nobody looked at."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import refuse_own_case
from accounts.models import User
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.text import clean
from merchants.models import HeldReview, Rating, ReviewerFlag
from merchants.models.complaints import JUDGE

SHOW = "held_review.show"


def hold_words(rating: Rating, *, now: datetime) -> HeldReview | None:
    """Hold what a flagged member has just said in ``rating``, a pair that is held; None for all others.

    New words under one that is held already are held as long again. Inside another action.
    """
    if not ReviewerFlag.objects.running(now).filter(member=rating.member_id).exists():
        return None
    until = now + value("reviewer_flag.hold_for", now)
    hold, is_new = HeldReview.objects.get_or_create(
        rating=rating, released_at=None, defaults={"held_at": now, "until": until}
    )
    if not is_new:
        hold.until = until
        hold.save(update_fields=["until"])
    set_deadline(SHOW, hold, until)
    record(rating, "rating.held", by=None, after={"until": until}, at=now)
    return hold


@transaction.atomic
def show_held_review(
    hold: HeldReview, *, by: User | None, reason: str = "", now: datetime | None = None
) -> bool:
    """Show a held review: by one of us, who says why, or by the clock. False when it was shown before.

    Raises ``forbidden``, ``conflict.own_case``, ``complaint.no_reason``.
    """
    now = now or timezone.now()
    if by is not None:
        require_right(by, JUDGE)
        refuse_own_case(hold.rating.member_id, by)
        if not reason.strip():
            raise DomainError("complaint.no_reason", _("Write why."))
    elif now < hold.until:
        return False
    words = clean(reason, max_chars=500, required=False)
    shown = HeldReview.objects.filter(pk=hold.pk, released_at=None)
    if not shown.update(released_at=now, released_by=by, reason=words):
        return False
    if by is not None:
        drop_deadline(SHOW, hold)
    record(hold.rating, "rating.shown", by=by, after={"released_at": now}, reason=words, at=now)
    return True


def show_all_of(member_id: int, *, now: datetime) -> int:
    """Show everything of a member that is held: their flag has ended. Inside another action."""
    rows = list(
        HeldReview.objects.running().filter(rating__member=member_id).select_related("rating")
    )
    for hold in rows:
        HeldReview.objects.filter(pk=hold.pk, released_at=None).update(released_at=now)
        drop_deadline(SHOW, hold)
        record(hold.rating, "rating.shown", by=None, after={"released_at": now}, at=now)
    return len(rows)
