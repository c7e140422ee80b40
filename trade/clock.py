"""Beside the clock: the standing of members follows their orders."""

from datetime import timedelta

from django.utils import timezone

from accounts.actions import note_population, upkeep
from common.companions import beside_the_clock
from common.parameters import value
from trade.standing.runs import bring_up_to_date


@beside_the_clock("standing")
def follow_orders() -> timedelta:
    """Begin and end what is due, take what changed, settle on recompute days; return how long to rest."""
    now = timezone.now()
    upkeep(now)
    bring_up_to_date(now)
    note_population(now)
    pause: timedelta = value("standing.every")
    return pause
