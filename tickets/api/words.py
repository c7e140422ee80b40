"""What is said: messages, how far they were read, and what colleagues note."""

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import User
from common.errors import Forbidden
from common.rest import Endpoint, Nothing, RowLimit, Sent, accepted, answers
from tickets import shapes
from tickets.actions import conversations as life
from tickets.actions.posting import post_message
from tickets.actions.reading import MEMBER, STAFF, mark_read
from tickets.actions.recall import recall_message
from tickets.api.base import at_the_desk, note_reading, visible
from tickets.models import AuthorKind, Conversation, MessageKind
from tickets.queries.messages import message_of, message_page, note_card, notes_of
from trade.rollouts import shows_products

SPOKEN = [kind for kind in MessageKind.values if kind != MessageKind.SYSTEM]
HIGHEST = 2**31 - 1


class MessageQuery(Sent):
    """Which messages: those before a number, or those after it."""

    before = serializers.IntegerField(
        required=False, min_value=1, max_value=HIGHEST, help_text="Those before this number."
    )
    after = serializers.IntegerField(
        required=False, min_value=0, max_value=HIGHEST, help_text="Those after this number."
    )
    limit = RowLimit(default=50)


class NewMessage(Sent):
    """One message; ``client_id`` is the sender's own and makes a second try harmless."""

    client_id = serializers.UUIDField(help_text="made by the client, once for each message")
    kind = serializers.ChoiceField(SPOKEN, default=MessageKind.TEXT)
    # The text gate trims and measures; here only the type is asked.
    body = serializers.CharField(allow_blank=True, trim_whitespace=False, default="")
    payload = serializers.DictField(required=False)
    seen_seq = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=HIGHEST,
        help_text="staff: the last number seen; refused (unseen) when the member has said more",
    )
    anyway = serializers.BooleanField(default=False, help_text="send it all the same")


class NewMessageWithoutProducts(NewMessage):
    """As it is where products are not open: there is no such kind."""

    kind = serializers.ChoiceField(
        [kind for kind in SPOKEN if kind != MessageKind.PRODUCT_CARD], default=MessageKind.TEXT
    )


class ReadUpTo(Sent):
    """The number of the last message one has read."""

    seq = serializers.IntegerField(min_value=0, max_value=HIGHEST)


class NoteText(Sent):
    """What colleagues should know."""

    body = serializers.CharField(trim_whitespace=False)


def side_of(user: User, conversation: Conversation) -> str:
    """Return on which side of the conversation ``user`` stands. Raises ``forbidden`` for neither."""
    if conversation.member is not None and conversation.member.user_id == user.pk:
        return MEMBER
    if user.is_agent:
        return STAFF
    raise Forbidden()


class Messages(Endpoint):
    """What is said in one conversation."""

    resource = "messages"
    shape = shapes.Message

    @extend_schema(
        parameters=[MessageQuery], responses=answers({200: shapes.MessagePage}, 400, 404)
    )
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """List messages in order: the newest, those before a number, or those after one."""
        conversation = visible(request.user, key)
        query: dict[str, Any] = self.query(MessageQuery)
        note_reading(request, conversation)
        data, has_more = message_page(conversation, **query, to=request.user)
        return Response({"data": data, "has_more": has_more})

    @extend_schema(
        request=NewMessage,
        responses=answers({201: shapes.Message, 200: shapes.Message}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Say one thing; the same ``client_id`` again is answered with the message stored first (200)."""
        conversation = visible(request.user, key)
        knows_products = shows_products(request.user)
        sent = accepted(NewMessage if knows_products else NewMessageWithoutProducts, request.data)
        is_staff = side_of(request.user, conversation) == STAFF
        posted = post_message(
            conversation,
            by=request.user,
            author_kind=AuthorKind.AGENT if is_staff else AuthorKind.MEMBER,
            kind=sent["kind"],
            body=sent["body"],
            payload=sent.get("payload"),
            client_id=sent["client_id"],
            seen_seq=sent.get("seen_seq") if is_staff else None,
            anyway=sent["anyway"],
        )
        frame = message_of(conversation, posted.seq, to=request.user)
        return Response(frame, status=200 if posted.duplicate else 201)


class OneMessage(Endpoint):
    """One message."""

    resource = "messages"

    @extend_schema(responses=answers({200: shapes.Message}, 404, 409))
    def delete(self, request: SignedIn, key: uuid.UUID, seq: int) -> Response:
        """Take one's own message back, within the time for it."""
        accepted(Nothing, request.data)
        if seq > HIGHEST:
            raise Http404
        conversation = visible(request.user, key)
        recall_message(conversation, seq, by=request.user)
        return Response(message_of(conversation, seq, to=request.user))


class ReadMark(Endpoint):
    """How far one has read."""

    resource = "messages"

    @extend_schema(request=ReadUpTo, responses=answers({200: shapes.ReadMark}, 400, 404))
    def put(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Note how far one has read; numbers only grow."""
        conversation = visible(request.user, key)
        seq = accepted(ReadUpTo, request.data)["seq"]
        side = side_of(request.user, conversation)
        mark_read(conversation, side=side, seq=seq, by=request.user)
        conversation.refresh_from_db(fields=["member_read_seq", "staff_read_seq"])
        marks = {"member_read_seq": conversation.member_read_seq}
        return Response(marks | {"staff_read_seq": conversation.staff_read_seq})


class Notes(Endpoint):
    """What colleagues write to each other."""

    resource = "notes"
    shape = shapes.Note

    @extend_schema(responses=answers({200: shapes.NotePage}, 404))
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """List the internal notes of a conversation, oldest first; for staff alone."""
        conversation = at_the_desk(request.user, key)
        note_reading(request, conversation)
        return self.page(notes_of(conversation, to=request.user), None)

    @extend_schema(request=NoteText, responses=answers({201: shapes.Note}, 400, 404, 422))
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Write an internal note; the requester never sees it."""
        conversation = at_the_desk(request.user, key)
        body = accepted(NoteText, request.data)["body"]
        return Response(
            note_card(life.add_note(conversation, body=body, by=request.user)), status=201
        )
