"""Two weeks of hours, drawn as bars: a row a day, midnight to midnight."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.calendars import day_name, day_start
from common.hours import Hours

DAYS = 14
_LEFT, _HOUR, _ROW = 170, 22, 20
_WORDS = 240
_WIDTH = _LEFT + 24 * _HOUR + 12 + _WORDS


Differing = tuple[datetime, datetime, str]
"""What is closed or opened once: from when, until when, and its words."""


def drawing(hours: Hours, now: datetime, differing: Iterable[Differing] = ()) -> SafeString:
    """Return the picture of the next 14 days, today first; what is not open is empty.

    Beside a day on which something differs stands what it is.
    """
    said = list(differing)
    rows = []
    for n in range(DAYS):
        midnight = day_start(now, -n)
        rows.append(_row(hours, midnight, 24 + n * _ROW, said))
    ticks = format_html_join(
        "",
        '<text x="{}" y="14" font-size="10" fill="currentColor" text-anchor="middle">{}</text>',
        ((_LEFT + hour * _HOUR, f"{hour:02}") for hour in range(0, 25, 3)),
    )
    return format_html(
        '<svg class="x-drawing" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img"'
        ' aria-label="{label}">{t}{r}</svg>',
        w=_WIDTH,
        h=30 + DAYS * _ROW,
        label=_("Open in the next 14 days"),
        t=ticks,
        r=format_html_join("", "{}", ((row,) for row in rows)),
    )


def _row(hours: Hours, midnight: datetime, y: int, said: list[Differing]) -> SafeString:
    tomorrow = midnight + timedelta(days=1)
    spans = hours.open_spans(midnight, tomorrow)
    words = "；".join(text for starts, ends, text in said if starts < tomorrow and ends > midnight)
    day = midnight.date()
    name = day_name(day)
    label = f"{date_format(day, 'MONTH_DAY_FORMAT')} {date_format(day, 'D')} {name}".strip()
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="12" rx="3" fill="#2f6f5e"><title>{}</title></rect>',
        (
            (
                round(_LEFT + _hours_after(opens, midnight) * _HOUR, 1),
                y + 3,
                round(max((closes - opens).total_seconds() / 3600 * _HOUR, 1), 1),
                f"{timezone.localtime(opens):%H:%M}–{timezone.localtime(closes):%H:%M}",
            )
            for opens, closes in spans
        ),
    )
    return format_html(
        '<g><text x="0" y="{}" font-size="12" fill="currentColor">{}</text>'
        '<rect x="{}" y="{}" width="{}" height="12" rx="3" fill="currentColor" opacity="0.08"/>{}'
        '<text x="{}" y="{}" font-size="12" fill="currentColor">{}</text></g>',
        y + 13,
        label,
        _LEFT,
        y + 3,
        24 * _HOUR,
        bars,
        _LEFT + 24 * _HOUR + 12,
        y + 13,
        words,
    )


def _hours_after(moment: datetime, midnight: datetime) -> float:
    return (moment - midnight).total_seconds() / 3600
