"""The metrics that merchants know themselves, and those that nobody in the house can read yet."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from merchants.experience.metrics import (
    SCORE,
    SHARE,
    Read,
    ShopMetric,
    Span,
    declare_shop_metric,
)
from merchants.experience.rules import AFTER_SALE, CONSULT, DISPUTE, EXTRA, LOGISTICS, PRODUCT
from merchants.models.dsr import DSRSnapshot

DSR_DAYS = "dsr.window_days"
"""Scores are read as they were written down: by the days of scores, not by days of the metric."""


def _dsr(short: str) -> Read:
    """Return how a dimension of the scores written down for the day is read."""

    def read(span: Span) -> tuple[str, dict[str, Any]]:
        return (
            f"SELECT shop_id, {short}_e5 / 100000.0 AS value, {short}_count AS sample "
            "FROM merchants_dsrsnapshot WHERE id >= %(key)s AND id < %(key_after)s",
            {
                "key": DSRSnapshot.key(span.day, 0),
                "key_after": DSRSnapshot.key(span.day.fromordinal(span.day.toordinal() + 1), 0),
            },
        )

    return read


def bad_reviews(span: Span) -> tuple[str, dict[str, Any]]:
    """Read the share of negative grades among those that people gave; what is excluded is none."""
    return (
        "SELECT shop_id, avg((grade = -1)::int) AS value, count(*) AS sample FROM merchants_rating "
        "WHERE day >= %(first)s AND day <= %(last)s AND grade IS NOT NULL AND NOT is_default "
        "AND NOT is_excluded AND withdrawn_at IS NULL GROUP BY shop_id",
        {"first": span.first, "last": span.last},
    )


for _metric in (
    ShopMetric(
        "quality_refund_rate", PRODUCT, _("quality-refund rate"), SHARE,
        _("Look at what came back for its quality first, and mend or take down what comes back most."),
        is_lower_better=True,
    ),
    ShopMetric(
        "bad_review_rate", PRODUCT, _("bad-review rate"), SHARE,
        _("Answer negative reviews, and mend what several of them name."),
        bad_reviews, is_lower_better=True,
    ),
    ShopMetric(
        "desc_match", PRODUCT, _("as described"), SCORE,
        _("Pictures, weights and sizes as the buyer will find them; say what is not so good, too."),
        _dsr("desc"), days_by=DSR_DAYS,
    ),
    ShopMetric(
        "pickup_48h", LOGISTICS, _("shipped within 48 hours"), SHARE,
        _("Agree on a later pick-up with the carrier, and list only what is in stock."),
    ),
    ShopMetric(
        "sign_hours", LOGISTICS, _("hours from payment to receipt"), "hours",
        _("Ship from the warehouse that is nearest; ask the carrier about the slow routes."),
        is_lower_better=True,
    ),
    ShopMetric(
        "logistics_service", LOGISTICS, _("logistics score"), SCORE,
        _("Tell buyers when a parcel is late, before they ask."),
        _dsr("logistics"), days_by=DSR_DAYS,
    ),
    ShopMetric(
        "refund_hours", AFTER_SALE, _("average refund duration"), "hours",
        _("Agree to clear cases on the day they are asked; let small sums go by themselves."),
        is_lower_better=True,
    ),
    ShopMetric(
        "refund_self_rate", AFTER_SALE, _("refunds settled by the shop itself"), SHARE,
        _("Settle refunds with the buyer before the platform has to step in."),
    ),
    ShopMetric(
        "dispute_refund_rate", DISPUTE, _("dispute refund rate"), SHARE,
        _("Offer a fair way out early: what the platform has to judge against you counts here."),
        is_lower_better=True, delay_days=2,
    ),
    ShopMetric(
        "platform_help_rate", DISPUTE, _("platform-help rate"), SHARE,
        _("Answer within a day, so that nobody needs to call the platform."),
        is_lower_better=True,
    ),
    ShopMetric(
        "three_minute_rate", CONSULT, _("three-minute rate"), SHARE,
        _("Staff the busiest hours between 08:00 and 23:00; a person's word counts, an automatic one does not."),
        least=100,
    ),
    ShopMetric(
        "response_seconds", CONSULT, _("average response"), "seconds",
        _("Greet first, look things up afterwards: the first word of a person ends the wait."),
        is_lower_better=True, least=100,
    ),
    ShopMetric(
        "chat_satisfaction", CONSULT, _("chat satisfaction"), SHARE,
        _("Close a talk only when the buyer agrees that it is done."),
    ),
    ShopMetric(
        "extra_services", EXTRA, _("extra services"), SHARE,
        _("Offer what buyers value beside the goods: gift wrapping, installation, taking back the old."),
    ),
):  # fmt: skip
    declare_shop_metric(_metric)
