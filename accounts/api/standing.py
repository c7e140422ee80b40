"""REST of standing: tier and scores, row by row, to oneself and to who may see the member."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.actions import log_reading
from accounts.api import SignedIn
from accounts.models import AccessKind
from accounts.queries import own_member, visible_member
from accounts.standing.queries import standing_card
from accounts.standing.shapes import Standing
from common.addresses import address_of
from common.rest import Endpoint, answers


class OwnStanding(Endpoint):
    """Where I stand."""

    shape = Standing

    @extend_schema(responses=answers({200: Standing}, 404))
    def get(self, request: SignedIn) -> Response:
        """Say which tier I am in and why, and show each score with every row and what would raise it."""
        member = own_member(request.user)
        if member is None:
            raise Http404
        return Response(standing_card(member, timezone.now()))


class MemberStandings(Endpoint):
    """Where a member stands."""

    resource = "members"
    shape = Standing

    @extend_schema(responses=answers({200: Standing}, 404))
    def get(self, request: SignedIn, member_no: str) -> Response:
        """Show a member's tier and scores, row by row."""
        member = visible_member(request.user, member_no)
        if member is None:
            raise Http404
        log_reading(member, AccessKind.PAGE, by=request.user, address=address_of(request._request))
        return Response(standing_card(member, timezone.now()))
