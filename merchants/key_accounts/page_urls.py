"""Addresses of the portfolio, the wall of pilot shops, and a merchant's people."""

from django.urls import path

from merchants.key_accounts import pages

_TRIED = "pilots/<slug:code>/"
_PERSON = "shop/people/<str:merchant_no>/<usr:key>/"

urlpatterns = [
    path("portfolio/", pages.portfolio, name="portfolio"),
    path("portfolio/absence/", pages.absence, name="portfolio-absence"),
    path("portfolio/return/", pages.back, name="portfolio-return"),
    path("portfolio/<mga:key>/contacts/", pages.contact, name="portfolio-contact"),
    path("pilots/", pages.pilots, name="pilots"),
    path(_TRIED, pages.pilot, name="pilot"),
    path(f"{_TRIED}feedback/", pages.feedback, name="pilot-feedback"),
    path(f"{_TRIED}shops/<str:shop_no>/decline/", pages.decline, name="pilot-decline"),
    path(f"{_TRIED}shops/<str:shop_no>/accept/", pages.accept, name="pilot-accept"),
    path("shop/people/", pages.people, name="shop-people"),
    path("shop/people/<str:merchant_no>/invite/", pages.invite, name="shop-people-invite"),
    path(f"{_PERSON}rights/", pages.rights, name="shop-people-rights"),
    path(f"{_PERSON}end/", pages.end, name="shop-people-end"),
]
