"""Addresses of managers and staff accounts at the API."""

from django.urls import path

from merchants.key_accounts import api

urlpatterns = [
    path("shops/<str:shop_no>/manager/", api.ShopManagers.as_view(), name="api-shop-manager"),
    path("shop/staff/", api.Staff.as_view(), name="api-shop-staff"),
    path(
        "shop/staff/<str:merchant_no>/<usr:key>/",
        api.OneStaff.as_view(),
        name="api-shop-staff-one",
    ),
]
