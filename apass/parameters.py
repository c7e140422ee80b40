"""Numbers of the tiers' promises (service standard, member tiers)."""

from datetime import time, timedelta

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier
from common.parameters import declare

for _tier, _priority in (
    (Tier.NEW, 3),
    (Tier.NORMAL, 4),
    (Tier.SUPER, 3),
    (Tier.VIP88, 2),
    (Tier.APASS, 1),
):
    declare(
        f"tier.queue_priority.{_tier.value}",
        _priority,
        format_lazy(_("Place in the queue of {tier}; 1 is served first"), tier=_tier.label),
        minimum=1,
        maximum=9,
    )

declare(
    "apass.term",
    timedelta(days=365),
    _("How long a term of APASS lasts"),
    minimum=timedelta(days=60),
    maximum=timedelta(days=730),
    unit=_("seconds"),
)
declare(
    "apass.review_before",
    timedelta(days=30),
    _("How long before its end a term of APASS is reviewed"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=59),
    unit=_("seconds"),
)
declare(
    "apass.invitation_valid",
    timedelta(days=30),
    _("How long an invitation to APASS, or a friend's code, is good"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=90),
    unit=_("seconds"),
)
declare(
    "apass.candidate_waits",
    timedelta(days=90),
    _("How long a candidate for APASS waits for a decision before dropping out"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
declare(
    "apass.approval_waits",
    timedelta(days=30),
    _("How long an approved candidate for APASS waits for the invitation before dropping out"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
declare(
    "apass.asked_again_after",
    timedelta(days=180),
    _("How long after a no, a rejection or an end a member is not put on the list for APASS again"),
    minimum=timedelta(0),
    maximum=timedelta(days=730),
    unit=_("seconds"),
)
declare(
    "apass.friend_codes_a_year",
    2,
    _("Friends a member of APASS may invite in a year of membership"),
    minimum=0,
    maximum=20,
)
declare(
    "apass.friend_credit",
    650,
    _("Buyer credit a friend needs to come into APASS by a code"),
    minimum=0,
    maximum=1000,
)
declare(
    "apass.code_tries",
    5,
    _("Wrong codes of APASS in a row before one person has to wait"),
    minimum=3,
    maximum=20,
)
declare(
    "apass.looks_at",
    time(3, 30),
    _("When all members are looked over for candidates for APASS, every night"),
)
