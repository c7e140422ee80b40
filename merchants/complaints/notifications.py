"""Complaints about reviews as people are told of them."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import EMAIL, MOBILE, WEB, Kind, declare_kind

SHOP = declare_kind(
    Kind(
        key="shop.review_complaint",
        label=_("What becomes of my shop's complaints about reviews"),
        discreet=_("News about your shop"),
        media=frozenset({EMAIL, WEB, MOBILE}),
        right="shop.use",
        place=32,
    )
)
HOUSE = declare_kind(
    Kind(
        key="review.complaint",
        label=_("Complaints about reviews, and appeals, that wait for a decision"),
        discreet=_("A complaint waits for you"),
        media=frozenset({WEB}),
        right="ratings.manage",
        place=33,
    )
)
MEMBER = declare_kind(
    Kind(
        key="me.malicious_review",
        label=_("Complaints about my reviews, and what follows from them"),
        discreet=_("Something about your reviews"),
        media=frozenset({EMAIL, WEB, MOBILE}),
        # What can be appealed against must not be missed.
        may_be_silenced=False,
        right="me.use",
        place=34,
    )
)
