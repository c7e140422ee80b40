"""A member's own APASS at the API. Who was told of none finds nothing, whatever they send."""

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import Member
from accounts.queries import own_member
from apass.actions import accept_invitation, decline_invitation, give_friend_code, redeem_code
from apass.membership import shapes
from apass.membership.cards import own_card
from apass.membership.queries import told_membership
from apass.models import Membership
from common.rest import Endpoint, Nothing, Sent, accepted, answers


class Acceptance(Sent):
    """How one accepts: with one tap, or with the code that was sent or given."""

    code = serializers.CharField(required=False, default="", allow_blank=True, max_length=64)


def member_of(request: SignedIn) -> Member:
    """Return the member who asks; nobody else has such a thing."""
    member = own_member(request.user)
    if member is None:
        raise Http404
    return member


def told(request: SignedIn) -> Membership:
    """Return the membership the member was told of, or answer as if there were none."""
    membership = told_membership(member_of(request))
    if membership is None:
        raise Http404
    return membership


class OwnMembership(Endpoint):
    """One's own APASS."""

    shape = shapes.OwnMembership

    @extend_schema(responses=answers({200: shapes.OwnMembership}, 404))
    def get(self, request: SignedIn) -> Response:
        """Show one's own APASS: the invitation, or the term, who looks after one, the friends."""
        return Response(own_card(told(request), timezone.now()))


class Acceptances(Endpoint):
    """That an invitation is accepted."""

    keeps_answers = False

    @extend_schema(
        request=Acceptance, responses=answers({200: shapes.OwnMembership}, 400, 404, 409)
    )
    def post(self, request: SignedIn) -> Response:
        """Accept the invitation with one tap, or use a code: one's own or a friend's."""
        known = told_membership(member_of(request))
        try:
            code = accepted(Acceptance, request.data)["code"].strip()
        except serializers.ValidationError:
            if known is None:
                raise Http404 from None
            raise
        if code:
            membership = redeem_code(code, by=request.user)
        elif known is not None:
            membership = accept_invitation(known, by=request.user)
        else:
            raise Http404
        return Response(own_card(membership, timezone.now()))


class Refusals(Endpoint):
    """That an invitation is declined."""

    @extend_schema(request=None, responses=answers({200: shapes.OwnMembership}, 404, 409))
    def post(self, request: SignedIn) -> Response:
        """Decline the invitation; doing it twice changes nothing."""
        membership = told(request)
        accepted(Nothing, request.data)
        declined = decline_invitation(membership, by=request.user)
        return Response(own_card(declined, timezone.now()))


class FriendCodes(Endpoint):
    """Codes for friends."""

    keeps_answers = False

    @extend_schema(request=None, responses=answers({201: shapes.FriendCode}, 404, 409))
    def post(self, request: SignedIn) -> Response:
        """Make a code for a friend; it is readable in this answer alone."""
        membership = told(request)
        accepted(Nothing, request.data)
        given = give_friend_code(membership, by=request.user)
        url = request.build_absolute_uri(reverse("my-apass-friend", args=[given.code]))
        card = {
            "code": given.code,
            "url": url,
            "expires_at": given.expires_at,
            "left": given.left,
        }
        return Response(card, status=201)
