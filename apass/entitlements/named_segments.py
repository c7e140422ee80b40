"""Segments of members as rules and packages take them: the part of the vocabulary both have."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Segment
from accounts.standing.segment_uses import knows_uses
from accounts.standing.segments import Conditions
from apass.models import EntitlementRule, Guided, ServicePackage

SHARED = frozenset({"tiers", "bands", "guided", "registered_from", "registered_to"})
"""What a promise can be asked by in one query: no scores, which move from day to day."""


def fits(segment: Segment) -> bool:
    """Tell whether rules and packages can be for ``segment``."""
    return SHARED.issuperset(segment.conditions)


def fields_of(segment: Segment) -> dict[str, Any]:
    """Return the columns of a rule or package for a segment that :func:`fits`."""
    asked = Conditions.of(segment.conditions)
    guided = {None: Guided.ANY, True: Guided.YES, False: Guided.NO}[asked.guided]
    return {
        "tiers": list(asked.tiers),
        "bands": list(asked.bands),
        "guided": guided.value,
        "registered_from": asked.registered_from,
        "registered_until": asked.registered_to,
    }


def fitting() -> Iterable[Segment]:
    """Return the segments that can be chosen, by name."""
    return [one for one in Segment.objects.order_by("name") if fits(one)]


@knows_uses
def served_by(code: str, now: datetime) -> list[str]:
    """Return the packages and rules of a segment that hold or will hold."""
    lasting = Q(effective_until=None) | Q(effective_until__gt=now)
    packages = ServicePackage.objects.filter(lasting, segment_code=code)
    rules = EntitlementRule.objects.filter(lasting, segment_code=code)
    return [str(one.name) for one in packages] + [one.code for one in rules]
