"""Numbers of the experience score, of early warnings, and of the activity gate (domain reference, section 2)."""

from datetime import time
from decimal import Decimal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.parameters import declare
from merchants.experience import rules

DAYS = _("days")
NAMES = {
    rules.PRODUCT: _("product"),
    rules.LOGISTICS: pgettext_lazy("part of a score", "logistics"),
    rules.AFTER_SALE: _("after-sale"),
    rules.DISPUTE: _("disputes"),
    rules.CONSULT: pgettext_lazy("part of a score", "consultation"),
    rules.EXTRA: _("extra services"),
    rules.SERVICE: pgettext_lazy("part of a score", "service"),
}
WEIGHTS = {
    "a": {
        rules.PRODUCT: 30, rules.LOGISTICS: 20, rules.AFTER_SALE: 15, rules.DISPUTE: 15,
        rules.CONSULT: 15, rules.EXTRA: 5,
    },
    "b": {rules.PRODUCT: 50, rules.LOGISTICS: 15, rules.SERVICE: 35},
}  # fmt: skip

declare(
    "experience.counts_at", time(1, 0),
    _("Hour after which the experience scores of the day before are counted"),
)  # fmt: skip
for _preset, _weights in WEIGHTS.items():
    for _code, _weight in _weights.items():
        declare(
            f"experience.{_preset}_{_code}", _weight,
            format_lazy(_("Preset {preset}: weight of {part}"), preset=_preset.upper(), part=NAMES[_code]),
            minimum=0, maximum=100,
        )  # fmt: skip
declare(
    "experience.b_categories", "",
    _("Main categories weighted by preset B, separated by commas; all others by preset A"),
)  # fmt: skip
declare(
    "experience.metric_days", 60,
    _("Days for which the metrics behind a score are kept; scores are kept for good"),
    minimum=31, maximum=730, unit=DAYS,
)  # fmt: skip
for _band, _from, _label in (
    ("excellent", "4.80", _("Experience score from which a shop is excellent")),
    ("good", "4.50", _("Experience score from which a shop is good")),
    ("fair", "4.00", _("Experience score from which a shop is fair")),
):
    declare(f"experience.{_band}", Decimal(_from), _label, minimum=Decimal(3), maximum=Decimal(5))
declare(
    "experience.trusted", Decimal("4.80"),
    _("Experience score from which the platform does not step in on refund-only after receipt, and "
      "appeals go to the fast lane"),
    minimum=Decimal(3), maximum=Decimal(5),
)  # fmt: skip

declare(
    "warning.days", 7, _("Days within which a shop is warned once of one metric in one colour"),
    minimum=1, maximum=60, unit=DAYS,
)  # fmt: skip
for _key, _default, _label, _low, _high in (
    ("dsr_amber", "4.7", _("Score below which a shop is warned, amber"), 1, 5),
    ("dsr_red", "4.6", _("Score below which a shop is warned, red"), 1, 5),
    ("dispute_amber", "2", _("Times the mean dispute refund rate above which a shop is warned, amber"), 1, 50),
    ("dispute_red", "5", _("Times the mean dispute refund rate above which a shop is warned, red"), 1, 50),
    ("three_minute_amber", "0.90", _("Three-minute rate below which a shop is warned, amber"), 0, 1),
    ("three_minute_red", "0.40", _("Three-minute rate below which a shop is warned, red"), 0, 1),
    ("points_amber", "8", _("Points of a node of twelve from which a shop is warned, amber"), 1, 48),
    ("points_red", "11", _("Points of a node of twelve from which a shop is warned, red"), 1, 48),
):  # fmt: skip
    declare(
        f"warning.{_key}", Decimal(_default), _label, minimum=Decimal(_low), maximum=Decimal(_high)
    )

declare(
    "activity.dsr", Decimal("4.6"), _("Score that each dimension needs for activities"),
    minimum=Decimal(1), maximum=Decimal(5),
)  # fmt: skip
declare(
    "activity.dispute_factor", Decimal(5),
    _("Times the mean dispute refund rate up to which a shop joins activities"),
    minimum=Decimal(1), maximum=Decimal(50),
)  # fmt: skip
declare(
    "activity.dispute_cases", 3, _("Disputes below which the rate does not matter for activities"),
    minimum=1, maximum=100,
)  # fmt: skip
declare(
    "activity.fake_trade_rules", "fake-trade",
    _("Rules about fake trade, by code, with blanks between"),
)  # fmt: skip
for _key, _days, _label in (
    ("a_node_days", 90, _("Days without a node of class A before an activity")),
    ("b_node_days", 365, _("Days without a node of class B before an activity")),
    ("fake_trade_days", 730, _("Days of which points for fake trade count for activities")),
    ("fake_trade_none_days", 90, _("Days without any points for fake trade before an activity")),
    ("counterfeit_days", 730, _("Days of which points for counterfeits count for activities")),
    ("counterfeit_less_days", 365, _("Days of which points for counterfeits count, by the lower line")),
):  # fmt: skip
    declare(f"activity.{_key}", _days, _label, minimum=1, maximum=3650, unit=DAYS)
for _key, _points, _label in (
    ("fake_trade_points", 48, _("Points for fake trade with which a shop joins no activity")),
    ("counterfeit_points", 24, _("Points for counterfeits with which a shop joins no activity")),
    ("counterfeit_less", 12, _("Points for counterfeits with which a shop joins none, by the lower line")),
):  # fmt: skip
    declare(f"activity.{_key}", Decimal(_points), _label, minimum=Decimal(1), maximum=Decimal(480))
