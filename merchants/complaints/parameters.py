"""Numbers of complaints about reviews and of flags (domain reference, section 1; promise C5).

What a complaint's clocks are is read at the moment it was filed.
"""

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

WORKDAYS = _("working days")
DAYS = _("days")

declare(
    "complaint.window_days", 30,
    _("Days after the day of a review in which its shop may complain that it is malicious"),
    minimum=1, maximum=365, unit=DAYS,
)  # fmt: skip
declare(
    "complaint.review_workdays", 2, _("How long we look at a complaint about a review"),
    minimum=1, maximum=15, unit=WORKDAYS,
)  # fmt: skip
declare(
    "complaint.reapply_workdays", 3, _("How long a shop may ask once more after it was rejected"),
    minimum=1, maximum=15, unit=WORKDAYS,
)  # fmt: skip
declare(
    "complaint.final_workdays", 5, _("How long we look at a complaint that is asked once more"),
    minimum=1, maximum=15, unit=WORKDAYS,
)  # fmt: skip
declare("complaint.quotes", 20, _("Messages a complaint may quote"), minimum=1, maximum=100)
declare("complaint.files", 10, _("Files with one complaint"), minimum=1, maximum=50)
declare(
    "complaint.buyer_points", Decimal(12), _("Penalty points of a buyer for a malicious review"),
    minimum=Decimal("0.1"), maximum=Decimal(48),
)  # fmt: skip
declare(
    "reviewer_flag.complaints", 3, _("Upheld complaints from which a reviewer may be flagged"),
    minimum=2, maximum=20,
)  # fmt: skip
declare(
    "reviewer_flag.window_days", 180, _("Days in which these complaints were upheld"),
    minimum=30, maximum=365, unit=DAYS,
)  # fmt: skip
declare("reviewer_flag.days", 180, _("How long a flag lasts"), minimum=30, maximum=365, unit=DAYS)
declare(
    "reviewer_flag.pattern_days", 365, _("Days of other reviews in which a pattern is looked for"),
    minimum=30, maximum=1095, unit=DAYS,
)  # fmt: skip
declare(
    "reviewer_flag.pattern_least", 8, _("Other reviews below which there is no pattern"),
    minimum=5, maximum=1000,
)  # fmt: skip
declare(
    "reviewer_flag.pattern_share", Decimal("0.8"),
    _("Share of negative ones among other reviews from which there is a pattern"),
    minimum=Decimal("0.5"), maximum=Decimal(1),
)  # fmt: skip
declare(
    "reviewer_flag.appeal_days", 15,
    _("Days in which a member may appeal against an upheld complaint or a flag"),
    minimum=15, maximum=90, unit=DAYS,
)  # fmt: skip
declare(
    "reviewer_flag.appeal_workdays", 3, _("How long we look at a member's appeal"),
    minimum=1, maximum=15, unit=WORKDAYS,
)  # fmt: skip
declare(
    "reviewer_flag.weight", Decimal("0.30"),
    _("Weight of a vulnerable shop in what a flagged member is shown; 1 is as for everybody"),
    minimum=Decimal("0.05"), maximum=Decimal(1),
)  # fmt: skip
declare(
    "reviewer_flag.holdout_share", Decimal("0.20"),
    _("Share of flagged members who are left alone, to compare with"),
    minimum=Decimal("0.05"), maximum=Decimal("0.5"),
)  # fmt: skip
declare(
    "reviewer_flag.new_days", 90, _("Days for which a shop is new, and vulnerable"),
    minimum=0, maximum=365, unit=DAYS,
)  # fmt: skip
declare(
    "reviewer_flag.few_ratings", 50, _("Ratings that count below which a shop is vulnerable"),
    minimum=0, maximum=10_000,
)  # fmt: skip
declare(
    "reviewer_flag.hold_for", timedelta(hours=24),
    _("How long a flagged member's review is held at most before others read it"),
    minimum=timedelta(hours=1), maximum=timedelta(hours=72), unit=_("seconds"),
)  # fmt: skip
declare(
    "reviewer_flag.outcome_days", 30,
    _("Days after an exposure in which what follows is counted to it"),
    minimum=7, maximum=180, unit=DAYS,
)  # fmt: skip
declare(
    "reviewer_flag.smallest_arm", 30, _("Members on a side below which nothing is concluded"),
    minimum=5, maximum=10_000,
)  # fmt: skip
