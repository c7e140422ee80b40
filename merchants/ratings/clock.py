"""Beside the clock: scores of the day before are counted every night."""

from datetime import timedelta

from django.utils import timezone

from common.companions import beside_the_clock
from common.parameters import value
from common.rules import SHANGHAI
from merchants.actions import bring_up_to_date

REST = timedelta(minutes=5)


@beside_the_clock("ratings")
def count_scores() -> timedelta:
    """Count what is over, after the hour the parameter says; return how long to rest.

    Several clocks may come at once: a day is counted by the first, the others find it counted.
    """
    now = timezone.now()
    if now.astimezone(SHANGHAI).time() >= value("dsr.counts_at", now):
        bring_up_to_date(now)
    return REST
