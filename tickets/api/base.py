"""What all addresses of conversations share."""

import uuid

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.response import Response

from accounts.actions import log_reading
from accounts.api import SignedIn
from accounts.models import AccessKind, User
from common.addresses import address_of
from common.rest import Endpoint, seen_version
from tickets.models import Conversation
from tickets.queries.conversations import conversation_card
from tickets.queries.parties import is_party


def visible(user: User, key: uuid.UUID) -> Conversation:
    """Return the conversation ``user`` may see, or answer as if there were none."""
    return _found(Conversation.objects.visible_to(user), key)


def at_the_desk(user: User, key: uuid.UUID) -> Conversation:
    """Return the conversation for staff; one's own, as a member, is answered as if there were none."""
    if not (user.can("desk.use") or user.can("tickets.see_all")):
        raise Http404
    return _found(Conversation.objects.for_work_of(user), key)


def _found(rows: QuerySet[Conversation], key: uuid.UUID) -> Conversation:
    with_all = rows.select_related("member", "shop", "order", "team", "owner")
    conversation = with_all.filter(pk=key).first()
    if conversation is None:
        raise Http404
    return conversation


def as_seen(request: SignedIn, key: uuid.UUID) -> Conversation:
    """Return the conversation for a change by staff, made for the version in ``If-Match`` if any."""
    conversation = at_the_desk(request.user, key)
    conversation.seen_versions = seen_version(request)
    return conversation


def note_reading(request: SignedIn, conversation: Conversation) -> None:
    """Have it written down that somebody opened a conversation which is not their own work."""
    if not is_party(request.user, conversation):
        log_reading(
            conversation.member,
            AccessKind.CONVERSATION,
            by=request.user,
            conversation=conversation.pk,
            address=address_of(request._request),
        )


class ConversationEndpoint(Endpoint):
    """An address that answers with one conversation."""

    def shown(self, conversation: Conversation, user: User, status: int = 200) -> Response:
        """Answer with the conversation as ``user`` sees it now, and its version."""
        card = conversation_card(conversation.pk, user)
        if card is None:
            # Whoever handed it to another team may no longer see it.
            return Response(status=204)
        self.version = card["version"]
        return Response(card, status=status)
