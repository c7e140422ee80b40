"""Addresses of a shop's pages of its cases."""

from django.urls import path

from merchants.penalties import pages

_ONE = "shop/violations/<str:violation_no>/"

urlpatterns = [
    path("shop/violations/", pages.cases, name="shop-violations"),
    path("shop/notices/", pages.notices, name="shop-notices"),
    path(_ONE, pages.case, name="shop-violation"),
    path(f"{_ONE}statement/", pages.statement, name="shop-violation-statement"),
    path(f"{_ONE}exam/", pages.exam, name="shop-violation-exam"),
    path(f"{_ONE}appeal/", pages.appeal, name="shop-violation-appeal"),
]
