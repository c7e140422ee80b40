"""What a member is promised at a moment."""

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
    "entitlements_of",
    "entitlements_of_many",
    "members_in",
    "package_of",
    "queue_priority",
    "tier_priority",
]


def queue_priority(member: Member, at: datetime | None = None) -> int:
    """Return the place of ``member`` in the queue at ``at``: 1 is served first. One query.

    That of the service package in force; a package that names none leaves it to the tier.
    """
    package = package_of(member, at)
    if package is not None and package.queue_priority is not None:
        return package.queue_priority
    return tier_priority(member.tier, at)


def tier_priority(tier: str, at: datetime | None = None) -> int:
    """Return the usual place of ``tier`` in the queue in force at ``at``."""
    priority: int = value(f"tier.queue_priority.{Tier(tier).value}", at)
    return priority
