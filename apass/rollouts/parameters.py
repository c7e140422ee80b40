"""Numbers of the testbed."""

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

declare(
    "rollout.guardrail_every",
    timedelta(minutes=15),
    _("How often guardrails of running rollouts are measured"),
    minimum=timedelta(minutes=1),
    maximum=timedelta(days=1),
)
declare(
    "rollout.observed",
    timedelta(days=7),
    _("How long after its first meeting each subject is observed for the report of a rollout"),
    minimum=timedelta(hours=1),
    maximum=timedelta(days=180),
)
declare(
    "rollout.smallest_arm",
    30,
    _("Subjects a side of a comparison needs; with fewer the report says the sample is too small"),
    minimum=2,
    maximum=10_000,
)
declare(
    "rollout.widest_interval",
    Decimal("1.0"),
    _(
        "Widest confidence interval of a difference, as a share of the other side's mean, that is"
        " still called a finding"
    ),
    minimum=Decimal("0.05"),
    maximum=Decimal("10"),
)
