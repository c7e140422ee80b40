"""The address of a shop's experience score."""

from django.urls import path

from merchants.experience import pages

urlpatterns = [path("shop/score/", pages.score, name="shop-score")]
