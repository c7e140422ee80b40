"""Who is in a segment: the conditions as one query."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.models import Guide, Member, MemberPeriod, MemberStanding, Segment
from accounts.standing.numbers import rules_at
from accounts.standing.rules import SHANGHAI, credit_total
from accounts.standing.segments import Conditions


def members_of(segment: Segment, members: QuerySet[Member], now: datetime) -> QuerySet[Member]:
    """Return those of ``members`` who are in ``segment`` at ``now``. Raises ``BadConditions``."""
    return members_in(Conditions.of(segment.conditions), members, now)


def members_in(
    conditions: Conditions, members: QuerySet[Member], now: datetime
) -> QuerySet[Member]:
    """Return those of ``members`` for whom all conditions hold at ``now``.

    Who has no orders and no entries stands where everybody begins.
    """
    found = members
    if conditions.tiers:
        found = found.filter(tier__in=conditions.tiers)
    if conditions.bands:
        now_in = MemberPeriod.objects.filter(
            member=OuterRef("pk"), until=None, band__in=conditions.bands
        )
        found = found.filter(Exists(now_in))
    if conditions.guided is not None:
        led = Exists(
            Guide.objects.filter(
                member=OuterRef("pk"), ended_at=None, ends_at__gt=now, doubled_with=None
            )
        )
        found = found.filter(led if conditions.guided else ~led)
    if conditions.registered_from is not None:
        begins = datetime.combine(conditions.registered_from, time(), SHANGHAI)
        found = found.filter(registered_at__gte=begins)
    if conditions.registered_to is not None:
        ends = datetime.combine(conditions.registered_to, time(), SHANGHAI) + timedelta(days=1)
        found = found.filter(registered_at__lt=ends)
    return _in_ranges(conditions, found, now)


def _in_ranges(conditions: Conditions, found: QuerySet[Member], now: datetime) -> QuerySet[Member]:
    begins_at = {"credit": credit_total(0, rules_at(now).numbers)}
    for name in ("value", "credit", "activity", "spent", "orders"):
        low = getattr(conditions, f"{name}_from")
        high = getattr(conditions, f"{name}_to")
        if low is None and high is None:
            continue
        column, asked = f"asked_{name}", Q()
        if low is not None:
            asked &= Q(**{f"{column}__gte": low})
        if high is not None:
            asked &= Q(**{f"{column}__lte": high})
        kind: Any = MemberStanding._meta.get_field(name)
        start = Coalesce(f"standing__{name}", Value(begins_at.get(name, 0), output_field=kind))
        found = found.alias(**{column: start}).filter(asked)
    return found
