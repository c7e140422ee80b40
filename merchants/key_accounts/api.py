"""REST of whom a shop calls, and of a merchant's staff accounts."""

from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint, Nothing, accepted, answers
from merchants.actions.staff import end_staff, invite_staff, set_staff_rights
from merchants.key_accounts import shapes
from merchants.models import Merchant, StaffAccount
from merchants.queries.key_accounts import manager_card
from merchants.queries.staff import colleague, colleagues, staff_card
from merchants.ratings.api import own_shop


class ShopManagers(Endpoint):
    """Whom a shop calls."""

    resource = "shops"
    shape = shapes.ShopManager

    @extend_schema(responses=answers({200: shapes.ShopManager}, 404))
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """Show whom a shop calls now: its manager, the deputy while they are away, or who is on duty."""
        return Response(manager_card(own_shop(request.user, shop_no), timezone.now()))


class Staff(Endpoint):
    """Who works for one's merchants."""

    shape = shapes.StaffMember

    @extend_schema(responses=answers({200: shapes.StaffList}))
    def get(self, request: SignedIn) -> Response:
        """List all who work for the merchants whose accounts one manages; nobody for all others."""
        rows = colleagues(request.user)
        return Response({"data": [staff_card(row, request.user) for row in rows]})

    @extend_schema(
        request=shapes.StaffInvited,
        responses=answers({201: shapes.StaffMember}, 400, 403, 404, 409),
    )
    def post(self, request: SignedIn) -> Response:
        """Let somebody with a merchant's account work for a merchant, by account name or phone."""
        sent = accepted(shapes.StaffInvited, request.data)
        merchant = Merchant.objects.filter(merchant_no=sent["merchant_no"]).first()
        if merchant is None:
            raise Http404
        made = invite_staff(merchant, sent["account"], rights=sent["rights"], by=request.user)
        return Response(staff_card(made, request.user), status=201)


class OneStaff(Endpoint):
    """One staff account."""

    shape = shapes.StaffMember

    @extend_schema(
        request=shapes.StaffRights, responses=answers({200: shapes.StaffMember}, 400, 404, 409)
    )
    def put(self, request: SignedIn, merchant_no: str, key: UUID) -> Response:
        """Give somebody exactly these rights, at once."""
        account = _theirs(request, merchant_no, key)
        rights = accepted(shapes.StaffRights, request.data)["rights"]
        done = set_staff_rights(account, rights, by=request.user)
        return Response(staff_card(done, request.user))

    @extend_schema(request=None, responses=answers({204: None}, 404, 409))
    def delete(self, request: SignedIn, merchant_no: str, key: UUID) -> Response:
        """Let somebody go, at once."""
        account = _theirs(request, merchant_no, key)
        accepted(Nothing, request.data)
        end_staff(account, by=request.user)
        return Response(status=204)


def _theirs(request: SignedIn, merchant_no: str, key: UUID) -> StaffAccount:
    found = colleague(request.user, merchant_no, key)
    if found is None:
        raise Http404
    return found
