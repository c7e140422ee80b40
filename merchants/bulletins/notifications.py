"""Bulletins as people are told of them."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import EMAIL, MOBILE, WEB, Kind, declare_kind

SHOP = declare_kind(
    Kind(
        key="shop.bulletin",
        label=_("Bulletins of the marketplace to my shop"),
        discreet=_("News about your shop"),
        media=frozenset({WEB, MOBILE}),
        right="shop.use",
        place=35,
    )
)
SHOP_URGENT = declare_kind(
    Kind(
        key="shop.bulletin_urgent",
        label=_("Urgent bulletins of the marketplace to my shop"),
        discreet=_("Urgent news about your shop"),
        media=frozenset({EMAIL, WEB, MOBILE}),
        urgent=True,
        right="shop.use",
        place=36,
    )
)
HOUSE = declare_kind(
    Kind(
        key="house.bulletin",
        label=_("Bulletins that wait for a second person, and those that are sent"),
        discreet=_("A bulletin waits for you"),
        media=frozenset({WEB}),
        right="bulletins.approve",
        place=37,
    )
)
