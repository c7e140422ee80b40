"""What ties an agent to a member: a conversation that runs, or one that has just ended."""

from datetime import datetime

from django.db.models import Q

from accounts.business import Business, ties
from accounts.models import Member, User
from common.parameters import value
from tickets.models import Conversation, State


@ties("conversation")
def through_conversation(user: User, member: Member, now: datetime) -> Business | None:
    """Return the newest conversation of ``member`` that is ``user``'s work: live, or done lately."""
    if not user.can("desk.use"):
        return None
    since = now - value("personal_data.recent")
    lately = Q(state__in=[State.WAITING, State.OPEN]) | Q(resolved_at__gte=since)
    found = (
        Conversation.objects.worked_on_by(user)
        .filter(lately, member=member)
        .order_by("-id")
        .values_list("pk", "team__name")
        .first()
    )
    return Business(*found) if found else None
