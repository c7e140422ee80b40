"""Numbers of notifications."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

declare(
    "notification.kept",
    timedelta(days=90),
    _("How long notifications and their delivery log are kept"),
    minimum=timedelta(days=7),
    maximum=timedelta(days=730),
    unit=_("seconds"),
)
declare(
    "notification.burst",
    timedelta(minutes=5),
    _("After one e-mail or push about a thing, further ones about it wait this long"),
    minimum=timedelta(0),
    maximum=timedelta(hours=4),
    unit=_("seconds"),
)
declare(
    "notification.tests_an_hour",
    10,
    _("Test notifications one person may send in an hour"),
    minimum=1,
    maximum=100,
)
declare(
    "notification.code_kept",
    timedelta(minutes=30),
    _("How long the code for an e-mail address works"),
    minimum=timedelta(minutes=5),
    maximum=timedelta(hours=1),
    unit=_("seconds"),
)
declare(
    "notification.codes_an_hour",
    5,
    _("Codes for e-mail addresses one person may ask for in an hour"),
    minimum=1,
    maximum=20,
)
declare(
    "notification.push_hosts",
    "fcm.googleapis.com *.push.services.mozilla.com *.push.apple.com *.notify.windows.com",
    _("Push services of browsers to which we send, with a space between; *. is any name below"),
)
declare(
    "notification.simulated_push",
    "deliver",
    _("What the simulated push provider does: deliver, fail, time_out or gone"),
)
