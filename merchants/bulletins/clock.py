"""Shops are told of bulletins beside the timers: batch after batch, urgent ones first."""

from datetime import timedelta

from common.companions import beside_the_clock
from merchants.actions.bulletin_sending import tell_waiting

LOOK_EVERY = timedelta(seconds=2)


@beside_the_clock("bulletins.telling")
def tell() -> timedelta:
    """Tell a batch of every bulletin that is being sent."""
    return timedelta(0) if tell_waiting() else LOOK_EVERY
