"""What numbers, conditions and reasons of standing are called."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.standing.rules import BOUNDS

GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        gettext_lazy("Member value"),
        (
            "yuan_per_point",
            "spend_points_a_month",
            "points_per_order",
            "order_points_a_month",
            "points_per_clean_order",
            "trust_points_a_month",
            "window_months",
            "recompute_day",
        ),
    ),
    (
        gettext_lazy("Buyer credit"),
        (
            "credit_start",
            "credit_per_clean_order",
            "credit_points_a_month",
            "credit_months",
            "fair_from",
            "good_from",
            "excellent_from",
            "credit_ceiling",
        ),
    ),
    (
        gettext_lazy("Activity"),
        ("activity_per_month", "activity_per_order", "activity_points_a_month"),
    ),
    (
        gettext_lazy("Tiers"),
        ("super_value", "super_credit", "apass_value", "apass_credit", "apass_spent"),
    ),
    (gettext_lazy("Guide party"), ("guide_days", "guide_orders")),
)
"""The numbers of the rules as a form shows them."""

NUMBERS: dict[str, Any] = {
    "recompute_day": gettext_lazy("Recompute day of the month"),
    "window_months": gettext_lazy("Months that count, the running one included"),
    "credit_months": gettext_lazy("Months of clean orders that count"),
    "yuan_per_point": gettext_lazy("Yuan paid and kept for one point"),
    "spend_points_a_month": gettext_lazy("Points for spending, at most a month"),
    "points_per_order": gettext_lazy("Points for an order"),
    "order_points_a_month": gettext_lazy("Points for orders, at most a month"),
    "points_per_clean_order": gettext_lazy("Points for an order without a refund"),
    "trust_points_a_month": gettext_lazy("Points for such orders, at most a month"),
    "credit_start": gettext_lazy("Credit everybody begins with"),
    "credit_per_clean_order": gettext_lazy("Credit for an order without a refund"),
    "credit_points_a_month": gettext_lazy("Credit for such orders, at most a month"),
    "credit_ceiling": gettext_lazy("Highest credit"),
    "fair_from": gettext_lazy("Fair from"),
    "good_from": gettext_lazy("Good from"),
    "excellent_from": gettext_lazy("Excellent from"),
    "activity_per_month": gettext_lazy("Points for a month with an order"),
    "activity_per_order": gettext_lazy("Points for each order"),
    "activity_points_a_month": gettext_lazy("Points at most a month"),
    "super_value": gettext_lazy("SUPER from a member value of"),
    "super_credit": gettext_lazy("and a buyer credit of"),
    "apass_value": gettext_lazy("APASS candidate from a member value of"),
    "apass_credit": gettext_lazy("and a buyer credit of (APASS)"),
    "apass_spent": gettext_lazy("and yuan paid and kept of"),
    "guide_days": gettext_lazy("Days the guide lasts at most"),
    "guide_orders": gettext_lazy("Completed orders that end it"),
}

CONDITIONS: dict[str, Any] = {
    "tiers": gettext_lazy("Tiers"),
    "bands": gettext_lazy("Credit bands"),
    "guided": gettext_lazy("Led by the guide"),
    "value_from": gettext_lazy("Member value from"),
    "value_to": gettext_lazy("Member value to"),
    "credit_from": gettext_lazy("Buyer credit from"),
    "credit_to": gettext_lazy("Buyer credit to"),
    "activity_from": gettext_lazy("Activity from"),
    "activity_to": gettext_lazy("Activity to"),
    "spent_from": gettext_lazy("Yuan paid and kept from"),
    "spent_to": gettext_lazy("Yuan paid and kept to"),
    "orders_from": gettext_lazy("Completed orders from"),
    "orders_to": gettext_lazy("Completed orders to"),
    "registered_from": gettext_lazy("Registered from"),
    "registered_to": gettext_lazy("Registered to"),
}

WHY: dict[str, Any] = {
    "first": gettext_lazy("as registered"),
    "orders": gettext_lazy("orders"),
    "settled": gettext_lazy("monthly recompute"),
    "title": gettext_lazy("a title was given"),
    "forgiven": gettext_lazy("half forgiven after a year"),
    "time": gettext_lazy("a row ended or a title began"),
    "guide_began": gettext_lazy("the guide began"),
    "guide_orders": gettext_lazy("enough orders, the guide ended"),
    "guide_days": gettext_lazy("the guide's days are over"),
    "doubled": gettext_lazy("seen to be an account more of one person"),
}
"""Why a period of a member began; causes of entries have words of their own."""


_LOWER = {
    "good_from": ("fair_from",),
    "excellent_from": ("good_from",),
    "credit_ceiling": ("excellent_from", "credit_start"),
    "apass_value": ("super_value",),
}


def bounds_of(name: str) -> tuple[int, int]:
    """Return the lowest and the highest value of a number of the rules."""
    return BOUNDS.get(name, (0, 1_000_000))


def problem_words(name: str, code: str) -> str:
    """Say what is wrong with one number of the rules, in the language of the moment."""
    low, high = bounds_of(name)
    words = {
        "label": str(NUMBERS.get(name, name)),
        "low": f"{low:,}",
        "high": f"{high:,}",
    }
    match code:
        case "unknown":
            return _("%(label)s: the rules have no such number.") % words
        case "not_a_number":
            return _("%(label)s: type a whole number.") % words
        case "too_small":
            return _("%(label)s: at least %(low)s.") % words
        case "too_large":
            return _("%(label)s: at most %(high)s.") % words
    words["lower"] = "、".join(f"“{NUMBERS[lower]}”" for lower in _LOWER.get(name, ()))
    return _("%(label)s: must be more than %(lower)s.") % words


def condition_problem_words(name: str, code: str) -> str:
    """Say what is wrong with one condition of a segment, in the language of the moment."""
    label = {"label": str(CONDITIONS.get(name, name))}
    match code:
        case "all":
            return _("A segment needs at least one condition; this one would be everybody.")
        case "unknown":
            return _("%(label)s: no such condition or word.") % label
        case "not_a_number":
            return _("%(label)s: type a number.") % label
        case "not_a_day":
            return _("%(label)s: type a day.") % label
        case "day_out_of_range":
            return _("%(label)s: a day between 1990 and 2099.") % label
        case "not_yes_or_no":
            return _("%(label)s: answer yes or no.") % label
        case "too_small":
            return _("%(label)s: not below 0.") % label
        case "too_large":
            return _("%(label)s: too large.") % label
    return _("%(label)s: must not lie before the lower end.") % label
