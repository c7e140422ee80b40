"""Conversations: lists, one, its place in the queue, and who the requester is."""

import uuid
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import User
from common.errors import Forbidden
from common.rest import Endpoint, PageQuery, Sent, accepted, answers
from merchants.models import Shop
from tickets import shapes
from tickets.actions import conversations as life
from tickets.api.base import ConversationEndpoint, at_the_desk, note_reading, visible
from tickets.models import Medium, MessageKind
from tickets.queries.conversations import SCOPES, conversation_card, conversation_page
from tickets.queries.desk import panel
from tickets.queries.queues import place_in_queue
from trade.queries import order_of


class NewConversation(Sent):
    """A member's first words, and what they are about."""

    medium = serializers.ChoiceField(Medium.choices, default=Medium.WEB)
    order_no = serializers.CharField(required=False, allow_blank=True, max_length=40)
    shop_no = serializers.CharField(required=False, allow_blank=True, max_length=32)
    subject = serializers.CharField(required=False, allow_blank=True, max_length=120)
    client_id = serializers.UUIDField(required=False)
    written = serializers.BooleanField(
        default=False,
        help_text="a written complaint: taken while new chats are closed to the member",
    )
    kind = serializers.ChoiceField(
        [MessageKind.TEXT, MessageKind.ORDER_CARD, MessageKind.PRODUCT_CARD],
        default=MessageKind.TEXT,
    )
    payload = serializers.DictField(required=False)
    # The text gate trims and measures; here only the type is asked.
    body = serializers.CharField(allow_blank=True, trim_whitespace=False, default="")


class ListQuery(PageQuery):
    """Which conversations: for the desk by scope, and in which state."""

    scope = serializers.ChoiceField(
        SCOPES,
        required=False,
        default="",
        allow_blank=True,
        help_text="For the desk: mine (also when left out), queue, team or past. Members have one list.",
    )
    state = serializers.ChoiceField(
        ["waiting", "open", "resolved", "closed"],
        required=False,
        default="",
        allow_blank=True,
        help_text="Only those in this state.",
    )


class Conversations(ConversationEndpoint):
    """The conversations somebody may see."""

    resource = "conversations"
    shape = shapes.Conversation

    @extend_schema(
        parameters=[ListQuery], responses=answers({200: shapes.ConversationPage}, 400, 409)
    )
    def get(self, request: SignedIn) -> Response:
        """List conversations, newest first; a queue by whose turn it is."""
        page = conversation_page(request.user, **self.query(ListQuery))
        return self.page(page.data, page.next_cursor)

    @extend_schema(
        request=NewConversation,
        responses=answers({201: shapes.Conversation, 200: shapes.Conversation}, 400, 404, 409, 422),
    )
    def post(self, request: SignedIn) -> Response:
        """Ask for help; a conversation about the same thing that is still running goes on (200)."""
        sent = accepted(NewConversation, request.data)
        member = getattr(request.user, "member", None)
        if member is None:
            raise Forbidden()
        opened = life.open_conversation(
            member,
            medium=sent["medium"],
            body=sent["body"],
            kind=sent["kind"],
            payload=sent.get("payload"),
            subject=sent.get("subject", ""),
            order=self._order(request.user, sent.get("order_no")),
            shop=self._shop(sent.get("shop_no")),
            client_id=sent.get("client_id"),
            written=sent["written"],
            by=request.user,
        )
        return self.shown(opened.conversation, request.user, 201 if opened.made else 200)

    def _order(self, user: User, order_no: str | None) -> Any:
        if not order_no:
            return None
        order = order_of(user, order_no)
        if order is None:
            raise Http404
        return order

    def _shop(self, shop_no: str | None) -> Shop | None:
        if not shop_no:
            return None
        shop = Shop.objects.filter(shop_no=shop_no).first()
        if shop is None:
            raise Http404
        return shop


class OneConversation(ConversationEndpoint):
    """One conversation."""

    resource = "conversations"
    shape = shapes.Conversation

    @extend_schema(responses=answers({200: shapes.Conversation}, 404))
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Show one conversation; its ETag is what ``If-Match`` takes where it is changed."""
        card = conversation_card(key, request.user)
        if card is None:
            raise Http404
        # Others see their own work alone; those who answer are not kept waiting by a question.
        if request.user.can("tickets.see_all"):
            note_reading(request, visible(request.user, key))
        self.version = card["version"]
        return Response(card)


class QueuePosition(Endpoint):
    """Where a waiting conversation stands."""

    resource = "conversations"
    shape = shapes.QueuePosition

    @extend_schema(responses=answers({200: shapes.QueuePosition}, 404))
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Say how many have their turn before, and how long it may take; null once somebody came."""
        place = place_in_queue(visible(request.user, key), timezone.now())
        return Response(
            {"position": place.position, "wait_seconds": place.wait_seconds}
            if place
            else {"position": None, "wait_seconds": None}
        )


class Panel(Endpoint):
    """What stands beside a conversation at the desk."""

    resource = "conversations"
    shape = shapes.Panel

    @extend_schema(responses=answers({200: shapes.Panel}, 404))
    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Show who the requester is (masked), their newest orders and earlier conversations."""
        conversation = at_the_desk(request.user, key)
        note_reading(request, conversation)
        return Response(panel(conversation, request.user, timezone.now()))
