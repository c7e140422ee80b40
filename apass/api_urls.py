from django.urls import path

from apass.entitlements import api

urlpatterns = [
    path("me/entitlements/", api.MyEntitlements.as_view(), name="api-my-entitlements"),
    path(
        "members/<str:member_no>/entitlements/",
        api.Entitlements.as_view(),
        name="api-entitlements",
    ),
    path("members/<str:member_no>/redemptions/", api.Redemptions.as_view(), name="api-redemptions"),
]
