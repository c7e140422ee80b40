"""The address of the merchants' home."""

from django.urls import path

from merchants.home import pages

urlpatterns = [path("shop/", pages.home, name="shop-home")]
