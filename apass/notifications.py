"""What members of APASS are told. Unlisted: who is not one must not learn of it where they choose."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import MOBILE, WEB, Kind, declare_kind

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
