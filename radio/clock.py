"""What the clock process does for the radio: announce what is out, and see that nothing is missing."""

from datetime import datetime, timedelta
from typing import Any

from common.deadlines import at_clock_start, deadline_handler, set_deadline
from radio.actions import air_edition, lay_out_editions
from radio.actions.editions import AIR
from radio.models import Channel, Edition

RECONCILE = "radio.reconcile"
EVERY = timedelta(minutes=10)


@deadline_handler(AIR)
def air(edition_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Announce the edition whose moment has come."""
    edition = Edition.objects.filter(pk=edition_id).first()
    if edition is not None:
        air_edition(edition, now=now)


@at_clock_start
def reconcile(now: datetime) -> None:
    """Announce every edition that is out unannounced and lay out those that are missing.

    Makes good a clock that was down at nine, a lost timer and a changed calendar. The date it
    runs on decides nothing: what is owed follows from channels, calendar and ``now``.
    """
    for channel in Channel.objects.on_air():
        lay_out_editions(channel, now=now)
    for edition in Edition.objects.published(now).filter(aired_at=None).order_by("publish_at"):
        air_edition(edition, now=now)
    set_deadline(RECONCILE, "radio", now + EVERY)


@deadline_handler(RECONCILE)
def reconcile_again(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Look again, every ten minutes: the calendar may have changed overnight."""
    reconcile(now)
