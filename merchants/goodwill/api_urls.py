"""Addresses of goodwill at the API."""

from django.urls import path

from merchants.goodwill import api

_SHOP, _ONE, _MINE = "shops/<str:shop_no>/goodwill/", "shop/goodwill/<gst:key>/", "me/goodwill/"

urlpatterns = [
    path(_SHOP, api.Plans.as_view(), name="api-shop-goodwill"),
    path(f"{_SHOP}gestures/", api.Gestures.as_view(), name="api-shop-gestures"),
    path(f"{_SHOP}effect/", api.Effects.as_view(), name="api-shop-goodwill-effect"),
    path(f"{_ONE}fulfilment/", api.Fulfilments.as_view(), name="api-gesture-fulfilment"),
    path(f"{_ONE}withdrawal/", api.Withdrawals.as_view(), name="api-gesture-withdrawal"),
    path(_MINE, api.MyGestures.as_view(), name="api-my-gestures"),
    path(f"{_MINE}<gst:key>/", api.OneGesture.as_view(), name="api-my-gesture"),
    path(f"{_MINE}<gst:key>/answer/", api.GestureAnswers.as_view(), name="api-my-gesture-answer"),
]
