"""The first page of the back office, put together from facts that the apps bring.

This module knows no app: each registers a function that reads its own tables. Facts are shared
between people for a few seconds; who may not see an app's rows is not shown its facts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from common.calendars import day_name, is_workday
from common.events import history_lines
from common.health import GOOD, findings
from common.models import Event
from common.words import date_words

CHANGES_SHOWN = 8
CHANGES_LOOKED_AT = 2000


@dataclass(frozen=True)
class Card:
    """One figure with what stands beside it; ``tone`` is ``bad`` when somebody must act now."""

    label: str
    figure: str
    note: str = ""
    url: str = ""
    link: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Work:
    """One row of what is overdue: its clock first, whose turn it is last."""

    clock: str
    state: str
    share: float
    number: str
    url: str
    about: str
    customer: str
    tier: str
    tier_words: str
    owner: str
    since: str


@dataclass(frozen=True)
class Hour:
    """What came in one hour of the day, and in the same hour a week ago."""

    hour: int
    came: int
    answered: int
    usual: int


@dataclass(frozen=True)
class Part:
    """One bar of a chart; ``tone`` is ``bad`` when somebody must act now, ``url`` opens what it counts."""

    label: str
    count: int
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Chart:
    """Counts beside each other, drawn as bars; ``note`` says in words what is seen first.

    Without parts the note stands alone: there is nothing to draw, or too little to judge.
    """

    title: str
    note: str
    parts: list[Part] = field(default_factory=list)
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Facts:
    """What one app has to say on the first page."""

    sentences: list[str] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    work_more: str = ""
    hours: list[Hour] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)


@dataclass(frozen=True)
class _Source:
    name: str
    read: Callable[[datetime], Facts]
    permission: str
    order: int
    seconds: int


_sources: dict[str, _Source] = {}
_badges: dict[str, Callable[[datetime], int]] = {}


def dashboard_facts(
    name: str, *, permission: str, order: int = 50, seconds: int = 5
) -> Callable[[Callable[[datetime], Facts]], Callable[[datetime], Facts]]:
    """Register ``read(now)`` as a source; ``permission`` is Django's word (``tickets.view_conversation``).

    ``seconds`` is how long an answer is shared. Sources are shown by ``order``.
    """

    def register(read: Callable[[datetime], Facts]) -> Callable[[datetime], Facts]:
        _sources[name] = _Source(name, read, permission, order, seconds)
        return read

    return register


def sidebar_badge(label: str) -> Callable[[Callable[[datetime], int]], Callable[[datetime], int]]:
    """Register ``count(now)``: how many rows of the model ``label`` somebody must act on."""

    def register(count: Callable[[datetime], int]) -> Callable[[datetime], int]:
        _badges[label] = count
        return count

    return register


def badge_of(label: str) -> int:
    """Return the figure beside the sidebar's item; 0 shows none. Shared for ten seconds."""
    count = _badges.get(label)
    if count is None:
        return 0
    found = cache.get_or_set(f"badge:{label}", lambda: count(timezone.now()), 10)
    return int(found or 0)


def gathered(user: Any, now: datetime) -> list[Facts]:
    """Return the facts of all sources that ``user`` may see, in their order."""
    return [
        cache.get_or_set(
            f"facts:{it.name}:{get_language()}", lambda it=it: it.read(now), it.seconds
        )  # type: ignore[misc]
        for it in sorted(_sources.values(), key=lambda it: it.order)
        if user.has_perm(it.permission)
    ]


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the first page: greeting, sentence, cards, work, volume, changes, machine."""
    now = timezone.now()
    user: Any = request.user
    facts = gathered(user, now)
    sentences = [sentence for it in facts for sentence in it.sentences]
    sees_history = user.has_perm("common.view_event")
    sees_machine = user.has_perm("common.view_heartbeat")
    machine = _machine(now) if sees_machine else []
    context |= {
        "title": _greeting(user, now),
        "today": _today(now),
        "sentence": "".join(sentences) or _quiet(facts),
        "cards": [card for it in facts for card in it.cards],
        "work": [row for it in facts for row in it.work],
        "work_more": next((it.work_more for it in facts if it.work_more), ""),
        "shows_work": user.has_perm("tickets.view_conversation"),
        "charts": [_barred(chart) for it in facts for chart in it.charts],
        "hours": _drawn([hour for it in facts for hour in it.hours]),
        "changes": _changes() if sees_history else [],
        "changes_url": reverse("admin:common_event_changelist") if sees_history else "",
        "shows_changes": sees_history,
        "machine": machine,
        "machine_trouble": [it for it in machine if it.state != GOOD],
        "selftest_url": reverse("admin:selftest"),
    }
    return context


def _machine(now: datetime) -> list[Any]:
    return cache.get_or_set(f"machine:{get_language()}", lambda: findings(now), 5) or []


def _changes() -> list[Any]:
    def read() -> list[Any]:
        # Chat itself is no change of the house; what somebody gave a reason for is. Only the last
        # lines are looked through, so that a quiet day does not read the whole history.
        latest = Event.objects.order_by("-pk").values("pk")[:CHANGES_LOOKED_AT]
        lines = Event.objects.filter(pk__in=latest).exclude(reason="").select_related("actor")
        return history_lines(lines.order_by("-pk")[:CHANGES_SHOWN])

    return cache.get_or_set(f"changes:{get_language()}", read, 5) or []


def _greeting(user: Any, now: datetime) -> str:
    hour = timezone.localtime(now).hour
    if hour < 5 or hour >= 18:
        hello = _("Good evening")
    elif hour < 11:
        hello = _("Good morning")
    else:
        hello = _("Good afternoon") if hour >= 13 else _("Good day")
    return _("%(hello)s, %(name)s") % {"hello": hello, "name": user}


def _today(now: datetime) -> str:
    local = timezone.localtime(now)
    day = local.date()
    kind = _("working day") if is_workday(day) else (day_name(day) or _("day off"))
    return _("%(date)s %(time)s, %(kind)s") % {
        "date": date_words(now),
        "time": f"{local:%H:%M}",
        "kind": kind,
    }


def _quiet(facts: list[Facts]) -> str:
    return _("Nothing is late.") if facts else _("What you may see is on the left.")


def _barred(chart: Chart) -> dict[str, Any]:
    """Return a chart with its bars in percent of the longest."""
    longest = max((part.count for part in chart.parts), default=0)
    return {
        "chart": chart,
        "bars": [
            {"part": part, "figure": f"{part.count:,}", "width": _percent(part.count, longest)}
            for part in chart.parts
        ],
    }


def _percent(count: int, longest: int) -> str:
    return f"{100 * count / longest:.1f}" if longest else "0"


def _drawn(hours: list[Hour]) -> dict[str, Any] | None:
    """Return bars in percent of the highest hour, or None while there is nothing to draw."""
    highest = max((max(it.came, it.usual) for it in hours), default=0)
    if not highest:
        return None
    total, answered = sum(it.came for it in hours), sum(it.answered for it in hours)
    return {
        "bars": [
            {
                "hour": it.hour,
                "came": it.came,
                "answered": it.answered,
                "usual": it.usual,
                "came_height": round(100 * it.came / highest, 1),
                "answered_height": round(100 * it.answered / highest, 1),
                "usual_height": round(100 * it.usual / highest, 1),
            }
            for it in hours
        ],
        "sentence": ngettext(
            "%(came)s came today, %(answered)s answered.",
            "%(came)s came today, %(answered)s answered.",
            total,
        )
        % {"came": f"{total:,}", "answered": f"{answered:,}"},
    }
