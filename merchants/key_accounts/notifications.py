"""Account managers, pilot shops and staff accounts as people are told of them."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import EMAIL, MOBILE, WEB, Kind, declare_kind

CONTACT = declare_kind(
    Kind(
        key="shop.people",
        label=_("My account, and whom my shop may call"),
        discreet=_("News about your shop"),
        media=frozenset({EMAIL, WEB, MOBILE}),
        right="shop.use",
        place=32,
    )
)
PORTFOLIO = declare_kind(
    Kind(
        key="portfolio.work",
        label=_("Key accounts that are mine to look after"),
        discreet=_("News about your work"),
        media=frozenset({WEB}),
        right="portfolio.use",
        place=33,
    )
)
