"""Beside the clock: experience scores of the day before, once its ratings are counted."""

from datetime import timedelta

from django.utils import timezone

from common.companions import beside_the_clock
from common.parameters import value
from common.rules import SHANGHAI
from merchants.actions.experience import bring_experience_up_to_date

REST = timedelta(minutes=5)


@beside_the_clock("experience")
def count_experience_scores() -> timedelta:
    """Count what is over, after the hour the parameter says and after its ratings; return how long to rest."""
    now = timezone.now()
    if now.astimezone(SHANGHAI).time() >= value("experience.counts_at", now):
        bring_experience_up_to_date(now)
    return REST
