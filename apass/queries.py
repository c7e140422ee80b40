"""What a member is promised at a moment."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Member, Tier
from apass.entitlements.queries import (
    entitlements_of,
    entitlements_of_many,
    members_in,
    package_of,
)
from common.parameters import value

__all__ = [
    "Served",
    "entitlements_of",
    "entitlements_of_many",
    "members_in",
    "package_of",
    "queue_priority",
    "served_with",
    "tier_priority",
]


@dataclass(frozen=True)
class Served:
    """How a member is served: their place in the queue (1 is first), and whose queue, "" for any."""

    priority: int
    team_code: str


def served_with(member: Member, at: datetime | None = None) -> Served:
    """Return how ``member`` is served at ``at``: by the service package in force. One query.

    A package that names no place leaves it to the tier.
    """
    package = package_of(member, at)
    if package is None:
        return Served(tier_priority(member.tier, at), "")
    place = package.queue_priority
    return Served(tier_priority(member.tier, at) if place is None else place, package.team_code)


def queue_priority(member: Member, at: datetime | None = None) -> int:
    """Return the place of ``member`` in the queue at ``at``: 1 is served first. One query."""
    return served_with(member, at).priority


def tier_priority(tier: str, at: datetime | None = None) -> int:
    """Return the usual place of ``tier`` in the queue in force at ``at``."""
    priority: int = value(f"tier.queue_priority.{Tier(tier).value}", at)
    return priority
