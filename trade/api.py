"""REST of orders and products."""

from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint
from trade.queries import order_page, product_page


class Orders(Endpoint):
    """``GET orders/?cursor=``: one's own; staff name the member with ``member_no``."""

    resource = "orders"

    def get(self, request: SignedIn) -> Response:
        query = request.query_params
        data, cursor = order_page(
            request.user, member_no=query.get("member_no", ""), cursor=query.get("cursor", "")
        )
        return Response({"data": data, "next_cursor": cursor or None})


class Products(Endpoint):
    """``GET products/?q=&shop=&cursor=``: what is on the shelf; the desk sees what is not as well."""

    resource = "products"

    def get(self, request: SignedIn) -> Response:
        query = request.query_params
        data, cursor = product_page(
            request.user,
            q=query.get("q", ""),
            shop_no=query.get("shop", ""),
            cursor=query.get("cursor", ""),
        )
        return Response({"data": data, "next_cursor": cursor or None})
