"""Tiers that points alone do not give: 88VIP is bought, APASS is by invitation. Whoever sells or invites tells it."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import refuse_own_case, require_reason
from accounts.actions.standing import hold_totals, look_again
from accounts.models import Member, Tier, TierTitle, User
from common.errors import DomainError
from common.history import record
from common.masking import mask_text
from common.rights import require_right

LONGEST = timedelta(days=3660)
"""How far ahead a title may end."""


@transaction.atomic
def grant_title(
    member: Member,
    tier: str,
    *,
    since: datetime,
    until: datetime,
    source_key: str,
    by: User | None,
    reason: str,
    now: datetime,
) -> TierTitle:
    """Give the member the title of a tier for a time; the tier follows at once, or when it begins.

    ``source_key`` names the sale or invitation: a second call with it returns the first title.
    Raises ``forbidden``, ``conflict.own_case``, ``title.unknown``, ``title.no_reason``,
    ``title.backwards``, ``title.too_long``, ``title.over``, ``title.source_used`` (by another
    member), ``member.nameless``.
    """
    require_right(by, "titles.grant")
    refuse_own_case(member.pk, by)
    if tier not in (Tier.VIP88, Tier.APASS):
        raise DomainError("title.unknown", _("Only 88VIP and APASS are given as a title."))
    require_reason(reason, code="title.no_reason", message=_("Write why the title is given."))
    if until <= since:
        raise DomainError("title.backwards", _("A title must end after it begins."))
    if until > now + LONGEST:
        raise DomainError("title.too_long", _("A title lasts ten years at most."))
    if until <= now:
        raise DomainError("title.over", _("This title would be over already."))
    hold_totals()
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.erased_at is not None:
        raise DomainError("member.nameless", _("This member has been made nameless."))
    title, made = _once(
        TierTitle(
            member=member,
            tier=tier,
            since=since,
            until=until,
            source_key=source_key,
            by=by,
            reason=mask_text(reason),
        )
    )
    if not made:
        return title
    record(
        member,
        "title.granted",
        by=by,
        after={"tier": tier, "since": since, "until": until},
        reason=reason,
        at=now,
    )
    look_again([member.pk], now=now, why="title")
    return title


@transaction.atomic
def end_title(title: TierTitle, *, by: User | None, reason: str, now: datetime) -> TierTitle:
    """End a title before its time; the tier follows at the next recompute. A second call changes nothing.

    Raises ``forbidden``, ``conflict.own_case``, ``title.no_reason``.
    """
    require_right(by, "titles.grant")
    refuse_own_case(title.member_id, by)
    require_reason(reason, code="title.no_reason", message=_("Write why the title ends."))
    hold_totals()
    Member.objects.select_for_update(no_key=True).get(pk=title.member_id)
    title = TierTitle.objects.select_for_update().select_related("member").get(pk=title.pk)
    if title.ended_at is not None or title.until <= now:
        return title
    title.ended_at = now
    title.save(update_fields=["ended_at"])
    record(
        title.member,
        "title.ended",
        by=by,
        before={"tier": title.tier, "until": title.until},
        reason=reason,
        at=now,
    )
    return title


def _once(title: TierTitle) -> tuple[TierTitle, bool]:
    """Store a title unless its source has given one; two members may be told the same source at once."""
    try:
        with transaction.atomic():
            title.save(force_insert=True)
        return title, True
    except IntegrityError:
        known = TierTitle.objects.get(tier=title.tier, source_key=title.source_key)
    if known.member_id != title.member_id:
        raise DomainError("title.source_used", _("This sale or invitation is another member's."))
    return known, False
