"""The arithmetic of standing: points of a month, sums, bands, the tier that follows, the guide's end.

No protected attribute is an input: what is read is listed in :class:`MonthFacts` and :class:`Facts`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

NEW, NORMAL, SUPER, VIP88, APASS = "new", "normal", "super", "vip88", "apass"
LADDER = (NORMAL, SUPER, VIP88, APASS)
"""Tiers from below; a member led by the guide is NEW instead of NORMAL."""

EXCELLENT, GOOD, FAIR, POOR = "excellent", "good", "fair", "poor"
BANDS = (POOR, FAIR, GOOD, EXCELLENT)

ScoreName = Literal["value", "credit", "activity"]


class BadNumbers(ValueError):
    """Rules that cannot be: ``problems`` names each field with what is wrong (a code)."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True)
class Numbers:
    """The numbers of one version of the rules (service standard, section on member tiers).

    Months are Shanghai's, by paying moment. ``window_months`` counts the running month and those
    before it, for value and activity; ``credit_months`` for clean orders. A month ceases to count
    on the recompute day.
    """

    recompute_day: int = 8
    window_months: int = 13
    credit_months: int = 25
    # member value: purchase, interaction, trust
    yuan_per_point: int = 25
    spend_points_a_month: int = 400
    points_per_order: int = 5
    order_points_a_month: int = 50
    points_per_clean_order: int = 2
    trust_points_a_month: int = 20
    # buyer credit
    credit_start: int = 600
    credit_per_clean_order: int = 2
    credit_points_a_month: int = 20
    credit_ceiling: int = 1000
    fair_from: int = 500
    good_from: int = 650
    excellent_from: int = 800
    # activity
    activity_per_month: int = 20
    activity_per_order: int = 8
    activity_points_a_month: int = 80
    # tiers
    super_value: int = 1000
    super_credit: int = 500
    apass_value: int = 2500
    apass_credit: int = 750
    apass_spent: int = 100_000
    guide_days: int = 90
    guide_orders: int = 3

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Numbers":
        """Build from what was typed or stored. Raises :class:`BadNumbers` with every problem at once."""
        known = {field.name for field in fields(cls)}
        problems = {name: "unknown" for name in given if name not in known}
        plain: dict[str, int] = {}
        for name in known & set(given):
            if isinstance(given[name], bool) or not isinstance(given[name], int):
                problems[name] = "not_a_number"
            else:
                plain[name] = given[name]
        if problems:
            raise BadNumbers(problems)
        numbers = cls(**plain)
        if problems := numbers.problems():
            raise BadNumbers(problems)
        return numbers

    def problems(self) -> dict[str, str]:
        """Return what is wrong with these numbers, by field: codes ``too_small``, ``too_large``, ``order``."""
        wrong = {}
        for name, value in asdict(self).items():
            low, high = BOUNDS.get(name, (0, 1_000_000))
            if value < low:
                wrong[name] = "too_small"
            elif value > high:
                wrong[name] = "too_large"
        for lower, upper in _ASCENDING:
            if getattr(self, lower) >= getattr(self, upper):
                wrong.setdefault(upper, "order")
        return wrong


BOUNDS: dict[str, tuple[int, int]] = {
    "recompute_day": (1, 28),
    "window_months": (2, 37),
    "credit_months": (2, 37),
    "yuan_per_point": (1, 10_000),
    "credit_ceiling": (100, 10_000),
    "credit_start": (0, 10_000),
    "guide_days": (1, 365),
    "guide_orders": (1, 100),
}
"""Lowest and highest value of a number; 0 to 1,000,000 where nothing is said."""

_ASCENDING = (
    ("fair_from", "good_from"),
    ("good_from", "excellent_from"),
    ("excellent_from", "credit_ceiling"),
    ("credit_start", "credit_ceiling"),
    ("super_value", "apass_value"),
)


@dataclass(frozen=True)
class MonthFacts:
    """A member's completed orders of one month: how many, how many without a refund, what was kept."""

    orders: int
    clean: int
    spent: Decimal


@dataclass(frozen=True)
class MonthPoints:
    """What a month is worth in each score."""

    value: int
    credit: int
    activity: int


def month_points(facts: MonthFacts, numbers: Numbers) -> MonthPoints:
    """Return the points of one month; the SQL of ``accounts.standing.statements`` says the same."""
    if facts.orders == 0:
        return MonthPoints(0, 0, 0)
    value = (
        min(numbers.spend_points_a_month, int(facts.spent) // numbers.yuan_per_point)
        + min(numbers.order_points_a_month, numbers.points_per_order * facts.orders)
        + min(numbers.trust_points_a_month, numbers.points_per_clean_order * facts.clean)
    )
    credit = min(numbers.credit_points_a_month, numbers.credit_per_clean_order * facts.clean)
    activity = min(
        numbers.activity_points_a_month,
        numbers.activity_per_month + numbers.activity_per_order * facts.orders,
    )
    return MonthPoints(value, credit, activity)


def settled_on(day: date, numbers: Numbers) -> date:
    """Return the last recompute day on or before ``day``."""
    if day.day >= numbers.recompute_day:
        return day.replace(day=numbers.recompute_day)
    return add_months(day.replace(day=1), -1).replace(day=numbers.recompute_day)


def first_month(day: date, months: int, numbers: Numbers) -> date:
    """Return the oldest month that counts on ``day``: ``months`` of them, let go on recompute days alone."""
    return add_months(settled_on(day, numbers).replace(day=1), 1 - months)


def month_ends_on(month: date, months: int, numbers: Numbers) -> date:
    """Return the day on which ``month`` ceases to count when ``months`` count."""
    return add_months(month, months).replace(day=numbers.recompute_day)


def add_months(day: date, by: int) -> date:
    """Return the first-of-month ``day`` moved by whole months."""
    index = day.year * 12 + day.month - 1 + by
    return date(index // 12, index % 12 + 1, day.day)


def month_of(moment: datetime) -> date:
    """Return the first day of the month, in Shanghai, in which ``moment`` lies."""
    return moment.astimezone(SHANGHAI).date().replace(day=1)


def credit_total(points: int, numbers: Numbers) -> int:
    """Return the buyer credit for the sum of all rows: start plus rows, kept within 0 and the ceiling.

    Kept at the end, not row by row, so that taking a row back restores exactly what was.
    """
    return max(0, min(numbers.credit_ceiling, numbers.credit_start + points))


def total(score: str, points: int, numbers: Numbers) -> int:
    """Return a score for the sum of its rows; value and activity do not fall below 0."""
    return credit_total(points, numbers) if score == "credit" else max(0, points)


def band_of(credit: int, numbers: Numbers) -> str:
    """Return the word for a buyer credit."""
    if credit >= numbers.excellent_from:
        return EXCELLENT
    if credit >= numbers.good_from:
        return GOOD
    return FAIR if credit >= numbers.fair_from else POOR


@dataclass(frozen=True)
class Facts:
    """What a tier is decided from."""

    value: int
    credit: int
    guided: bool
    titles: frozenset[str] = frozenset()


def earned_tier(facts: Facts, numbers: Numbers) -> str:
    """Return the tier that ``facts`` alone would give: the highest whose rule holds."""
    if APASS in facts.titles:
        return APASS
    if VIP88 in facts.titles:
        return VIP88
    if facts.value >= numbers.super_value and facts.credit >= numbers.super_credit:
        return SUPER
    return NEW if facts.guided else NORMAL


def next_tier(current: str, earned: str, titles: frozenset[str], *, settling: bool) -> str:
    """Return the tier from now on.

    Up at once; down only when the month is settled (``settling``), one step at a time; the step
    below a title that was not paid for is passed over. NEW and NORMAL follow the guide at any time.
    """
    here, there = _rung(current), _rung(earned)
    if there >= here:
        return earned
    if not settling:
        return current
    for tier in reversed(LADDER[:here]):
        if tier in (VIP88, APASS) and tier not in titles:
            continue
        return earned if _rung(tier) <= there else tier
    return earned


def _rung(tier: str) -> int:
    return 0 if tier == NEW else LADDER.index(tier)


def guide_ends_at(registered_at: datetime, days: int) -> datetime:
    """Return the end of a guide: 24:00 in Shanghai of the ``days``-th day after the day of registration."""
    day = registered_at.astimezone(SHANGHAI).date() + timedelta(days=days + 1)
    return datetime.combine(day, time(0), SHANGHAI)


def half_forgiven(points: int) -> int:
    """Return what comes back of a bad row after a year: half of it, the smaller half of an odd one."""
    return -points // 2


@dataclass(frozen=True)
class Raise:
    """One thing that would raise a score: what, by how many points, how often a month."""

    what: str
    points: int
    most_a_month: int


def raises(score: str, month: MonthFacts, numbers: Numbers) -> list[Raise]:
    """Return what would still raise ``score`` this month, given the month so far; the most first."""
    now = month_points(month, numbers)
    more = MonthFacts(month.orders + 1, month.clean + 1, month.spent)
    then = month_points(more, numbers)
    found = []
    gain: int = getattr(then, score) - getattr(now, score)
    caps = {
        "value": numbers.order_points_a_month + numbers.trust_points_a_month,
        "credit": numbers.credit_points_a_month,
        "activity": numbers.activity_points_a_month,
    }
    if gain > 0:
        found.append(Raise("clean_order", gain, caps[score]))
    spent = int(month.spent) // numbers.yuan_per_point
    if score == "value" and spent < numbers.spend_points_a_month:
        found.append(Raise("spend", 1, numbers.spend_points_a_month))
    return found
