"""REST of conversations, for pages and clients. Every row is looked up through ``visible_to``."""

import logging
import uuid
from typing import Any

from django.http import FileResponse, Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import log_reading
from accounts.api import SignedIn
from accounts.models import AccessKind, User
from common.addresses import address_of
from common.errors import Forbidden
from common.files import too_large
from common.ids import parse_key
from common.parameters import value
from common.rest import Endpoint, KeyField, Sent, accepted
from merchants.models import Shop
from tickets.actions import conversations as life
from tickets.actions import ownership
from tickets.actions.attachments import upload_attachment
from tickets.models import Conversation, Medium, MessageKind
from tickets.queries.attachments import attachment_for
from tickets.queries.conversations import SCOPES, conversation_card, conversation_page
from tickets.queries.desk import desk, panel
from tickets.queries.messages import message_page, note_card, notes_of
from tickets.queries.queues import place_in_queue
from tickets.queries.replies import canned_replies
from trade.queries import order_of
from workforce.actions import set_presence
from workforce.models import Presence, Team

log = logging.getLogger(__name__)

FORM_BYTES = 16_384  # what a form may weigh around its file
CHUNK_BYTES = 65_536


class NewConversation(Sent):
    medium = serializers.ChoiceField(Medium.choices, default=Medium.WEB)
    order_no = serializers.CharField(required=False, allow_blank=True, max_length=40)
    shop_no = serializers.CharField(required=False, allow_blank=True, max_length=32)
    subject = serializers.CharField(required=False, allow_blank=True, max_length=120)
    client_id = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(
        [MessageKind.TEXT, MessageKind.ORDER_CARD, MessageKind.PRODUCT_CARD],
        default=MessageKind.TEXT,
    )
    payload = serializers.DictField(required=False)
    # The text gate trims and measures; here only the type is asked.
    body = serializers.CharField(allow_blank=True, trim_whitespace=False, default="")


class Transfer(Sent):
    team = serializers.SlugField(required=False, allow_blank=True, max_length=40)
    person = KeyField("usr", required=False)
    note = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)


class Resolution(Sent):
    disposition = serializers.SlugField(max_length=40)
    note = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)


class Reason(Sent):
    reason = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)


class NoteText(Sent):
    body = serializers.CharField(trim_whitespace=False)


class PresenceChoice(Sent):
    presence = serializers.ChoiceField(Presence.choices)


class PageQuery(Sent):
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    limit = serializers.IntegerField(default=50, min_value=1, max_value=200)


class ListQuery(Sent):
    scope = serializers.ChoiceField(SCOPES, required=False, default="")
    state = serializers.ChoiceField(
        ["waiting", "open", "resolved", "closed"], required=False, default=""
    )
    cursor = serializers.CharField(required=False, default="")


def visible(user: User, key: uuid.UUID) -> Conversation:
    """Return the conversation ``user`` may see, or answer as if there were none."""
    conversation = (
        Conversation.objects.visible_to(user)
        .select_related("member", "shop", "order", "team", "owner")
        .filter(pk=key)
        .first()
    )
    if conversation is None:
        raise Http404
    return conversation


def at_the_desk(user: User, key: uuid.UUID) -> Conversation:
    """Return the conversation for staff; a member's own is answered as if there were none."""
    if not (user.can("desk.use") or user.can("tickets.see_all")):
        raise Http404
    return visible(user, key)


def note_reading(request: SignedIn, conversation: Conversation) -> None:
    """Have it written down that somebody opened a conversation which is not their own work."""
    if not conversation.is_party(request.user):
        log_reading(
            conversation.member,
            AccessKind.CONVERSATION,
            by=request.user,
            conversation=conversation.pk,
            address=address_of(request._request),
        )


def shown(conversation: Conversation, user: User, status: int = 200) -> Response:
    """Answer with the conversation as ``user`` sees it now."""
    card = conversation_card(conversation.pk, user)
    # Whoever handed it to another team may no longer see it.
    return Response(card, status=status) if card else Response(status=204)


class Conversations(Endpoint):
    """``GET``: lists by scope. ``POST``: a member asks for help."""

    resource = "conversations"

    def get(self, request: SignedIn) -> Response:
        query = accepted(ListQuery, request.query_params)
        page = conversation_page(request.user, **query)
        return Response({"data": page.data, "next_cursor": page.next_cursor or None})

    def post(self, request: SignedIn) -> Response:
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
            by=request.user,
        )
        return shown(opened.conversation, request.user, 201 if opened.made else 200)

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


class OneConversation(Endpoint):
    resource = "conversations"

    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        card = conversation_card(key, request.user)
        if card is None:
            raise Http404
        return Response(card)


class Messages(Endpoint):
    resource = "messages"

    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = visible(request.user, key)
        query = accepted(PageQuery, request.query_params)
        note_reading(request, conversation)
        data, has_more = message_page(
            conversation, before=query.get("before"), limit=query["limit"], to=request.user
        )
        return Response({"data": data, "has_more": has_more})


class Notes(Endpoint):
    resource = "notes"

    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = at_the_desk(request.user, key)
        note_reading(request, conversation)
        return Response({"data": notes_of(conversation, to=request.user)})

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = at_the_desk(request.user, key)
        note = life.add_note(
            conversation, body=accepted(NoteText, request.data)["body"], by=request.user
        )
        return Response(note_card(note), status=201)


class Acceptance(Endpoint):
    resource = "conversations"

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = at_the_desk(request.user, key)
        return shown(ownership.accept_conversation(conversation, by=request.user), request.user)


class NextInQueue(Endpoint):
    resource = "queue"

    def post(self, request: SignedIn) -> Response:
        conversation = ownership.accept_next(by=request.user)
        return Response(status=204) if conversation is None else shown(conversation, request.user)


class Transfers(Endpoint):
    resource = "conversations"

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = at_the_desk(request.user, key)
        sent = accepted(Transfer, request.data)
        team = person = None
        if sent.get("team"):
            team = Team.objects.filter(code=sent["team"]).first()
        if sent.get("person"):
            person = User.objects.filter(public_id=sent["person"]).first()
        if (sent.get("team") and team is None) or (sent.get("person") and person is None):
            raise Http404
        moved = ownership.transfer_conversation(
            conversation, team=team, person=person, note=sent["note"], by=request.user
        )
        return shown(moved, request.user)


class Takeover(Endpoint):
    resource = "conversations"

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = at_the_desk(request.user, key)
        reason = accepted(Reason, request.data)["reason"]
        return shown(
            ownership.take_over_conversation(conversation, reason=reason, by=request.user),
            request.user,
        )


class Resolutions(Endpoint):
    resource = "conversations"

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = at_the_desk(request.user, key)
        sent = accepted(Resolution, request.data)
        return shown(
            life.resolve_conversation(
                conversation, disposition=sent["disposition"], note=sent["note"], by=request.user
            ),
            request.user,
        )

    def delete(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Reopen: the resolution is taken back."""
        conversation = at_the_desk(request.user, key)
        reason = accepted(Reason, request.data)["reason"]
        return shown(
            life.reopen_conversation(conversation, reason=reason, by=request.user), request.user
        )


class Attachments(Endpoint):
    """``POST`` multipart with ``file``: then send it with ``payload: {attachment: id}``."""

    resource = "attachments"

    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything reads the body: a file too large must not fill the disk first.
        limit = value("chat.upload_bytes")
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit + FORM_BYTES:
            # A browser hears the answer only when somebody took what it sent.
            for _chunk in range(8 * limit // CHUNK_BYTES):
                if not request._request.read(CHUNK_BYTES):
                    break
            raise too_large(limit)
        super().initial(request, *args, **kwargs)

    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = visible(request.user, key)
        sent = request.FILES.get("file")
        if sent is None:
            raise serializers.ValidationError({"file": [_("Choose a file.")]})
        attachment = upload_attachment(
            conversation, source=sent.file, name=sent.name or "", by=request.user
        )
        facts = ("kind", "name", "size", "width", "height", "content_type")
        url = reverse("api-attachment", args=[attachment.pk])
        return Response(
            {"id": attachment.public_key}
            | {name: getattr(attachment, name) for name in facts}
            | {"url": url},
            status=201,
        )


class AnyAnswer(DefaultContentNegotiation):
    """Whatever the browser would like: a file is what it is."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class OneAttachment(Endpoint):
    resource = "attachments"

    content_negotiation_class = AnyAnswer

    def get(self, request: SignedIn, key: uuid.UUID) -> FileResponse:
        attachment = attachment_for(request.user, key, timezone.now())
        if attachment is None:
            raise Http404
        note_reading(request, attachment.conversation)
        try:
            content = attachment.file.open("rb")
        except FileNotFoundError:
            log.error("the bytes of attachment %s are gone", attachment.pk)
            raise Http404 from None
        response = FileResponse(
            content,
            as_attachment=attachment.kind != "image",
            filename=attachment.name,
            content_type=attachment.content_type,
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        # Opened by itself it can do nothing; on our pages a picture is only a picture.
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class QueuePosition(Endpoint):
    resource = "conversations"

    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        place = place_in_queue(visible(request.user, key), timezone.now())
        return Response(
            {"position": place.position, "wait_seconds": place.wait_seconds}
            if place
            else {"position": None, "wait_seconds": None}
        )


class Panel(Endpoint):
    resource = "conversations"

    def get(self, request: SignedIn, key: uuid.UUID) -> Response:
        conversation = at_the_desk(request.user, key)
        note_reading(request, conversation)
        return Response(panel(conversation, request.user, timezone.now()))


class Desk(Endpoint):
    resource = "queue"

    def get(self, request: SignedIn) -> Response:
        if not request.user.can("desk.use"):
            raise Http404
        return Response(desk(request.user, timezone.now()))


class OwnPresence(Endpoint):
    resource = "presence"

    def put(self, request: SignedIn) -> Response:
        if not request.user.can("desk.use"):
            raise Http404
        wanted = accepted(PresenceChoice, request.data)["presence"]
        status = set_presence(request.user, wanted, by=request.user)
        return Response(
            {
                "presence": status.presence,
                "presence_label": status.get_presence_display(),
                "since": status.since,
                "capacity": status.capacity,
            }
        )


class CannedReplies(Endpoint):
    resource = "canned_replies"

    def get(self, request: SignedIn) -> Response:
        if not request.user.can("desk.use"):
            raise Http404
        conversation = None
        if key := request.query_params.get("conversation"):
            try:
                conversation = visible(request.user, parse_key("cnv", key))
            except ValueError:
                raise Http404 from None
        return Response(
            canned_replies(
                request.user,
                q=request.query_params.get("q", "").strip()[:60],
                conversation=conversation,
            )
        )
