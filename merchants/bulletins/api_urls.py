"""Addresses of bulletins at the API."""

from django.urls import path

from merchants.bulletins import api

_ALL = "shops/<str:shop_no>/bulletins/"
_ONE = f"{_ALL}<bul:key>/"

urlpatterns = [
    path(_ALL, api.ShopBulletins.as_view(), name="api-shop-bulletins"),
    path(_ONE, api.OneShopBulletin.as_view(), name="api-shop-bulletin"),
    path(f"{_ONE}reading/", api.BulletinReadings.as_view(), name="api-shop-bulletin-reading"),
]
