"""Goodwill as people are told of it."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import EMAIL, MOBILE, WEB, Kind, declare_kind

SHOP = declare_kind(
    Kind(
        key="shop.goodwill",
        label=_("What customers answer to my shop's offers, and what waits to be given"),
        discreet=_("News about your shop"),
        media=frozenset({EMAIL, WEB, MOBILE}),
        right="shop.use",
        place=38,
    )
)
MEMBER = declare_kind(
    Kind(
        key="me.goodwill",
        label=_("What shops offer me to make good"),
        discreet=_("A shop has something for you"),
        media=frozenset({EMAIL, WEB, MOBILE}),
        right="me.use",
        place=39,
    )
)
