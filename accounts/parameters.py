"""Numbers of signing in."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

declare(
    "sign_in.tries",
    5,
    _("Wrong passwords in a row from one address before an account is locked there"),
    minimum=3,
    maximum=20,
)
declare(
    "sign_in.tries_anywhere",
    50,
    _("Wrong passwords in a row from all addresses before an account is locked"),
    minimum=10,
    maximum=500,
)
declare(
    "sign_in.lock",
    timedelta(minutes=15),
    _("How long an account stays locked after too many wrong passwords"),
    minimum=timedelta(minutes=1),
    maximum=timedelta(hours=24),
    unit=_("seconds"),
)
