"""How times, amounts and names are said to people, in one voice for every page.

The same words are made in the browser by ``static/js/format.js``; tests compare the two.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.rules import SHANGHAI, last_day

CALM, WARN, URGENT, BREACHED, PAUSED = "calm", "warn", "urgent", "breached", "paused"

# A chat promise is minutes long and turns at fixed shares of 180 s; a longer one at 80 % and 95 %.
SHORT_PROMISE = timedelta(minutes=10)
SHORT_WARN, SHORT_URGENT = 100 / 180, 150 / 180
LONG_WARN, LONG_URGENT = 0.80, 0.95


@dataclass(frozen=True)
class ClockFace:
    """What a clock shows at one moment: its state, the share left (0–1) and its words."""

    state: str
    share_left: float
    words: str


def clock_face(
    *,
    started_at: datetime,
    due_at: datetime,
    now: datetime,
    warn_at: datetime | None = None,
    urgent_at: datetime | None = None,
    paused: bool = False,
) -> ClockFace:
    """Return what a promise made at ``started_at`` and due at ``due_at`` looks like at ``now``.

    Without ``warn_at`` and ``urgent_at`` the usual shares apply: 100 s and 150 s of 180 s for
    promises up to ten minutes, 80 % and 95 % for longer ones. All moments are aware.
    """
    total = max((due_at - started_at).total_seconds(), 1.0)
    left = (due_at - now).total_seconds()
    share = min(max(left / total, 0.0), 1.0)
    if paused:
        return ClockFace(PAUSED, share, _("paused"))
    if left <= 0:
        return ClockFace(BREACHED, 0.0, over_words(-left))
    short = due_at - started_at <= SHORT_PROMISE
    warn = warn_at or started_at + (due_at - started_at) * (SHORT_WARN if short else LONG_WARN)
    urgent = urgent_at or started_at + (due_at - started_at) * (
        SHORT_URGENT if short else LONG_URGENT
    )
    state = URGENT if now >= urgent else WARN if now >= warn else CALM
    return ClockFace(state, share, left_words(left, due_at=due_at, now=now))


def span_words(seconds: float) -> str:
    """Say a span: ``0:28`` below ten minutes, then minutes, hours and minutes, days and hours."""
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    if minutes < 10:
        return f"{minutes}:{rest:02d}"
    hours, minutes = divmod(minutes, 60)
    if hours == 0:
        return _("%(minutes)s min") % {"minutes": minutes}
    days, hours = divmod(hours, 24)
    if days == 0:
        if minutes == 0:
            return _("%(hours)s h") % {"hours": hours}
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    if hours == 0:
        return _("%(days)s d") % {"days": days}
    return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours}


def left_words(seconds: float, *, due_at: datetime, now: datetime) -> str:
    """Say what is left of a promise; beyond a day the moment itself is said instead."""
    if seconds >= 86_400:
        return moment_words(due_at, now=now)
    return span_words(seconds)


def over_words(seconds: float) -> str:
    """Say by how much a promise is late."""
    return _("over %(span)s") % {"span": span_words(seconds)}


def moment_words(moment: datetime, *, now: datetime) -> str:
    """Say a moment as people do: today's time alone, 昨天/明天, then date with weekday, then the year."""
    local, today = moment.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    days = (local.date() - today).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return clock
    if days == -1:
        return _("yesterday %(time)s") % {"time": clock}
    if days == 1:
        return _("tomorrow %(time)s") % {"time": clock}
    if local.year != today.year:
        return f"{local:%Y-%m-%d}"
    if abs(days) < 7:
        return _("%(date)s %(weekday)s %(time)s") % {
            "date": f"{local:%m-%d}",
            "weekday": weekday_words(local),
            "time": clock,
        }
    return _("%(date)s %(weekday)s") % {
        "date": f"{local:%m-%d}",
        "weekday": weekday_words(local),
    }


def weekday_words(moment: datetime) -> str:
    """Say the short weekday of an aware moment in Shanghai."""
    return (
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    )[moment.astimezone(SHANGHAI).weekday()]


def date_words(moment: datetime) -> str:
    """Say the whole date with its weekday: 11月20日 星期五, Friday 2026-11-20."""
    # In the letters of Django's ``date`` filter, so that each language pads or does not.
    shape = pgettext("date format", "l Y-m-d")
    return dateformat.format(moment.astimezone(SHANGHAI), shape)


def last_day_words(end: datetime) -> str:
    """Say the last day of what ends at ``end``: 2026-11-20."""
    return f"{last_day(end):%Y-%m-%d}"


def money_words(amount: Decimal | int | str) -> str:
    """Say an amount of CNY with its sign, thousands and two decimals: ¥1,286.50."""
    value = Decimal(str(amount))
    return f"{'−' if value < 0 else ''}¥{abs(value):,.2f}"


def initial_of(name: str) -> str:
    """Return the one character an avatar shows; 「?」 for nobody."""
    return name.strip()[:1].upper() or "?"
