"""Numbers of the nine o'clock radio (service standard, voice of the customer)."""

from datetime import time, timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

declare(
    "radio.publish_time",
    time(9),
    _("When the editions of a working day come out"),
    minimum=time(6),
    maximum=time(12),
    unit=_("Shanghai time"),
)
declare(
    "radio.kitchen_target",
    time(8, 30),
    _("When the kitchen should be empty"),
    minimum=time(5),
    maximum=time(12),
    unit=_("Shanghai time"),
)
declare("radio.max_items", 5, _("Most cases in one edition of a channel"), minimum=1, maximum=12)
declare("radio.max_quotes", 12, _("Most lines quoted in one case"), minimum=1, maximum=40)
declare(
    "radio.merge_window",
    timedelta(days=30),
    _("How long a selected case can take in others"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
declare(
    "radio.feed_idle",
    timedelta(days=90),
    _("How long a feed address works without being fetched"),
    minimum=timedelta(days=7),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
declare("radio.feed_editions", 20, _("Editions in a feed"), minimum=1, maximum=100)
