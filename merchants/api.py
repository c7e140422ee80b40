"""REST of shops: storefronts are public to everybody who is signed in."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.rest import Endpoint, PageQuery, answers
from merchants import shapes
from merchants.queries import shop_card, shop_page


class Shops(Endpoint):
    """Storefronts."""

    resource = "shops"
    shape = shapes.Shop

    @extend_schema(parameters=[PageQuery], responses=answers({200: shapes.ShopPage}, 400, 409))
    def get(self, request: Request) -> Response:
        """List shops by number."""
        return self.page(*shop_page(**self.query(PageQuery)))


class OneShop(Endpoint):
    """One storefront."""

    resource = "shops"
    shape = shapes.Shop

    @extend_schema(responses=answers({200: shapes.Shop}, 404))
    def get(self, request: Request, shop_no: str) -> Response:
        """Show one shop by its number."""
        card = shop_card(shop_no)
        if card is None:
            raise Http404
        return Response(card)
