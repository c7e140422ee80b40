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
declare(
    "sign_in.tries_address",
    100,
    _("Wrong tries in a row at one address, over all names, before strangers are locked out there"),
    minimum=20,
    maximum=10_000,
)
declare(
    "sign_in.tries_person_here",
    10,
    _("How many more wrong tries an address has for each person who came in from there this week"),
    minimum=0,
    maximum=100,
)
declare(
    "sign_in.proof_holds",
    timedelta(minutes=10),
    _("How long a password or passkey counts before sensitive acts ask for it again"),
    minimum=timedelta(minutes=1),
    maximum=timedelta(hours=1),
    unit=_("seconds"),
)
declare(
    "second_step.required_roles",
    "operations lead",
    _("Roles that come in with a second step only; empty for nobody"),
)
declare(
    "second_step.grace",
    timedelta(days=7),
    _("How long somebody has to set the second step up, from joining or from when it is required"),
    minimum=timedelta(0),
    maximum=timedelta(days=60),
    unit=_("seconds"),
)
declare(
    "second_step.tries",
    20,
    _("Wrong codes of the second step in a row, from all addresses, before it is locked"),
    minimum=5,
    maximum=100,
)
