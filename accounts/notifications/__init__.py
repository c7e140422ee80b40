"""What people are told: kinds, quiet hours, and the ways out of the house.

``accounts.actions.notify`` writes; here is what it needs to know, and the doors onto it.
"""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from accounts.notifications.kinds import (
    EMAIL,
    MEDIA,
    MOBILE,
    WEB,
    Kind,
    all_kinds,
    declare_kind,
    kind_of,
    known_kind,
    media_for,
)

__all__ = [
    "EMAIL",
    "MEDIA",
    "MOBILE",
    "WEB",
    "Kind",
    "all_kinds",
    "declare_kind",
    "kind_of",
    "known_kind",
    "media_for",
]

NEW_DEVICE = declare_kind(
    Kind(
        key="sign_in.new_device",
        label=_("A new device signed in to my account"),
        discreet=_("Something about your account"),
        media=frozenset({EMAIL, WEB, MOBILE}),
        urgent=True,
        may_be_silenced=False,
        place=80,
    )
)
LOOKED_AT = declare_kind(
    Kind(
        key="personal_data.looked_at",
        label=_("Somebody looked at my personal data"),
        discreet=_("Something about your personal data"),
        media=frozenset(),
        merges=True,
        place=81,
    )
)
PERSONAL_DATA = declare_kind(
    Kind(
        key="personal_data.request",
        label=_("What becomes of my requests about my data"),
        discreet=_("Something about your personal data"),
        media=frozenset({EMAIL}),
        may_be_silenced=False,
        place=82,
    )
)
BOUNCED = declare_kind(
    Kind(
        key="email.bounced",
        label=_("My e-mail address refuses our letters"),
        discreet=_("Something about your e-mail address"),
        media=frozenset(),
        merges=True,
        listed=False,
        place=83,
    )
)
WEBHOOK_DEAD = declare_kind(
    Kind(
        key="webhook.dead",
        label=_("An outbound webhook was given up"),
        discreet=_("Something about a webhook"),
        media=frozenset({EMAIL, WEB}),
        merges=True,
        settles=timedelta(seconds=30),
        right="webhooks.use",
        place=90,
    )
)
TEST = declare_kind(
    Kind(
        key="notification.test",
        label=_("Test notifications"),
        discreet=_("A test notification"),
        urgent=True,
        listed=False,
        place=99,
    )
)
