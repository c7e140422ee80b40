"""REST of the experience score: for the shop's own people, and for who looks after shops."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint, PageQuery, RowLimit, answers
from merchants.experience import shapes
from merchants.queries.dsr import traffic_card
from merchants.queries.experience import experience_card, warnings_of
from merchants.queries.gate import activity_gate
from merchants.ratings.api import own_shop


class WarningQuery(PageQuery):
    """Which page of a shop's warnings."""

    limit = RowLimit(default=20)


class Experiences(Endpoint):
    """The experience score of a shop."""

    resource = "shops"
    shape = shapes.Experience

    @extend_schema(responses=answers({200: shapes.Experience}, 404))
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """Show a shop's experience score, what it weighs in search, and its activity gate."""
        shop, now = own_shop(request.user, shop_no), timezone.now()
        card: dict[str, Any] = {
            "experience": experience_card(shop, now),
            "traffic": traffic_card(shop, now),
            "activity_gate": activity_gate(shop, now),
        }
        return Response(card)


class ShopWarnings(Endpoint):
    """The early warnings of a shop."""

    resource = "shops"
    shape = shapes.ShopWarning

    @extend_schema(
        parameters=[WarningQuery], responses=answers({200: shapes.ShopWarningPage}, 400, 404, 409)
    )
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """List a shop's early warnings, newest first, each with its line and what helps."""
        shop = own_shop(request.user, shop_no)
        return self.page(*warnings_of(shop, timezone.now(), **self.query(WarningQuery)))
