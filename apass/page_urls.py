"""Addresses of the members' pages of promises and of APASS."""

from django.urls import path

from apass.entitlements import views
from apass.membership import pages

urlpatterns = [
    path("me/promises/", views.promises, name="promises"),
    path("me/apass/", pages.own, name="my-apass"),
    path("me/apass/acceptance/", pages.acceptance, name="my-apass-acceptance"),
    path("me/apass/refusal/", pages.refusal, name="my-apass-refusal"),
    path("me/apass/friend-codes/", pages.friend_code, name="my-apass-friend-codes"),
    path("me/apass/from/<str:secret>/", pages.from_friend, name="my-apass-friend"),
]
