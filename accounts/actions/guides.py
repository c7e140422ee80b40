"""The guide party (带路党): begins at registration, ends after its days or the third order."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from accounts.actions.marks import flag_doubles
from accounts.actions.standing import hold_totals, look_again
from accounts.models import Guide, Member
from accounts.standing.numbers import rules_at
from accounts.standing.rules import guide_ends_at
from common.history import record

GUIDED = "standing_guided"
"""Temporary table (member_id, completed, first_order_no, first_completed_at, last_counted_at): what the
completed orders of guided members came to, zeros and nulls where there is none."""

_TAKE_GUIDED = f"""
UPDATE accounts_guide g SET completed = least(t.completed, 32767), first_order_no = t.first_order_no,
       first_completed_at = t.first_completed_at, counted_at = %(now)s,
       ended_at = CASE WHEN t.completed >= %(most)s
                       THEN least(coalesce(t.last_counted_at, %(now)s), %(now)s) END
  FROM {GUIDED} t
 WHERE g.member_id = t.member_id AND g.ended_at IS NULL
   AND (g.counted_at IS NULL OR t.completed >= %(most)s
        OR (g.completed, g.first_order_no, g.first_completed_at)
           IS DISTINCT FROM (least(t.completed, 32767), t.first_order_no, t.first_completed_at))
RETURNING g.member_id, g.ended_at IS NOT NULL
"""


@transaction.atomic
def begin_guide(member: Member, *, now: datetime) -> Guide | None:
    """Lead a newly registered member by the hand; a second call returns the first guide.

    None when the member registered so long ago that the guide would be over.
    """
    hold_totals()
    numbers = rules_at(now).numbers
    began = member.registered_at or now
    ends = guide_ends_at(began, numbers.guide_days)
    if ends <= now:
        return None
    guide, made = Guide.objects.get_or_create(
        member=member, defaults={"began_at": began, "ends_at": ends}
    )
    if made:
        record(member, "guide.began", by=None, after={"until": ends}, at=now)
        flag_doubles([member.pk], now=now)
        look_again([member.pk], now=now, why="guide_began")
    return guide


@transaction.atomic
def begin_guides(now: datetime, *, most: int = 5_000) -> int:
    """Begin the guides of members who came with a file: registered lately, not led yet. Return how many."""
    hold_totals()
    numbers = rules_at(now).numbers
    since = now - timedelta(days=numbers.guide_days + 1)
    members = list(
        Member.objects.filter(
            registered_at__gt=since, registered_at__lte=now, guide=None, erased_at=None
        ).order_by("-registered_at", "-pk")[:most]
    )
    guides = [
        Guide(
            member=member,
            began_at=member.registered_at,
            ends_at=guide_ends_at(member.registered_at, numbers.guide_days),
        )
        for member in members
        if member.registered_at
    ]
    begun = [guide for guide in guides if guide.ends_at > now]
    Guide.objects.bulk_create(begun, ignore_conflicts=True)
    flag_doubles([guide.member_id for guide in begun], now=now)
    look_again([guide.member_id for guide in begun], now=now, why="guide_began")
    return len(begun)


def take_guided_orders(cursor: CursorWrapper, *, now: datetime) -> int:
    """Take what lies in :data:`GUIDED`; the last order that counts ends a guide. Return how many ended.

    The caller has filled the table in this transaction and holds the totals.
    """
    most = rules_at(now).numbers.guide_orders
    cursor.execute(_TAKE_GUIDED, {"now": now, "most": most})
    ended = sorted(pk for pk, is_over in cursor.fetchall() if is_over)
    look_again(ended, now=now, why="guide_orders")
    return len(ended)


@transaction.atomic
def end_guides(now: datetime, *, most: int = 5_000) -> int:
    """End the guides whose last day is over; return how many."""
    hold_totals()
    due = list(
        Guide.objects.select_for_update(skip_locked=True)
        .filter(ended_at=None, ends_at__lte=now)
        .order_by("ends_at")[:most]
    )
    for guide in due:
        guide.ended_at = guide.ends_at
    Guide.objects.bulk_update(due, ["ended_at"], batch_size=500)
    look_again([guide.member_id for guide in due], now=now, why="guide_days")
    return len(due)
