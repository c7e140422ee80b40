"""Conversations as clients follow them: the changed ones, and for the desk what is theirs at all."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from common.changes import LATEST_COMMIT, first_ones, follow
from common.ids import public_key
from tickets import rules
from tickets.models import Conversation, RecalledMessage
from tickets.queries.conversations import cards


def changed_conversations(
    user: User, since: datetime, most: int, now: datetime
) -> tuple[dict[str, Any], datetime | None]:
    """Return the conversations of ``user`` that changed, and whose messages were taken back.

    The desk follows what is live and what was done since; ``live`` then names all that is live for
    them now, so that what went to another team is noticed too. Of each, the client pulls the
    messages after its own last number.
    """
    at_the_desk = user.can("desk.use") or user.can("tickets.see_all")
    rows = Conversation.objects.visible_to(user)
    if at_the_desk:
        rows = Conversation.objects.for_work_of(user)
        # Done ones are found by when they were done: ``changed_at`` has no index, which would make
        # every message rewrite them all. Who did it may have begun a moment before.
        done = Q(state__in=rules.DONE, resolved_at__gte=since - LATEST_COMMIT)
        rows = rows.filter(Q(state__in=rules.LIVE) | done)
    found = rows.filter(changed_at__gte=since).order_by("changed_at", "pk")
    told, until = first_ones(list(found.only("pk", "changed_at")[: most + 1]), most)
    keys = [row.pk for row in told]
    recalled: dict[Any, list[int]] = {}
    for key, seq in RecalledMessage.objects.filter(
        conversation__in=keys, recalled_at__gte=since - LATEST_COMMIT
    ).values_list("conversation_id", "seq"):
        recalled.setdefault(public_key("cnv", key), []).append(seq)
    data = cards(Conversation.objects.filter(pk__in=keys).order_by("changed_at", "pk"), user)
    for card in data:
        card["recalled"] = sorted(recalled.get(card["id"], []))
    if not at_the_desk:
        return {"data": data}, until
    live = Conversation.objects.for_work_of(user).filter(state__in=rules.LIVE)
    return {
        "data": data,
        "live": [public_key("cnv", key) for key in live.values_list("pk", flat=True)],
    }, until


def scope(user: User) -> Any:
    """Return what decides which conversations ``user`` sees: roles and teams."""
    return sorted(user.roles), user.is_superuser, sorted(m.team_id for m in user.memberships.all())


follow("conversations", kind="tickets.conversation", changed=changed_conversations, scope=scope)
