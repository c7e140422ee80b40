"""Addresses of the pages of bulletins."""

from django.urls import path

from merchants.bulletins import pages

urlpatterns = [
    path("shop/bulletins/", pages.bulletins, name="shop-bulletins"),
    path("shop/bulletins/<bul:key>/", pages.bulletin, name="shop-bulletin"),
    path("shop/bulletins/<bul:key>/reading/", pages.reading, name="shop-bulletin-reading"),
]
