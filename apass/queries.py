"""What a tier is promised at a moment."""

from datetime import datetime

from accounts.models import Tier
from common.parameters import value


def queue_priority(tier: str, at: datetime | None = None) -> int:
    """Return the queue priority of ``tier`` in force at ``at``: 1 is served first."""
    priority: int = value(f"tier.queue_priority.{Tier(tier).value}", at)
    return priority
