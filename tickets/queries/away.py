"""Answers that members have not read."""

from datetime import datetime

from django.db.models import CharField, Exists, F, OuterRef, QuerySet
from django.db.models.functions import Cast

from accounts.models import Notification
from common.parameters import value
from tickets.models import AuthorKind, Conversation, State

KIND = "conversation.message"


def unread_answers(now: datetime) -> QuerySet[Conversation]:
    """Return the conversations whose newest answer lies unread for a while and was not told yet.

    By what the member has read and not by open sockets: those are known to one process only, and
    a page that is open is not always looked at. Nothing is written while people chat; the open
    conversations are few, however many messages there are.
    """
    told = Notification.objects.filter(
        person=OuterRef("member__user"),
        kind=KIND,
        merge_key=Cast(OuterRef("pk"), CharField()),
        dedupe=Cast(OuterRef("last_seq"), CharField()),
    )
    return Conversation.objects.filter(
        ~Exists(told),
        last_author_kind=AuthorKind.AGENT,
        member_unread__gt=0,
        member_read_seq__lt=F("last_seq"),
        last_message_at__lte=now - value("chat.away_after", now),
        member__user__is_active=True,
    ).select_related("member__user", "owner")


def unread_open_answers(now: datetime, *, limit: int) -> list[Conversation]:
    """Return such conversations that somebody is answering now, the longest unread first."""
    rows = unread_answers(now).filter(state=State.OPEN).order_by("last_message_at")
    return list(rows[:limit])
