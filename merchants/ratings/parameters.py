"""Numbers of ratings, scores and credit (domain reference, section 1)."""

from datetime import time
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

LEVELS = (
    "4,11,41,91,151,251,501,1001,2001,5001,10001,20001,50001,100001,200001,"
    "500001,1000001,2000001,5000001,10000001"
)

declare(
    "dsr.window_days", 180, _("Days of which ratings count for a shop's scores"),
    minimum=30, maximum=730,
)  # fmt: skip
declare(
    "dsr.max_counted_per_pair_month", 3,
    _("Ratings of one buyer and shop that count in a calendar month, the earliest trades first"),
    minimum=1, maximum=31,
)  # fmt: skip
declare(
    "dsr.rate_window_days", 15, _("Days after the day of trade success in which it may be rated"),
    minimum=1, maximum=180,
)  # fmt: skip
declare(
    "dsr.min_ratings_display", 10, _("Ratings below which a score is not shown"),
    minimum=1, maximum=1000,
)  # fmt: skip
declare(
    "dsr.level_gap", Decimal("0.005"),
    _("Distance from the peers' mean, as a share of their range, below which a shop stands level"),
    minimum=Decimal(0), maximum=Decimal("0.5"),
)  # fmt: skip
declare(
    "dsr.counts_at", time(0, 20), _("Hour after which the scores of the day before are counted")
)
declare(
    "review.default_positive", True,
    _("Whether what was not rated in time is graded positive by the system (it has no scores)"),
)  # fmt: skip
declare(
    "review.followup_window_days", 180,
    _("Days after the day of trade success in which a review may be followed up"),
    minimum=1, maximum=730,
)  # fmt: skip
declare(
    "review.followup_length", 500, _("Characters of a follow-up"), minimum=50, maximum=500,
)  # fmt: skip
declare(
    "review.comment_length", 2000, _("Characters of a review"), minimum=50, maximum=2000,
)  # fmt: skip
declare(
    "review.edit_window_days", 30,
    _("Days after the day of a neutral or negative review in which it may be changed or withdrawn, once"),
    minimum=1, maximum=365,
)  # fmt: skip
declare(
    "review.seller_reply_days", 30, _("Days after the day of a review in which its shop may reply"),
    minimum=1, maximum=365,
)  # fmt: skip
declare(
    "review.reply_length", 500, _("Characters of a shop's reply"), minimum=50, maximum=500,
)  # fmt: skip
declare(
    "credit.max_points_per_pair_month", 6,
    _("Points by which one buyer moves a shop's credit in a calendar month at most, up or down"),
    minimum=1, maximum=100,
)  # fmt: skip
declare(
    "credit.levels", LEVELS,
    _("Points from which a shop's credit levels begin, five to a rank, separated by commas"),
)  # fmt: skip
declare(
    "traffic.slope", Decimal("0.2"), _("What a whole point of score adds to the search multiplier"),
    minimum=Decimal(0), maximum=Decimal(1),
)  # fmt: skip
declare(
    "traffic.neutral", Decimal("4.5"), _("Score at which search multiplies with one"),
    minimum=Decimal(1), maximum=Decimal(5),
)  # fmt: skip
declare(
    "traffic.lowest", Decimal("0.85"), _("Lowest search multiplier"),
    minimum=Decimal("0.5"), maximum=Decimal(1),
)  # fmt: skip
declare(
    "traffic.highest", Decimal("1.10"), _("Highest search multiplier"),
    minimum=Decimal(1), maximum=Decimal(2),
)  # fmt: skip
