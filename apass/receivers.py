"""What tiers' promises hear from below."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django_q.tasks import async_task

from accounts.signals import tiers_moved
from apass.actions.tier_news import is_news

TELL = "apass.tasks.tell_tier_moves"
AT_ONCE = 1000
"""Members told by one task."""


@receiver(tiers_moved)
def tell_later(
    sender: Any, moves: Mapping[tuple[str, str], Sequence[int]], at: datetime, **kwargs: Any
) -> None:
    """Have the members told after the run: a task for each thousand, written in its transaction."""
    for (before, after), members in moves.items():
        if not is_news(after):
            continue
        for start in range(0, len(members), AT_ONCE):
            async_task(TELL, before, after, list(members[start : start + AT_ONCE]), at)
