"""Numbers of rule making (service standard, rules; E-Commerce Law 34: seven days of notice).

How long versions stay readable is none of them: no version is ever deleted (the law asks three years).
"""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

_DAY = timedelta(days=1)

declare(
    "rules.consultation",
    timedelta(days=7),
    _("How long merchants are asked about a rule at least"),
    minimum=timedelta(days=7),
    maximum=timedelta(days=60),
    legal=True,
    unit=_("seconds"),
)
declare(
    "rules.result_within",
    timedelta(days=7),
    _("How long after a consultation its result is published at the latest"),
    minimum=_DAY,
    maximum=timedelta(days=7),
    unit=_("seconds"),
)
declare(
    "rules.notice",
    timedelta(days=7),
    _("How long a rule is announced before it takes effect"),
    minimum=timedelta(days=7),
    maximum=timedelta(days=90),
    legal=True,
    unit=_("seconds"),
)
declare(
    "rules.gate_least",
    3,
    _("Score that a rule needs in each of the three dimensions"),
    minimum=3,
    maximum=5,
)
declare(
    "rules.review_first_days",
    30,
    _("Days after which it is looked whether a rule moved its target"),
    minimum=7,
    maximum=60,
)
declare(
    "rules.review_second_days",
    90,
    _("Days after which a rule that did not move its target is proposed to end"),
    minimum=61,
    maximum=365,
)
declare(
    "rules.review_least_cases",
    30,
    _("Cases below which nothing is said of a rule's effect"),
    minimum=30,
    maximum=10_000,
)
declare(
    "rules.simulation_days_most",
    365,
    _("Days a simulation of a rule may look back at most"),
    minimum=30,
    maximum=1095,
)
declare(
    "rules.emergency_holds",
    timedelta(hours=72),
    _("How long an emergency measure holds until a second person confirms it"),
    minimum=timedelta(hours=1),
    maximum=timedelta(days=7),
    unit=_("seconds"),
)
declare(
    "rules.emergency_most",
    timedelta(days=90),
    _("How long a confirmed emergency measure may hold at most"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=180),
    unit=_("seconds"),
)
declare(
    "rules.emergency_most_targets",
    20_000,
    _("Products or shops one emergency measure may be about at most"),
    minimum=1,
    maximum=200_000,
)
