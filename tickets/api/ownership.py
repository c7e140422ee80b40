"""Who answers: accepted, handed on, taken over, resolved and taken up again."""

import uuid

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import User
from common.rest import KeyField, Nothing, Sent, accepted, answers
from tickets import shapes
from tickets.actions import conversations as life
from tickets.actions import ownership
from tickets.api.base import ConversationEndpoint, as_seen, at_the_desk
from workforce.models import Team, TeamMembership

ANSWERS = {200: shapes.Conversation, 204: None}
CHANGED = answers(ANSWERS, 400, 404, 409, 412, 422)


class Transfer(Sent):
    """To whom a conversation goes: a team's queue, a person, or both."""

    team = serializers.SlugField(required=False, allow_blank=True, max_length=40)
    person = KeyField("usr", required=False)
    note = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)


class Resolution(Sent):
    """What came of it."""

    disposition = serializers.SlugField(max_length=40)
    note = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)


class Reason(Sent):
    """Why; the action asks for it and says so in words."""

    reason = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)


class Acceptance(ConversationEndpoint):
    """A waiting conversation becomes somebody's."""

    resource = "conversations"

    @extend_schema(request=Nothing, responses=answers(ANSWERS, 400, 404, 409, 422))
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Accept a waiting conversation; of many who try, one wins."""
        conversation = at_the_desk(request.user, key)
        accepted(Nothing, request.data)
        taken = ownership.accept_conversation(conversation, by=request.user)
        return self.shown(taken, request.user)


class NextInQueue(ConversationEndpoint):
    """Whose turn it is."""

    resource = "queue"

    @extend_schema(
        request=Nothing, responses=answers({200: shapes.Conversation, 204: None}, 409, 422)
    )
    def post(self, request: SignedIn) -> Response:
        """Accept whose turn it is in one's teams; 204 when nobody waits."""
        accepted(Nothing, request.data)
        conversation = ownership.accept_next(by=request.user)
        if conversation is None:
            return Response(status=204)
        return self.shown(conversation, request.user)


class Transfers(ConversationEndpoint):
    """A conversation goes to another team or person."""

    resource = "conversations"

    @extend_schema(request=Transfer, responses=CHANGED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Hand a conversation on, with a note; 204 when one may no longer see it."""
        conversation = as_seen(request, key)
        sent = accepted(Transfer, request.data)
        team = person = None
        if sent.get("team"):
            team = _teams(request.user).filter(code=sent["team"]).first()
        if sent.get("person"):
            person = _people(request.user).filter(public_id=sent["person"]).first()
        if (sent.get("team") and team is None) or (sent.get("person") and person is None):
            raise Http404
        moved = ownership.transfer_conversation(
            conversation, team=team, person=person, note=sent["note"], by=request.user
        )
        return self.shown(moved, request.user)


def _teams(user: User) -> QuerySet[Team]:
    # What a partner may not know of is answered like what does not exist.
    return Team.objects.reachable_by(user) if user.is_partner_agent else Team.objects.all()


def _people(user: User) -> QuerySet[User]:
    if not user.is_partner_agent:
        return User.objects.all()
    teams = Team.objects.of_partner_of(user).values("pk")
    return User.objects.filter(pk__in=TeamMembership.objects.filter(team__in=teams).values("user"))


class Takeover(ConversationEndpoint):
    """A colleague's conversation becomes one's own."""

    resource = "conversations"

    @extend_schema(request=Reason, responses=CHANGED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Take a conversation over from its owner, with a reason."""
        conversation = as_seen(request, key)
        reason = accepted(Reason, request.data)["reason"]
        taken = ownership.take_over_conversation(conversation, reason=reason, by=request.user)
        return self.shown(taken, request.user)


class Resolutions(ConversationEndpoint):
    """What came of a conversation."""

    resource = "conversations"

    @extend_schema(request=Resolution, responses=CHANGED)
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Resolve a conversation with what came of it."""
        conversation = as_seen(request, key)
        sent = accepted(Resolution, request.data)
        resolved = life.resolve_conversation(
            conversation, disposition=sent["disposition"], note=sent["note"], by=request.user
        )
        return self.shown(resolved, request.user)

    @extend_schema(request=Reason, responses=CHANGED)
    def delete(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Reopen: the resolution is taken back."""
        conversation = as_seen(request, key)
        reason = accepted(Reason, request.data)["reason"]
        reopened = life.reopen_conversation(conversation, reason=reason, by=request.user)
        return self.shown(reopened, request.user)
