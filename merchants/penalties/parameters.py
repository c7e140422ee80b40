"""Numbers of violations, penalties and appeals (domain reference, section 6), and limits by role (D6).

The numbers of a node are read at the moment its case was opened, those of the year's end at that end.
"""

from datetime import timedelta
from decimal import Decimal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from common.parameters import declare
from merchants.models import ActKind, NodeCode
from merchants.penalties import rules

WORKDAYS = _("working days")
DAYS = _("days")

declare(
    "penalty.statement_workdays", 3, _("How long a shop may state before a decision"),
    minimum=1, maximum=15, unit=WORKDAYS,
)  # fmt: skip
declare(
    "penalty.decision_workdays", 3, _("How long after the statement period a case is decided"),
    minimum=1, maximum=15, unit=WORKDAYS,
)  # fmt: skip
# The legal ceiling: published within one working day of the decision.
declare(
    "penalty.notice_workdays", 1, _("How long after a decision its public notice is due"),
    minimum=0, maximum=1, legal=True, unit=WORKDAYS,
)  # fmt: skip
declare(
    "penalty.notice_lead", timedelta(hours=1),
    _("How long before it is due the clock publishes a notice nobody has published"),
    minimum=timedelta(minutes=1), maximum=timedelta(hours=12), unit=_("seconds"),
)  # fmt: skip
declare(
    "penalty.begins_after", timedelta(0), _("How long after a decision its measures begin"),
    minimum=timedelta(0), maximum=timedelta(days=7), unit=_("seconds"),
)  # fmt: skip
declare(
    "penalty.emergency_waits", timedelta(hours=24),
    _("How long a call of an emergency waits for a second person"),
    minimum=timedelta(minutes=10), maximum=timedelta(days=3), unit=_("seconds"),
)  # fmt: skip
declare("penalty.strikes", 3, _("Strikes that close a shop for good"), minimum=2, maximum=10)
declare(
    "penalty.strike_points", Decimal(12), _("Points of class C from which a case is a strike"),
    minimum=Decimal(1), maximum=Decimal(48),
)  # fmt: skip
declare(
    "penalty.exam_pass", 80, _("Points of an exam, of 100, with which it is passed"),
    minimum=50, maximum=100,
)  # fmt: skip
declare(
    "penalty.exam_days", 7, _("How long a shop has for an exam in place of a penalty"),
    minimum=1, maximum=30, unit=DAYS,
)  # fmt: skip
declare(
    "penalty.spam_rules", "spam-listing",
    _("Rules about spam, by code, with blanks between: an exam may take the penalty's place"),
)  # fmt: skip
declare(
    "penalty.spam_cap", Decimal(7), _("Most points that spam costs a shop within the days of the cap"),
    minimum=Decimal("0.2"), maximum=Decimal(48),
)  # fmt: skip
declare(
    "penalty.spam_days", 3, _("Days of the cap on points for spam"),
    minimum=1, maximum=30, unit=DAYS,
)  # fmt: skip
for _key, _default, _label in (
    ("b_stays_from", 48, _("Points of class B that stay at the year's end")),
    ("c_stays_from", 48, _("Points of class C that stay at the year's end")),
    ("c_carries_from", 24, _("Points of class C of which some carry over at the year's end")),
    ("c_carried", 24, _("Points of class C that carry over at the year's end")),
):
    declare(f"penalty.{_key}", Decimal(_default), _label, minimum=Decimal(0), maximum=Decimal(480))

_WARNED = (rules.SHOP_SHIELD, rules.LISTING_BAN, rules.PUBLIC_WARNING)
_HELD = (*_WARNED, rules.NEW_SHOP_BAN, rules.CONTACT_LIMITS)
_EMPTIED = (*_HELD, rules.DELIST_ALL)
_REMOVED = (*_EMPTIED, rules.SHOP_REMOVED)
_DEFAULTS: dict[str, tuple[int, int, tuple[str, ...]]] = {
    # node: points, days (0: for good), measures
    "a12": (12, 12, _WARNED),
    "b12": (12, 7, _HELD),
    "b24": (24, 14, _EMPTIED),
    "b36": (36, 21, (rules.SHOP_CLOSE, rules.PUBLIC_WARNING)),
    "b48": (48, 0, (rules.ACCOUNT_SEAL,)),
    "c12": (12, 7, _HELD),
    "c24": (24, 14, _REMOVED),
    "c36": (36, 21, _REMOVED),
    "c48": (48, 0, (rules.ACCOUNT_SEAL,)),
    "c_strikes": (0, 0, (rules.SHOP_CLOSE, rules.PUBLIC_WARNING)),
}
for _node, (_points, _days, _measures) in _DEFAULTS.items():
    _name = NodeCode(_node).label
    if _points:
        declare(
            f"penalty.{_node}.points", Decimal(_points),
            format_lazy(_("{node}: points from which it is met"), node=_name),
            minimum=Decimal(1), maximum=Decimal(480),
        )  # fmt: skip
    declare(
        f"penalty.{_node}.days", _days,
        format_lazy(_("{node}: how long it lasts; 0 is for good"), node=_name),
        minimum=0, maximum=3650, unit=DAYS,
    )  # fmt: skip
    declare(
        f"penalty.{_node}.measures", " ".join(_measures),
        format_lazy(_("{node}: its measures, with blanks between"), node=_name),
        words=rules.MEASURES,
    )  # fmt: skip

declare(
    "appeal.days", 15, _("How long a shop may appeal; its days stop while we review"),
    minimum=15, maximum=60, unit=DAYS,
)  # fmt: skip
declare(
    "appeal.review_workdays", 3, _("How long we review an appeal"),
    minimum=1, maximum=15, unit=WORKDAYS,
)  # fmt: skip
declare(
    "appeal.fast_workdays", 1, _("How long we review an appeal in the fast lane"),
    minimum=1, maximum=15, unit=WORKDAYS,
)  # fmt: skip
declare(
    "appeal.review_most_workdays", 15, _("How long we review an appeal that was extended"),
    minimum=3, maximum=15, unit=WORKDAYS,
)  # fmt: skip
declare(
    "case.upload_bytes", 10_485_760, _("Largest file of a case"),
    minimum=1024, maximum=104_857_600,
)  # fmt: skip
declare("case.files", 10, _("Files with one statement or appeal"), minimum=1, maximum=50)
declare(
    "case.uploads_a_day", 60, _("Files one person may send to cases in a day"),
    minimum=1, maximum=1000,
)  # fmt: skip
declare(
    "case.file_waits", timedelta(days=1),
    _("How long a file that was sent and attached to nothing is kept"),
    minimum=timedelta(hours=1), maximum=timedelta(days=30), unit=_("seconds"),
)  # fmt: skip

_LIMITS: dict[str, dict[str, int]] = {
    # kind: days one may decide alone, by role; above them a second person who may
    ActKind.CLOSE: {Role.AGENT: 0, Role.SENIOR: 1, Role.LEAD: 3, Role.OPERATIONS: 7},
    ActKind.RESTRICT: {Role.AGENT: 1, Role.SENIOR: 3, Role.LEAD: 7, Role.OPERATIONS: 30},
    ActKind.DELIST: {Role.AGENT: 0, Role.SENIOR: 1, Role.LEAD: 3, Role.OPERATIONS: 14},
    ActKind.REWARD: {Role.AGENT: 1, Role.SENIOR: 3, Role.LEAD: 7, Role.OPERATIONS: 30},
}
for _kind, _by_role in _LIMITS.items():
    for _role, _alone in _by_role.items():
        declare(
            f"shop_act.{ActKind(_kind).value}_{Role(_role).value}", _alone,
            format_lazy(
                _("“{act}”: days that {role} decides alone"),
                act=ActKind(_kind).label, role=Role(_role).label,
            ),
            minimum=0, maximum=365, unit=DAYS,
        )  # fmt: skip
declare(
    "shop_act.most_days", 90, _("Days that an act on a shop holds at most, whoever decides"),
    minimum=1, maximum=365, unit=DAYS,
)  # fmt: skip
declare(
    "shop_act.undo_window", timedelta(hours=24), _("How long an act on a shop may be undone"),
    minimum=timedelta(minutes=10), maximum=timedelta(days=7), unit=_("seconds"),
)  # fmt: skip
declare(
    "shop_act.waits", timedelta(hours=48), _("How long an act on a shop waits for a second person"),
    minimum=timedelta(hours=1), maximum=timedelta(days=14), unit=_("seconds"),
)  # fmt: skip
declare(
    "shop_act.boost", Decimal("1.2"), _("By what a reward multiplies a shop's weight in search"),
    minimum=Decimal(1), maximum=Decimal(2),
)  # fmt: skip
