"""Beside the clock: previews of drafted rules are computed."""

from datetime import timedelta

from django.utils import timezone

from accounts.actions.previews import preview_waiting
from common.companions import beside_the_clock

REST = timedelta(seconds=1)


@beside_the_clock("previews")
def compute_previews() -> timedelta:
    """Compute what was asked for; return how long to rest."""
    preview_waiting(timezone.now())
    return REST
