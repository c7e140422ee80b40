"""The numbers of ratings as they were in force at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from common.parameters import value
from common.rules import midnight
from merchants.ratings import parameters
from merchants.ratings.rules import TrafficNumbers, levels_of


@dataclass(frozen=True)
class MonthNumbers:
    """What counts of one buyer and shop in one month."""

    ratings: int
    points: int


def month_numbers(month: date) -> MonthNumbers:
    """Return the numbers of the calendar month that begins on ``month``: those of its first moment.

    A number changed within a month holds from the next one on, so that nothing given is taken back.
    """
    at = midnight(month)
    return MonthNumbers(
        value("dsr.max_counted_per_pair_month", at), value("credit.max_points_per_pair_month", at)
    )


def numbers_of_months(months: Iterable[date]) -> list[tuple[date, int, int]]:
    """Return (month, ratings that count, points that count) for each of ``months``."""
    found = [(month, month_numbers(month)) for month in sorted(set(months))]
    return [(month, one.ratings, one.points) for month, one in found]


def traffic_numbers(at: datetime) -> TrafficNumbers:
    """Return the published function from score to search multiplier as of ``at``."""
    return TrafficNumbers(
        slope=value("traffic.slope", at),
        neutral=value("traffic.neutral", at),
        lowest=value("traffic.lowest", at),
        highest=value("traffic.highest", at),
    )


def credit_thresholds(at: datetime) -> tuple[int, ...]:
    """Return where credit levels begin as of ``at``; a list that does not rise is not believed."""
    try:
        return levels_of(value("credit.levels", at))
    except ValueError:
        return levels_of(parameters.LEVELS)
