"""The guide party (带路党): begins at registration, ends after its days or the third order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.actions.marks import flag_doubles
from accounts.actions.standing import hold_totals, look_again
from accounts.models import Guide, Member
from accounts.standing.numbers import rules_at
from accounts.standing.rules import guide_ends_at
from common.history import record


@dataclass(frozen=True)
class GuidedOrders:
    """Completed orders of a guided member: how many, the first one, when the last that counts was done."""

    member_id: int
    completed: int
    first_order_no: str
    first_completed_at: datetime
    last_counted_at: datetime | None


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


@transaction.atomic
def take_guided_orders(rows: Iterable[GuidedOrders], *, now: datetime) -> int:
    """Take what the orders of guided members came to; the third one ends a guide. Return how many ended."""
    hold_totals()
    known = {row.member_id: row for row in rows}
    most = rules_at(now).numbers.guide_orders
    guides = Guide.objects.select_for_update().filter(pk__in=known, ended_at=None).order_by("pk")
    ended = []
    changed = list(guides)
    for guide in changed:
        row = known[guide.member_id]
        guide.completed = row.completed
        guide.first_order_no = row.first_order_no
        guide.first_completed_at = row.first_completed_at
        if row.completed >= most:
            guide.ended_at = min(row.last_counted_at or now, now)
            ended.append(guide.member_id)
    Guide.objects.bulk_update(
        changed, ["completed", "first_order_no", "first_completed_at", "ended_at"], batch_size=500
    )
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
