from django.urls import path

from apass.entitlements import api
from apass.membership import api as membership

urlpatterns = [
    path("me/entitlements/", api.MyEntitlements.as_view(), name="api-my-entitlements"),
    path(
        "members/<str:member_no>/entitlements/",
        api.Entitlements.as_view(),
        name="api-entitlements",
    ),
    path("members/<str:member_no>/redemptions/", api.Redemptions.as_view(), name="api-redemptions"),
    path("me/apass/", membership.OwnMembership.as_view(), name="api-my-apass"),
    path("me/apass/acceptance/", membership.Acceptances.as_view(), name="api-my-apass-acceptance"),
    path("me/apass/refusal/", membership.Refusals.as_view(), name="api-my-apass-refusal"),
    path(
        "me/apass/friend-codes/", membership.FriendCodes.as_view(), name="api-my-apass-friend-codes"
    ),
]
