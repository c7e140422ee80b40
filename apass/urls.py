from django.urls import path

from apass.membership import api

urlpatterns = [
    path("me/apass/", api.OwnMembership.as_view(), name="api-my-apass"),
    path("me/apass/acceptance/", api.Acceptances.as_view(), name="api-my-apass-acceptance"),
    path("me/apass/refusal/", api.Refusals.as_view(), name="api-my-apass-refusal"),
    path("me/apass/friend-codes/", api.FriendCodes.as_view(), name="api-my-apass-friend-codes"),
]
