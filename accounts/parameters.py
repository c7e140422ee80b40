"""Numbers of signing in."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from accounts import rules
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
declare(
    "personal_data.reveals_a_day",
    30,
    _("Fields of members one person may look at unmasked in a day"),
    minimum=1,
    maximum=200,
)
declare(
    "personal_data.reveals_a_day_lead",
    60,
    _("Fields of members a team lead may look at unmasked in a day"),
    minimum=1,
    maximum=400,
)
declare(
    "personal_data.shown_for",
    timedelta(seconds=60),
    _("How long a revealed field stays readable on the page"),
    minimum=timedelta(seconds=10),
    maximum=timedelta(minutes=10),
    unit=_("seconds"),
)
declare(
    "personal_data.text_shown_for",
    timedelta(minutes=10),
    _("How long a revealed conversation stays readable in the back office"),
    minimum=timedelta(minutes=1),
    maximum=timedelta(minutes=60),
    unit=_("seconds"),
)
declare(
    "personal_data.recent",
    timedelta(days=30),
    _("How long after a conversation its agents still have business with the member"),
    minimum=timedelta(0),
    maximum=timedelta(days=180),
    unit=_("seconds"),
)
declare(
    "personal_data.name_agents_to_members",
    False,
    _("Members read the name of who looked at their data, not only role and team"),
)
declare(
    "personal_data.answer_days",
    15,
    _("Working days in which a personal data request is answered"),
    minimum=1,
    maximum=15,
    legal=True,
)
declare(
    "personal_data.warn_days",
    3,
    _("Working days before its deadline on which a personal data request is called urgent"),
    minimum=1,
    maximum=10,
)
declare(
    "personal_data.package_kept",
    timedelta(days=7),
    _("How long a copy can be downloaded before it is deleted"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=30),
    unit=_("seconds"),
)
declare(
    "personal_data.hidden_for",
    timedelta(days=7),
    _("How long an account that asked for erasure is only hidden, and can be brought back"),
    minimum=timedelta(0),
    maximum=timedelta(days=15),
    unit=_("seconds"),
)
declare(
    "personal_data.access_log_kept",
    timedelta(days=1096),
    _("How long the access log is kept"),
    minimum=timedelta(days=rules.ACCESS_LOG_DAYS),
    maximum=timedelta(days=3660),
    legal=True,
    unit=_("seconds"),
)
declare(
    "contacts.sign_shared_by_most",
    5,
    _(
        "How many may share a phone, device, address or payer before it says nothing about who they are"
    ),
    minimum=2,
    maximum=50,
)
declare(
    "token.access",
    timedelta(minutes=10),
    _("How long an app's access token works before the app renews it"),
    minimum=timedelta(minutes=1),
    maximum=timedelta(hours=1),
    unit=_("seconds"),
)
declare(
    "token.refresh_idle",
    timedelta(days=30),
    _("How long an app stays signed in without being used"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=180),
    unit=_("seconds"),
)
declare(
    "token.sign_in_limit",
    timedelta(days=180),
    _("How long an app stays signed in at most, however often it is used"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
declare(
    "token.refresh_grace",
    timedelta(seconds=30),
    _("How long a renewal whose answer was lost can be asked for again"),
    minimum=timedelta(seconds=5),
    maximum=timedelta(minutes=2),
    unit=_("seconds"),
)
declare(
    "token.devices_most",
    20,
    _("Devices one person can be signed in on at the same time"),
    minimum=1,
    maximum=100,
)
declare(
    "token.ended_kept",
    timedelta(days=180),
    _("How long a device that was signed out stays in the back office's list"),
    minimum=timedelta(days=30),
    maximum=timedelta(days=1095),
    unit=_("seconds"),
)
declare(
    "token.integration_longest",
    timedelta(days=365),
    _("How long an integration token works at most"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
declare(
    "token.socket_ticket",
    timedelta(seconds=30),
    _("How long a ticket for a socket can be used"),
    minimum=timedelta(seconds=5),
    maximum=timedelta(minutes=2),
    unit=_("seconds"),
)
declare(
    "password.minimum_length",
    10,
    _("How many characters a password has at least"),
    minimum=8,
    maximum=64,
    legal=True,
)
declare(
    "invitation.valid",
    timedelta(hours=72),
    _("How long the link of an invitation works"),
    minimum=timedelta(hours=1),
    maximum=timedelta(hours=72),
    legal=True,
    unit=_("seconds"),
)
declare(
    "code.pause",
    timedelta(minutes=1),
    _("How long one phone waits between two codes"),
    minimum=timedelta(seconds=30),
    maximum=timedelta(minutes=10),
    unit=_("seconds"),
)
declare(
    "code.phone_an_hour",
    5,
    _("How many codes one phone gets within an hour"),
    minimum=1,
    maximum=20,
)
declare(
    "code.phone_a_day",
    10,
    _("How many codes one phone gets within a day"),
    minimum=1,
    maximum=50,
)
declare(
    "code.address_an_hour",
    30,
    _("How many codes one address asks for within an hour, over all phones"),
    minimum=3,
    maximum=1_000,
)
declare(
    "standing.every",
    timedelta(minutes=10),
    _("How often scores and tiers follow the orders"),
    minimum=timedelta(seconds=10),
    maximum=timedelta(hours=24),
    unit=_("seconds"),
)
_bad = {
    "dispute_lost": (-40, _("Buyer credit for a dispute lost in bad faith")),
    "false_return": (-150, _("Buyer credit for a false return")),
    "malicious_review": (-50, _("Buyer credit for a malicious review, upheld")),
    "recoup_overdue": (-100, _("Buyer credit for an advance not paid back in time")),
}
for _cause, (_points, _label) in _bad.items():
    declare(f"score.points.{_cause}", _points, _label, minimum=-500, maximum=-1)
declare(
    "score.points.good_deed",
    10,
    _("Buyer credit for a good deed"),
    minimum=1,
    maximum=100,
)
