"""When editions come out: the calendar and the parameter together."""

from datetime import date, datetime, time

from common import parameters
from common.calendars import is_workday, next_workday, previous_workday
from radio import rules


def publish_moment(day: date) -> datetime:
    """Return when editions of ``day`` come out, by the parameter in force as that day begins."""
    return _moment("radio.publish_time", day)


def kitchen_target(day: date) -> datetime:
    """Return when the kitchen should be empty for the editions of ``day``."""
    return min(_moment("radio.kitchen_target", day), publish_moment(day))


def next_publish_moments(now: datetime, count: int) -> list[datetime]:
    """Return the next ``count`` moments after ``now`` at which editions come out."""
    moments: list[datetime] = []
    day = rules.shanghai_day(now)
    if is_workday(day) and publish_moment(day) > now:
        moments.append(publish_moment(day))
    while len(moments) < count:
        day = next_workday(day)
        moments.append(publish_moment(day))
    return moments


def last_publish_moment(now: datetime) -> datetime:
    """Return the latest moment not after ``now`` at which editions came out."""
    day = rules.shanghai_day(now)
    if is_workday(day) and publish_moment(day) <= now:
        return publish_moment(day)
    return publish_moment(previous_workday(day))


def _moment(key: str, day: date) -> datetime:
    return rules.moment_on(day, parameters.value(key, rules.moment_on(day, time())))
