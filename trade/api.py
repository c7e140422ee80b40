"""REST of orders, their refunds, and products."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint, PageQuery, RowLimit, answers
from trade import shapes
from trade.queries import order_card, order_page, product_card, product_page, refund_page
from trade.rollouts import shows_products


class OrderQuery(PageQuery):
    """Whose orders: one's own, or those of the member staff name."""

    member_no = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=32,
        help_text="Staff: whose orders.",
    )
    limit = RowLimit(default=20)


class RefundQuery(PageQuery):
    """Which page of an order's refunds."""

    limit = RowLimit(default=20)


class ProductQuery(PageQuery):
    """Which products: by number or words of the title, of one shop."""

    q = serializers.CharField(
        required=False, default="", allow_blank=True, trim_whitespace=False, max_length=1000
    )
    shop = serializers.CharField(
        required=False, default="", allow_blank=True, trim_whitespace=False, max_length=1000
    )
    limit = RowLimit(default=20)


class Orders(Endpoint):
    """Orders somebody may see."""

    resource = "orders"
    shape = shapes.Order

    @extend_schema(parameters=[OrderQuery], responses=answers({200: shapes.OrderPage}, 400, 409))
    def get(self, request: SignedIn) -> Response:
        """List one's own orders, newest first; staff name the member with ``member_no``."""
        data, cursor = order_page(request.user, **self.query(OrderQuery))
        return self.page(data, cursor)


class OneOrder(Endpoint):
    """One order."""

    resource = "orders"
    shape = shapes.Order

    @extend_schema(responses=answers({200: shapes.Order}, 404))
    def get(self, request: SignedIn, order_no: str) -> Response:
        """Show one order by its number."""
        card = order_card(request.user, order_no)
        if card is None:
            raise Http404
        return Response(card)


class Refunds(Endpoint):
    """The refunds of one order."""

    resource = "orders"
    shape = shapes.Refund

    @extend_schema(
        parameters=[RefundQuery], responses=answers({200: shapes.RefundPage}, 400, 404, 409)
    )
    def get(self, request: SignedIn, order_no: str) -> Response:
        """List what was asked back of one order, newest first, and what came of it."""
        found = refund_page(request.user, order_no, **self.query(RefundQuery))
        if found is None:
            raise Http404
        return self.page(*found)


class Products(Endpoint):
    """Products somebody may see."""

    resource = "products"
    shape = shapes.Product

    @extend_schema(
        parameters=[ProductQuery], responses=answers({200: shapes.ProductPage}, 400, 404, 409)
    )
    def get(self, request: SignedIn) -> Response:
        """List what is on the shelf, newest first; the desk sees what is not as well."""
        if not shows_products(request.user):
            raise Http404
        query = self.query(ProductQuery)
        data, cursor = product_page(request.user, shop_no=query.pop("shop"), **query)
        return self.page(data, cursor)


class OneProduct(Endpoint):
    """One product."""

    resource = "products"
    shape = shapes.Product

    @extend_schema(responses=answers({200: shapes.Product}, 404))
    def get(self, request: SignedIn, product_no: str) -> Response:
        """Show one product by its number."""
        card = product_card(request.user, product_no) if shows_products(request.user) else None
        if card is None:
            raise Http404
        return Response(card)
