"""REST of bulletins: for the people of the shop they were told to, and for nobody else."""

import uuid

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import SignedIn
from common.rest import Endpoint, Nothing, PageQuery, accepted, answers
from merchants.actions.bulletin_sending import mark_bulletin_read
from merchants.bulletins import shapes
from merchants.models import Bulletin, Shop, shops_of
from merchants.queries.bulletins import bulletin_card, bulletin_page, own_bulletin


def told_shop(request: SignedIn, shop_no: str) -> Shop:
    """Return a shop that whoever asks works for, or answer as if there were none."""
    shops = shops_of(request.user) if request.user.can("shop.use") else Shop.objects.none()
    found = shops.filter(shop_no=shop_no[:32]).first()
    if found is None:
        raise Http404
    return found


def told_bulletin(request: SignedIn, shop: Shop, key: uuid.UUID) -> Bulletin:
    """Return a bulletin that a shop was told, or answer as if there were none."""
    found = own_bulletin(request.user, key, shop.shop_no)
    if found is None:
        raise Http404
    return found


class ShopBulletins(Endpoint):
    """Bulletins of a shop."""

    shape = shapes.Bulletin

    @extend_schema(
        parameters=[PageQuery], responses=answers({200: shapes.BulletinPage}, 400, 404, 409)
    )
    def get(self, request: SignedIn, shop_no: str) -> Response:
        """List what the marketplace told a shop, newest first."""
        shop = told_shop(request, shop_no)
        return self.page(
            *bulletin_page(request.user, shop_no=shop.shop_no, **self.query(PageQuery))
        )


class OneShopBulletin(Endpoint):
    """One bulletin of a shop."""

    shape = shapes.Bulletin

    @extend_schema(responses=answers({200: shapes.Bulletin}, 404))
    def get(self, request: SignedIn, shop_no: str, key: uuid.UUID) -> Response:
        """Show what the marketplace told a shop."""
        shop = told_shop(request, shop_no)
        return Response(
            bulletin_card(request.user, told_bulletin(request, shop, key), shop.shop_no)
        )


class BulletinReadings(Endpoint):
    """That a shop has read a bulletin."""

    @extend_schema(request=None, responses=answers({200: shapes.Bulletin}, 400, 404))
    def post(self, request: SignedIn, shop_no: str, key: uuid.UUID) -> Response:
        """Say that the shop has read it; the first time counts."""
        shop = told_shop(request, shop_no)
        bulletin = told_bulletin(request, shop, key)
        accepted(Nothing, request.data)
        mark_bulletin_read(bulletin, by=request.user, shop_no=shop.shop_no)
        return Response(bulletin_card(request.user, bulletin, shop.shop_no))
