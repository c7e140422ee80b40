"""Addresses of a member's page of promises."""

from django.urls import path

from apass.entitlements import views

urlpatterns = [path("me/promises/", views.promises, name="promises")]
