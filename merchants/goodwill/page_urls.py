"""Addresses of pages of goodwill."""

from django.urls import path

from merchants.goodwill import pages

urlpatterns = [
    path("shop/goodwill/", pages.goodwill, name="shop-goodwill"),
    path("shop/goodwill/<str:shop_no>/plan/", pages.plan, name="shop-goodwill-plan"),
    path("shop/goodwill/<str:shop_no>/offer/", pages.offer, name="shop-goodwill-offer"),
    path("shop/gestures/<gst:key>/fulfilment/", pages.fulfil, name="shop-gesture-fulfilment"),
    path("shop/gestures/<gst:key>/withdrawal/", pages.withdraw, name="shop-gesture-withdrawal"),
    path("me/goodwill/", pages.mine, name="my-goodwill"),
    path("me/goodwill/<gst:key>/answer/", pages.answer, name="my-goodwill-answer"),
]
