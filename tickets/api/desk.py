"""The desk: everything at once, who is here, what is ready to be said."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import SignedIn
from common.ids import parse_key
from common.rest import Endpoint, Sent, accepted, answers
from tickets import shapes
from tickets.api.base import visible
from tickets.queries.desk import desk, team_card, team_cards
from tickets.queries.replies import canned_replies
from workforce.actions import set_presence
from workforce.models import Presence, PresenceReason
from workforce.queries import capacities


class DeskEndpoint(Endpoint):
    """For who answers members; for everybody else it is not there."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.user.can("desk.use"):  # type: ignore[union-attr]
            raise Http404


class PresenceChoice(Sent):
    """Whether one takes chats."""

    presence = serializers.ChoiceField(Presence.choices)
    reason = serializers.ChoiceField(
        PresenceReason.choices, required=False, default="", allow_blank=True
    )


class ReplyQuery(Sent):
    """Which replies, and for which conversation they are filled in."""

    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    conversation = serializers.CharField(required=False, allow_blank=True)


class Desk(DeskEndpoint):
    """The whole desk."""

    resource = "queue"
    shape = shapes.Desk

    @extend_schema(responses=answers({200: shapes.Desk}, 404))
    def get(self, request: SignedIn) -> Response:
        """Show one's conversations, the queue, the teams and the words for done talks."""
        return Response(desk(request.user, timezone.now()))


class OwnPresence(DeskEndpoint):
    """Whether one takes chats."""

    resource = "presence"

    @extend_schema(
        request=PresenceChoice, responses=answers({200: shapes.OwnPresence}, 400, 404, 409)
    )
    def put(self, request: SignedIn) -> Response:
        """Say whether one takes chats from now on."""
        wanted = accepted(PresenceChoice, request.data)
        status = set_presence(
            request.user, wanted["presence"], why=wanted["reason"], by=request.user
        )
        return Response(
            {
                "presence": status.presence,
                "presence_label": status.get_presence_display(),
                "reason": status.reason,
                "since": status.since,
                "capacity": capacities().of(status.level, status.capacity),
            }
        )


class CannedReplies(DeskEndpoint):
    """Ready sentences."""

    resource = "canned_replies"
    shape = shapes.CannedReply

    @extend_schema(parameters=[ReplyQuery], responses=answers({200: shapes.CannedReplyPage}, 404))
    def get(self, request: SignedIn) -> Response:
        """List the ready sentences one may use, filled in for a conversation."""
        query = self.query(ReplyQuery)
        conversation = None
        if named := query.get("conversation"):
            try:
                conversation = visible(request.user, parse_key("cnv", named))
            except ValueError:
                raise Http404 from None
        found = canned_replies(request.user, q=query["q"].strip()[:60], conversation=conversation)
        return self.page(found, None)


class Teams(DeskEndpoint):
    """The teams that answer."""

    resource = "queue"
    shape = shapes.Team

    @extend_schema(responses=answers({200: shapes.TeamPage}, 404))
    def get(self, request: SignedIn) -> Response:
        """List the teams a conversation can be handed to, by code."""
        return self.page(team_cards(request.user, timezone.now()), None)


class OneTeam(DeskEndpoint):
    """One team and who is in it."""

    resource = "queue"
    shape = shapes.TeamWithPeople

    @extend_schema(responses=answers({200: shapes.TeamWithPeople}, 404))
    def get(self, request: SignedIn, code: str) -> Response:
        """Show one team: when it is open, its people, whether they take chats, how many they have."""
        card = team_card(request.user, code, timezone.now())
        if card is None:
            raise Http404
        return Response(card)
