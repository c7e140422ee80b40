"""What the clock does about those who serve: lost lines, and the monthly count of quality."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from common.deadlines import at_clock_start, deadline_handler, set_deadline
from common.parameters import value
from workforce.actions import count_quality, turn_away_lost
from workforce.rules import measured_month, next_count

LINES, QUALITY = "presence.lines", "authority.count"
EVERY = timedelta(seconds=10)
COUNTED_AT = time(3, 30)


@at_clock_start
def begin(now: datetime) -> None:
    """Look for lost lines, and count the month that was missed."""
    set_deadline(LINES, "workforce", now)
    set_deadline(QUALITY, "workforce", now)


@deadline_handler(LINES)
def lost_lines(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Set away whose line is lost, and look again in ten seconds."""
    turn_away_lost(now=now)
    set_deadline(LINES, "workforce", now + EVERY)


@deadline_handler(QUALITY)
def count(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Count the newest month that is due, and come back on the day of the next one."""
    today, on_day = timezone.localdate(now), value("authority.counted_on", now)
    count_quality(measured_month(today, on_day), now=now)
    due = datetime.combine(next_count(today, on_day), COUNTED_AT, timezone.get_current_timezone())
    set_deadline(QUALITY, "workforce", due)
