"""REST of entitlements: what a member is promised, and its use by those who answer."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from accounts.models import Member, User
from accounts.queries import own_member
from apass.actions import redeem
from apass.entitlements import shapes
from apass.entitlements.offers import promises_card
from apass.entitlements.queries import entitlements_of
from common.rest import Endpoint, accepted, answers
from common.rest.idempotency import key_of


class MyEntitlements(Endpoint):
    """What is promised to oneself."""

    resource = "entitlements"
    shape = shapes.Right

    @extend_schema(responses=answers({200: shapes.Rights}, 404))
    def get(self, request: SignedIn) -> Response:
        """List what is promised to me now, by code, used up or not."""
        member = own_member(request.user)
        if member is None:
            raise Http404
        return self.page(promises_card(member, timezone.now()), None)


class Entitlements(Endpoint):
    """What is promised to a member."""

    resource = "entitlements"
    shape = shapes.Right

    @extend_schema(responses=answers({200: shapes.Rights}, 404))
    def get(self, request: SignedIn, member_no: str) -> Response:
        """List what is promised to a member now; for those who answer and who run the house."""
        member = _member(request.user, member_no)
        return self.page(promises_card(member, timezone.now()), None)


class Redemptions(Endpoint):
    """The use of what is promised to a member."""

    resource = "entitlements"

    @extend_schema(
        request=shapes.RedemptionSent,
        responses=answers({201: shapes.RedemptionMade}, 400, 404, 409),
    )
    def post(self, request: SignedIn, member_no: str) -> Response:
        """Use an entitlement of a member; needs an ``Idempotency-Key``, the same thing is served once."""
        member = _member(request.user, member_no)
        sent = accepted(shapes.RedemptionSent, request.data)
        key = key_of(request)
        now = timezone.now()
        made = redeem(
            member,
            sent["code"],
            subject_key=sent["subject_key"],
            key=f"{request.user.pk}:{key}"[:255] if key else "",
            by=request.user,
            reason=sent["reason"],
            now=now,
        )
        left = {one.code: one.left for one in entitlements_of(member, now)}
        return Response(
            {
                "id": made.public_key,
                "code": made.code,
                "subject_key": made.subject_key,
                "at": made.at,
                "parameters": made.parameters,
                "left": left.get(made.code),
            },
            status=201,
        )


def _member(user: User, member_no: str) -> Member:
    """Return a member whom ``user`` serves, never themselves: that is asked at one's own address."""
    if not (user.can("desk.use") or user.can("tickets.see_all")):
        raise Http404
    member = Member.objects.for_work_of(user).filter(member_no=member_no).first()
    if member is None:
        raise Http404
    return member
