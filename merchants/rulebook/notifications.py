"""What merchants and the rule team are told about rules."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import MOBILE, WEB, Kind, declare_kind

DRAFTS = declare_kind(
    Kind(
        key="rules.drafts",
        label=_("Drafts of rules I am asked about"),
        discreet=_("A draft of a rule"),
        media=frozenset({WEB, MOBILE}),
        right="shop.use",
        place=40,
    )
)
CHANGES = declare_kind(
    Kind(
        key="rules.changes",
        label=_("Rules that change"),
        discreet=_("A rule changes"),
        media=frozenset({WEB}),
        right="shop.use",
        place=41,
    )
)
WORK = declare_kind(
    Kind(
        key="rules.work",
        label=_("Rules I am making"),
        discreet=_("Something about a rule"),
        media=frozenset({WEB}),
        right="rules.manage",
        place=42,
    )
)
