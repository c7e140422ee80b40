"""What trade hears from below."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver
from django_q.tasks import async_task

from merchants.signals import emergency_moved

FOLLOW = "trade.tasks.follow_emergency"
LONGEST = 600
"""Seconds: each product has its line of history, and there may be thousands."""


@receiver(emergency_moved)
def follow_later(sender: Any, measure: UUID, **kwargs: Any) -> None:
    """Take down or give back what an emergency measure is about: a task, written in its transaction."""
    async_task(FOLLOW, str(measure), timeout=LONGEST)
