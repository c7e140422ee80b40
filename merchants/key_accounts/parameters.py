"""Numbers of account managers and pilot shops."""

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

_DAYS = _("days")

declare(
    "manager.longest_absence", 120, _("Longest absence of an account manager"),
    minimum=1, maximum=366, unit=_DAYS,
)  # fmt: skip
declare(
    "manager.next_contact_within", 180, _("Latest day for the next contact with an account"),
    minimum=7, maximum=366, unit=_DAYS,
)  # fmt: skip
declare(
    "pilot.orders", 300, _("Orders a shop must have to try new things first"),
    minimum=1, maximum=1_000_000,
)  # fmt: skip
declare(
    "pilot.products", 20, _("Different products it must have sold to try new things first"),
    minimum=1, maximum=100_000,
)  # fmt: skip
declare(
    "pilot.counted_days", 30, _("Days over which orders of a pilot shop are counted"),
    minimum=7, maximum=90, unit=_DAYS,
)  # fmt: skip
declare(
    "pilot.review_days", 90, _("Days after which a pilot shop is reviewed"),
    minimum=7, maximum=366, unit=_DAYS,
)  # fmt: skip
