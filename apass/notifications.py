"""What members are told of their tier, and those of APASS beside it.

What is of APASS is unlisted: who is not one must not learn of it where they choose.
"""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import MOBILE, WEB, Kind, declare_kind

TIER = declare_kind(
    Kind(
        key="standing.tier",
        label=_("My tier changes"),
        discreet=_("News about your membership"),
        media=frozenset({WEB, MOBILE}),
        merges=True,
        right="me.use",
        place=12,
    )
)
MEMBERSHIP = declare_kind(
    Kind(
        key="apass.membership",
        label=_("My APASS"),
        discreet=_("Something for you"),
        media=frozenset({WEB, MOBILE}),
        right="me.use",
        listed=False,
        place=25,
    )
)
CARE = declare_kind(
    Kind(
        key="apass.care",
        label=_("Members I look after"),
        discreet=_("Something about a member you look after"),
        media=frozenset({WEB}),
        right="desk.use",
        listed=False,
        place=26,
    )
)
