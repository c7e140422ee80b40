"""Numbers of webhooks."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

declare(
    "webhooks.most_tries",
    15,
    _("Tries of one delivery before it is given up"),
    minimum=1,
    maximum=50,
)
declare(
    "webhooks.give_up_after",
    timedelta(hours=24),
    _("How long a delivery is tried"),
    minimum=timedelta(minutes=1),
    maximum=timedelta(days=7),
    unit=_("seconds"),
)
declare(
    "webhooks.first_pause",
    timedelta(seconds=10),
    _("Longest pause after a delivery's first failure; it doubles with every try"),
    minimum=timedelta(seconds=1),
    maximum=timedelta(minutes=10),
    unit=_("seconds"),
)
declare(
    "webhooks.longest_pause",
    timedelta(hours=4),
    _("Longest pause between two tries of a delivery"),
    minimum=timedelta(seconds=1),
    maximum=timedelta(hours=24),
    unit=_("seconds"),
)
declare(
    "webhooks.breaker_after",
    5,
    _("Failures in a row after which a host is left alone for a while"),
    minimum=1,
    maximum=1000,
)
declare(
    "webhooks.breaker_pause",
    timedelta(seconds=30),
    _("How long a failing host is left alone at first; it doubles up to half an hour"),
    minimum=timedelta(seconds=1),
    maximum=timedelta(minutes=30),
    unit=_("seconds"),
)
declare(
    "webhooks.in_flight", 8, _("Deliveries one clock sends at the same time"), minimum=1, maximum=64
)
declare(
    "webhooks.in_flight_per_host",
    3,
    _("Deliveries one clock sends to one host at the same time"),
    minimum=1,
    maximum=64,
)
declare(
    "webhooks.secret_overlap",
    timedelta(hours=24),
    _("How long the old secret of a webhook still signs after a change"),
    minimum=timedelta(0),
    maximum=timedelta(days=30),
    unit=_("seconds"),
)
declare(
    "webhooks.gather",
    timedelta(seconds=5),
    _("How long messages are gathered before a webhook tells of them"),
    minimum=timedelta(seconds=1),
    maximum=timedelta(minutes=10),
    unit=_("seconds"),
)
declare("webhooks.most_per_person", 10, _("Webhooks one person may have"), minimum=1, maximum=1000)
declare(
    "webhooks.kept",
    timedelta(days=30),
    _("How long deliveries are kept after they are done"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=400),
    unit=_("seconds"),
)
declare(
    "webhooks.ports",
    "443,80",
    _("Ports that webhooks may call, comma between"),
)
declare("webhooks.plain_http", False, _("Webhooks may call addresses without TLS (http://)"))
declare(
    "webhooks.allowed_inside",
    "",
    _("Receivers inside our own network that webhooks may call: host:port, comma between"),
)
