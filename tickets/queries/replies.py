"""Canned replies, filled in for the conversation they will be sent to."""

import re
from typing import Any

from django.db.models import Q

from accounts.models import User
from tickets.models import CannedReply, Conversation
from tickets.queries.conversations import greeting_word

LIMIT = 100
_PLACEHOLDER = re.compile(r"\{(greeting|name|order_no|shop|agent)\}")
_NAME_AND_COMMA = re.compile(r"\{name\}[，,、]? ?")


def canned_replies(
    user: User, *, q: str = "", conversation: Conversation | None = None
) -> list[dict[str, Any]]:
    """Return the replies ``user`` may use whose shortcut, title or text holds ``q``, filled in.

    What the conversation does not know (no order, no shop) stays as ``{order_no}``, ``{shop}``, so
    that the agent sees the hole before sending.
    """
    rows = CannedReply.objects.visible_to(user).filter(is_active=True)
    if q:
        rows = rows.filter(
            Q(shortcut__istartswith=q) | Q(title__icontains=q) | Q(body__icontains=q)
        )
    words = _words(user, conversation)
    return [
        {**row, "body": fill(row["body"], words)}
        for row in rows.order_by("folder", "shortcut").values(
            "shortcut", "title", "body", "folder"
        )[:LIMIT]
    ]


def fill(body: str, words: dict[str, str]) -> str:
    """Replace the known placeholders that ``words`` has a word for; all other braces stay.

    A name that is known but not to be said ("") goes with its comma: 「亲，您好」.
    """
    if words.get("name") == "":
        body = _NAME_AND_COMMA.sub("", body)
    return _PLACEHOLDER.sub(lambda found: words.get(found[1]) or found[0], body)


def _words(user: User, conversation: Conversation | None) -> dict[str, str]:
    words = {"agent": user.display_name, "greeting": greeting_word(None)}
    if conversation is None:
        return words
    if conversation.shop is not None:
        words["greeting"] = greeting_word(conversation.shop.greeting_word)
        words["shop"] = conversation.shop.name
    if conversation.order is not None:
        words["order_no"] = conversation.order.order_no
    if conversation.member is not None:
        # Who sees no names says none: the customer must not read their own name with stars.
        words["name"] = ""
    return words
