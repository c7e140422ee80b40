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
LIMITS = declare_kind(
    Kind(
        key="harassment.limits",
        label=_("How I can reach the service changes"),
        discreet=_("News about how you can reach us"),
        media=frozenset({WEB, MOBILE}),
        right="me.use",
        place=15,
    )
)
TO_JUDGE = declare_kind(
    Kind(
        key="harassment.case",
        label=_("Harassment that I should look at"),
        discreet=_("Something waits for your judgement"),
        media=frozenset({WEB, MOBILE}),
        right="harassment.confirm",
        place=25,
    )
)
REST = declare_kind(
    Kind(
        key="harassment.rest",
        label=_("A rest is offered to me"),
        discreet=_("A rest is offered to you"),
        media=frozenset({WEB, MOBILE}),
        right="desk.use",
        place=26,
    )
)
