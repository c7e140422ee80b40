"""What the clock does about those who serve: lost lines, and every night the count of quality."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from common.deadlines import at_clock_start, deadline_handler, set_deadline
from common.parameters import value
from workforce.actions import count_quality, turn_away_lost
from workforce.models import QualityMeasure
from workforce.rules import measured_month

LINES, QUALITY = "presence.lines", "authority.count"
EVERY = timedelta(seconds=10)
COUNTED_AT = time(3, 30)


@at_clock_start
def begin(now: datetime) -> None:
    """Look for lost lines, and count the months that were missed."""
    set_deadline(LINES, "workforce", now)
    set_deadline(QUALITY, "workforce", now)


@deadline_handler(LINES)
def lost_lines(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Set away whose line is lost, and look again in ten seconds."""
    turn_away_lost(now=now)
    set_deadline(LINES, "workforce", now + EVERY)


@deadline_handler(QUALITY)
def count(subject_id: str, payload: dict[str, Any], now: datetime) -> None:
    """Count every month that is due and was not counted, the oldest first; again every night.

    What was measured late is counted the night after.
    """
    today = timezone.localdate(now)
    due_month = measured_month(today, value("authority.counted_on", now))
    missed = QualityMeasure.objects.uncounted().filter(month__lte=due_month)
    for month in missed.dates("month", "month"):
        count_quality(month, now=now)
    due = timezone.make_aware(datetime.combine(today, COUNTED_AT))
    set_deadline(QUALITY, "workforce", due if due > now else due + timedelta(days=1))
