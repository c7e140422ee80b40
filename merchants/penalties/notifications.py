"""Violations, penalties and appeals as people are told of them."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import EMAIL, MOBILE, WEB, Kind, declare_kind

PENALTY = declare_kind(
    Kind(
        key="shop.penalty",
        label=_("Violations and penalties of my shop"),
        discreet=_("News about your shop"),
        media=frozenset({EMAIL, WEB, MOBILE}),
        # What has a deadline must not be missed.
        may_be_silenced=False,
        right="shop.use",
        place=30,
    )
)
CASE = declare_kind(
    Kind(
        key="shop.case",
        label=_("Cases of shops that wait for a decision"),
        discreet=_("A case waits for you"),
        media=frozenset({WEB}),
        right="penalties.decide",
        place=31,
    )
)
