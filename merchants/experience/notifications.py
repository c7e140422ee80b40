"""Early warnings as people are told of them."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import MOBILE, WEB, Kind, declare_kind

WARNING = declare_kind(
    Kind(
        key="shop.warning",
        label=_("Early warnings of my shop"),
        discreet=_("News about your shop"),
        media=frozenset({WEB, MOBILE}),
        right="shop.use",
        place=32,
    )
)
