"""REST of a shop's home."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint, answers
from merchants.home import shapes
from merchants.queries.home import home_card, home_of


class Home(Endpoint):
    """A shop's home."""

    resource = "shops"
    shape = shapes.Home

    @extend_schema(responses=answers({200: shapes.Home}, 404))
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """Show where a shop stands and what it has to do by when, to who works for it or looks after it."""
        found = home_of(request.user, shop_no)
        if found is None:
            raise Http404
        shop, rights = found
        return Response(home_card(request.user, shop, rights, timezone.now()))
