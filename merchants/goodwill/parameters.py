"""Numbers of goodwill (promise D15)."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

declare(
    "goodwill.offer_holds", timedelta(hours=72), _("How long an offer of a shop can be accepted"),
    minimum=timedelta(hours=1), maximum=timedelta(days=30),
)  # fmt: skip
declare(
    "goodwill.fulfil_workdays", 3, _("Working days in which a shop gives what was accepted"),
    minimum=1, maximum=15, unit=_("working days"),
)  # fmt: skip
declare(
    "goodwill.coupon_days", 30, _("How long a coupon can be used after it was accepted"),
    minimum=7, maximum=366, unit=_("days"),
)  # fmt: skip
declare(
    "goodwill.per_buyer_month", 3, _("Offers of one shop to one buyer in a month"),
    minimum=1, maximum=31,
)  # fmt: skip
declare(
    "goodwill.repeat_days", 30, _("Days after an offer in which a further order counts as a return"),
    minimum=7, maximum=180, unit=_("days"),
)  # fmt: skip
declare(
    "goodwill.effect_days", 180, _("Days over which the effect of goodwill is measured"),
    minimum=30, maximum=730, unit=_("days"),
)  # fmt: skip
declare(
    "goodwill.least_to_judge", 30, _("Offers below which nothing is said of their effect"),
    minimum=5, maximum=10_000,
)  # fmt: skip
declare(
    "goodwill.not_for_reviews", "好评 五星 改评 删评 追评 差评 评价 review rating stars",
    _("Words an offer may not hold, because it may not be tied to a review; separated by spaces"),
)  # fmt: skip
