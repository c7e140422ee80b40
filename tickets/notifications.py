"""What conversations tell people."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from accounts.notifications import MOBILE, WEB, Kind, declare_kind

ANSWERED = declare_kind(
    Kind(
        key="conversation.message",
        label=_("An answer while I am away"),
        discreet=_("An answer from the service"),
        media=frozenset({WEB, MOBILE}),
        merges=True,
        settles=timedelta(seconds=3),
        right="me.use",
        place=10,
    )
)
ASSIGNED = declare_kind(
    Kind(
        key="conversation.assigned",
        label=_("A colleague hands a conversation to me"),
        discreet=_("A conversation was handed to you"),
        media=frozenset({WEB, MOBILE}),
        right="desk.use",
        place=20,
    )
)
