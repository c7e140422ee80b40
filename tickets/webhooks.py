"""What partners can hear of conversations."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.webhooks import emit, is_wanted
from accounts.models import WebhookEvent
from accounts.webhooks.events import backstop, declare_event
from common.ids import public_key, uuid7_from
from common.models import Event
from tickets.models import Conversation

MESSAGES = "conversation.messages_posted"
REOPENED = "conversation.reopened"
LOOKED_BACK = timedelta(minutes=15)


def facts(conversation: Conversation) -> dict[str, Any]:
    """Return what everybody who may see the conversation may know of it."""
    return {
        "conversation": public_key("cnv", conversation.pk),
        "conversation_no": conversation.conversation_no,
        "state": conversation.state,
        "medium": conversation.medium,
        "last_seq": conversation.last_seq,
    }


for _code, _label in (
    ("conversation.opened", _("Conversation opened")),
    ("conversation.accepted", _("Conversation accepted")),
    ("conversation.transferred", _("Conversation transferred")),
    ("conversation.taken_over", _("Conversation taken over")),
    ("conversation.returned", _("Conversation put back into its queue")),
    ("conversation.resolved", _("Conversation resolved")),
    (REOPENED, _("Conversation reopened")),
    ("conversation.closed", _("Conversation closed")),
):
    declare_event(_code, _label)

# A call for every word would be a call every second of a lively chat: what was said within a few
# seconds is told once, as the number of the last message; the words are read at the API.
declare_event(MESSAGES, _("Messages posted (gathered)"), gathers=True, facts=facts)


def tell(conversation: Conversation, event: str, **more: Any) -> None:
    """Say that ``event`` happened to the conversation, as it is now."""
    now = Conversation.objects.get(pk=conversation.pk)
    emit(event, subject=now, data=facts(now) | more)


def tell_reopened(conversation: UUID) -> None:
    """Say, once for each time, that a member's message has reopened the conversation."""
    now = Conversation.objects.get(pk=conversation)
    emit(REOPENED, subject=now, data=facts(now), key=f"{now.pk}:{now.reopened_count}")


@backstop
def reopened_unsaid() -> int:
    """Say what a socket process that died between storing a message and saying so has left unsaid.

    The posting statement reopens conversations by itself and leaves a line in the history.
    """
    if not is_wanted(REOPENED):
        return 0
    before = WebhookEvent.objects.filter(event=REOPENED).count()
    since = timezone.now() - LOOKED_BACK
    lines = Event.objects.filter(
        id__gte=uuid7_from(since), action=REOPENED, subject_type="tickets.conversation"
    )
    for key in set(lines.values_list("subject_id", flat=True)):
        tell_reopened(UUID(key))
    return WebhookEvent.objects.filter(event=REOPENED).count() - before
