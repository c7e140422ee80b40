"""Telling members of answers that came while they were away."""

import uuid
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify
from tickets.models import Conversation
from tickets.queries.away import KIND, unread_answers, unread_open_answers

AT_ONCE = 200


@transaction.atomic
def tell_away(*, now: datetime) -> int:
    """Tell of every answer that lies unread in an open conversation; return how many. Again tells nobody."""
    return sum(_tell(row, now) for row in unread_open_answers(now, limit=AT_ONCE))


@transaction.atomic
def tell_away_from(conversation_id: uuid.UUID, *, now: datetime) -> bool:
    """Tell of the last answer in one conversation, whatever its state, unless it was read."""
    row = unread_answers(now).filter(pk=conversation_id).first()
    return row is not None and _tell(row, now)


def _tell(conversation: Conversation, now: datetime) -> bool:
    member = conversation.member
    if member is None or member.user is None:
        return False
    told = notify(
        member.user,
        KIND,
        title=_("%(name)s has answered you") if conversation.owner else _("You have an answer"),
        body=conversation.last_preview,
        words={"name": conversation.owner.display_name if conversation.owner else ""},
        url=reverse("chat", args=[conversation.pk]),
        subject=conversation,
        dedupe=str(conversation.last_seq),
        now=now,
    )
    return told is not None
