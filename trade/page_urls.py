"""Addresses of members' pages of their orders."""

from django.urls import path

from trade.ratings import views

urlpatterns = [path("me/orders/<str:order_no>/rating/", views.rating, name="my-rating")]
