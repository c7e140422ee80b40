"""People: who I am, and members as whoever asks may see them."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts import shapes
from accounts.actions import log_reading, set_language
from accounts.api import SignedIn
from accounts.contacts.queries import also_known_as
from accounts.models import AccessKind, User
from accounts.queries import me_card, member_card, member_page, visible_member
from common.addresses import address_of
from common.rest import Endpoint, PageQuery, Sent, accepted, answers


class OwnSettings(Sent):
    """What one may change about oneself here."""

    language = serializers.ChoiceField(User._meta.get_field("language").choices or [])


class Me(Endpoint):
    """Who I am."""

    shape = shapes.Me

    @extend_schema(responses=answers({200: shapes.Me}))
    def get(self, request: SignedIn) -> Response:
        """Say who is signed in, what they may do, and the numbers an app works with."""
        return Response(me_card(request.user))

    @extend_schema(request=OwnSettings, responses=answers({200: shapes.Me}, 400))
    def patch(self, request: SignedIn) -> Response:
        """Choose the language one is spoken to in."""
        language = accepted(OwnSettings, request.data)["language"]
        return Response(me_card(set_language(request.user, language, by=request.user)))


class Members(Endpoint):
    """Members somebody may see."""

    resource = "members"
    shape = shapes.Member

    @extend_schema(parameters=[PageQuery], responses=answers({200: shapes.MemberPage}, 400, 409))
    def get(self, request: SignedIn) -> Response:
        """List members, masked, the newest first; members see themselves alone."""
        data, cursor = member_page(request.user, **self.query(PageQuery))
        return self.page(data, cursor)


class OneMember(Endpoint):
    """One member."""

    resource = "members"
    shape = shapes.MemberWithOthers

    @extend_schema(responses=answers({200: shapes.MemberWithOthers}, 404))
    def get(self, request: SignedIn, member_no: str) -> Response:
        """Show one member; everybody but themselves sees them masked."""
        member = visible_member(request.user, member_no)
        if member is None:
            raise Http404
        log_reading(member, AccessKind.PAGE, by=request.user, address=address_of(request._request))
        card = member_card(member, request.user) | {"also": also_known_as(member)}
        return Response(card)
