"""Addresses of the workbench and of the members' pages."""

from django.urls import path

from tickets import views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("me/", views.me, name="me"),
    path("me/orders/", views.my_orders, name="my-orders"),
    path("me/limits/<blk:pk>/appeal/", views.appeal, name="my-appeal"),
    path("me/chat/", views.new_chat, name="new-chat"),
    path("me/chat/<cnv:pk>/", views.chat, name="chat"),
]
