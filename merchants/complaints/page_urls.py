"""Addresses of pages of reviews, complaints and flags."""

from django.urls import path

from merchants.complaints import pages

_REVIEW, _ONE = "shop/reviews/<rtg:key>/", "shop/complaints/<rcp:key>/"

urlpatterns = [
    path("shop/reviews/", pages.reviews, name="shop-reviews"),
    path(_REVIEW, pages.review, name="shop-review"),
    path(f"{_REVIEW}reply/", pages.reply, name="shop-review-reply"),
    path(f"{_REVIEW}complaint/", pages.complain, name="shop-review-complaint"),
    path("shop/complaints/", pages.complaints, name="shop-complaints"),
    path(_ONE, pages.complaint, name="shop-complaint"),
    path(f"{_ONE}reapplication/", pages.more, name="shop-complaint-more"),
    path("me/malicious-reviews/", pages.mine, name="my-review-matters"),
    path(
        "me/malicious-reviews/<rcp:key>/appeal/", pages.my_complaint_appeal,
        name="my-complaint-appeal",
    ),
    path("me/reviewer-flags/<rfl:key>/appeal/", pages.my_flag_appeal, name="my-flag-appeal"),
    path("policies/malicious-reviews/", pages.policy, name="policy-malicious-reviews"),
]  # fmt: skip
