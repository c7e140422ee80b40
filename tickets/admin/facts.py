"""What reception says on the first page: who waits, what came today."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.masks import names_of, shown, shown_texts
from common.calendars import day_start
from common.dashboard import Card, Facts, Hour, Work, dashboard_facts, sidebar_badge
from common.words import clock_face, span_words
from tickets.models import Conversation, State
from tickets.queries.board import Standing, hours_of, late_count, standing, unanswered

ANSWER_WITHIN = timedelta(seconds=180)
"""The three-minute promise of chat: from here on a wait is late."""
WORK_SHOWN = 8
LIST = "admin:tickets_conversation_changelist"


@sidebar_badge("tickets.conversation")
def late(now: datetime) -> int:
    """Count who waits longer than promised."""
    return late_count(now, ANSWER_WITHIN)


@dashboard_facts("reception", permission="tickets.view_conversation", order=10)
def reception(now: datetime) -> Facts:
    """Say who waits and whose turn it is."""
    figures = standing(now, ANSWER_WITHIN)
    rows = list(unanswered().select_related("member__user", "owner", "team")[: WORK_SHOWN + 1])
    more = len(rows) > WORK_SHOWN
    return Facts(
        sentences=[_sentence(figures)],
        cards=_cards(figures, now),
        work=[_work(row, now) for row in rows[:WORK_SHOWN]],
        work_more=reverse(LIST) + "?turn=ours" if more else "",
    )


@dashboard_facts("arrivals", permission="tickets.view_conversation", order=20, seconds=60)
def arrivals(now: datetime) -> Facts:
    """Say what came today, hour by hour, beside the same weekday of last week."""
    start = day_start(now)
    today = hours_of(start, start + timedelta(days=1))
    week = hours_of(start - timedelta(days=7), start - timedelta(days=6))
    hours = [
        Hour(
            hour,
            today[hour].came if hour in today else 0,
            today[hour].answered if hour in today else 0,
            week[hour].came if hour in week else 0,
        )
        for hour in range(24)
    ]
    came, answered = sum(it.came for it in hours), sum(it.answered for it in hours)
    card = Card(
        _("Answered today"),
        f"{answered:,}",
        _("of %(came)s that came") % {"came": f"{came:,}"},
        reverse(LIST) + "?when=1",
        _("Today's conversations"),
    )
    return Facts(cards=[card], hours=hours)


def _sentence(figures: Standing) -> str:
    if figures.late:
        return ngettext(
            "%(count)s person has waited for more than three minutes.",
            "%(count)s people have waited for more than three minutes.",
            figures.late,
        ) % {"count": figures.late}
    if figures.waiting:
        return ngettext(
            "%(count)s person waits, nobody longer than promised.",
            "%(count)s people wait, nobody longer than promised.",
            figures.waiting,
        ) % {"count": figures.waiting}
    return _("Nobody is waiting.")


def _cards(figures: Standing, now: datetime) -> list[Card]:
    wait = (now - figures.longest_since).total_seconds() if figures.longest_since else 0
    return [
        Card(
            _("Waiting now"),
            f"{figures.waiting:,}",
            _("longest %(span)s") % {"span": span_words(wait)} if figures.waiting else _("nobody"),
            reverse(LIST) + "?state__exact=" + State.WAITING,
            _("To the queue"),
            "bad" if wait > ANSWER_WITHIN.total_seconds() else "",
        ),
        Card(
            _("With an agent"),
            f"{figures.open:,}",
            _("%(count)s wait for our word") % {"count": figures.unanswered},
            reverse(LIST) + "?state__exact=" + State.OPEN,
            _("Who has what"),
        ),
    ]


def _work(row: Conversation, now: datetime) -> Work:
    since = row.since  # type: ignore[attr-defined]
    face = clock_face(started_at=since, due_at=since + ANSWER_WITHIN, now=now)
    member = row.member
    (about,) = shown_texts([row.subject], is_party=False, names=names_of(member))
    return Work(
        clock=face.words,
        state=face.state,
        share=round(face.share_left * 100),
        number=row.conversation_no,
        url=reverse("admin:tickets_conversation_change", args=[row.pk]),
        about=about or "—",
        customer=shown("name", member.display_name, to=None) if member else "—",
        tier=member.tier if member else "",
        tier_words=member.get_tier_display() if member else "",
        owner=str(row.owner) if row.owner else _("%(team)s, no owner") % {"team": row.team},
        since=span_words((now - since).total_seconds()),
    )
