"""The arithmetic of ratings: what counts, what a score is, what it is worth, what changed it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

from common.rules import midnight_after, shanghai_day

DIMENSIONS = ("desc_match", "service_attitude", "logistics_service")
ABOVE, LEVEL, BELOW = "above", "level", "below"
POSITIVE = 1
RANKS = ("heart", "diamond", "crown", "golden_crown")
STEPS_PER_RANK = 5


@dataclass(frozen=True)
class Rated:
    """One rating as the counting rules see it. ``key`` breaks a tie of two trades of one moment."""

    key: str
    succeeded_at: datetime
    is_scored: bool = True
    is_excluded: bool = False
    points: int = 0
    """What its grade is worth: 1, 0 or −1; 0 as well when it is withdrawn, or has none."""


def first_moment_after(opened_at: datetime, days: int) -> datetime:
    """Return when ``days`` natural days after the day of ``opened_at`` are over (Shanghai's midnight).

    Day 1 is the day after: what opens on the 1st with 15 days is open on the 16th until 24:00.
    """
    return midnight_after(shanghai_day(opened_at) + timedelta(days=days))


def surplus(ratings: Iterable[Rated], most: int) -> set[str]:
    """Return the keys of those beyond ``most`` of one buyer, shop and month: the earliest trades count.

    What is not scored or excluded neither counts nor takes a place.
    """
    scored = sorted(
        (one.succeeded_at, one.key) for one in ratings if one.is_scored and not one.is_excluded
    )
    return {key for _at, key in scored[most:]}


def credits(ratings: Iterable[Rated], most: int) -> dict[str, int]:
    """Return the credit points that each of one buyer, shop and month brings, in the order of trades.

    Together they never move the shop by more than ``most`` points, upwards or downwards.
    """
    found: dict[str, int] = {}
    total = 0
    for one in sorted(ratings, key=lambda it: (it.succeeded_at, it.key)):
        before = _within(total, most)
        total += 0 if one.is_excluded else one.points
        found[one.key] = _within(total, most) - before
    return found


def mean(total: int, count: int) -> Decimal | None:
    """Return the score to five decimals, half rounded up; None when nobody scored."""
    if not count:
        return None
    exact = Decimal(total) / count
    return exact.quantize(Decimal("0.00001"), ROUND_HALF_UP)


def shown_score(score: Decimal | None, count: int, least: int) -> str:
    """Return a score as people read it: one decimal, or “—” below ``least`` ratings."""
    if score is None or count < least:
        return "—"
    return str(score.quantize(Decimal("0.1"), ROUND_HALF_UP))


@dataclass(frozen=True)
class Peers:
    """The shops of one category with enough ratings: their mean, the lowest and the highest."""

    mean: Decimal
    lowest: Decimal
    highest: Decimal
    shops: int


def industry_gap(score: Decimal, peers: Peers) -> Decimal:
    """Return how far a shop stands from its peers, −1 to 1.

    ``(shop−avg)/(max−avg)`` at or above the mean, else ``−(avg−shop)/(avg−min)``; 0 where all are alike.
    A shop outside the peers' range (it has too few ratings to be one) stands at its end.
    """
    if score >= peers.mean:
        width, distance = peers.highest - peers.mean, score - peers.mean
    else:
        width, distance = peers.mean - peers.lowest, score - peers.mean
    if not width:
        return Decimal(0) if not distance else Decimal(1).copy_sign(distance)
    return max(Decimal(-1), min(Decimal(1), distance / width))


def gap_word(gap: Decimal, level_below: Decimal) -> str:
    """Return ``above``, ``level`` or ``below`` (高于 持平 低于); level while |gap| < ``level_below``."""
    if abs(gap) < level_below:
        return LEVEL
    return ABOVE if gap > 0 else BELOW


def positive_rate(positive: int, neutral: int, negative: int) -> Decimal | None:
    """Return 好评率, 0–1 to four decimals: positive ÷ all graded; None without any."""
    graded = positive + neutral + negative
    if not graded:
        return None
    return (Decimal(positive) / graded).quantize(Decimal("0.0001"), ROUND_HALF_UP)


@dataclass(frozen=True)
class CreditLevel:
    """A shop's credit level (信用等级): a rank and 1–5 of it, and the points of the next one."""

    rank: str
    step: int
    points: int
    next_at: int | None


def credit_level(points: int, thresholds: Sequence[int]) -> CreditLevel:
    """Return the level for ``points``; ``thresholds`` are where levels begin, lowest first, five a rank.

    Below the first there is none: rank ``""``, step 0.
    """
    reached = sum(points >= threshold for threshold in thresholds)
    next_at = thresholds[reached] if reached < len(thresholds) else None
    if not reached:
        return CreditLevel("", 0, points, next_at)
    rank, step = divmod(reached - 1, STEPS_PER_RANK)
    return CreditLevel(RANKS[min(rank, len(RANKS) - 1)], step + 1, points, next_at)


@dataclass(frozen=True)
class TrafficNumbers:
    """The published function from a score to what search multiplies a shop's place with."""

    slope: Decimal
    neutral: Decimal
    lowest: Decimal
    highest: Decimal


def search_multiplier(score: Decimal, numbers: TrafficNumbers) -> Decimal:
    """Return clamp(1 + slope × (score − neutral), lowest, highest), four decimals; never falls with the score."""
    raw = 1 + numbers.slope * (score - numbers.neutral)
    clamped = max(numbers.lowest, min(numbers.highest, raw))
    return clamped.quantize(Decimal("0.0001"), ROUND_HALF_UP)


# --- What changed a score -------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """A sum of scores and how many there are."""

    total: int = 0
    count: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.total + other.total, self.count + other.count)

    def __sub__(self, other: "Counted") -> "Counted":
        return Counted(self.total - other.total, self.count - other.count)

    @property
    def mean(self) -> Fraction | None:
        """The exact mean; None of nothing."""
        return Fraction(self.total, self.count) if self.count else None


def effects(before: Counted, changes: Sequence[Counted]) -> list[Fraction | None]:
    """Return by how much each of ``changes`` moved the mean from ``before`` to before + all of them.

    A change of sum s and count c moves it by (s − m·c) ÷ (count after), where m is the mean before:
    together they are exactly the difference of the two means, in whatever order they came. None for
    each when there is no mean before or after.
    """
    after = sum(changes, before)
    was = before.mean
    if was is None or after.mean is None:
        return [None] * len(changes)
    return [(one.total - was * one.count) / after.count for one in changes]


def effect_of_one(all_of_them: Counted, score: int) -> Fraction | None:
    """Return by how much the mean would be lower without one counted ``score``; None when it is the only one."""
    without = all_of_them - Counted(score, 1)
    if all_of_them.mean is None or without.mean is None:
        return None
    return all_of_them.mean - without.mean


def window(day: date, days: int) -> tuple[date, date]:
    """Return the first and last day that count at the end of ``day``: ``days`` of them."""
    return day - timedelta(days=days - 1), day


def levels_of(words: str) -> tuple[int, ...]:
    """Return the thresholds written as whole numbers with commas. Raises ``ValueError`` unless they rise."""
    found = tuple(int(word) for word in words.replace("，", ",").split(",") if word.strip())
    if not found or any(a >= b for a, b in pairwise(found)):
        raise ValueError("thresholds must rise")
    return found


def _within(total: int, most: int) -> int:
    return max(-most, min(most, total))


def score_for_traffic(scores: Mapping[str, Decimal | None]) -> Decimal | None:
    """Return the mean of the three dimensions, five decimals; None while one of them is unknown."""
    known = [score for name in DIMENSIONS if (score := scores.get(name)) is not None]
    if len(known) < len(DIMENSIONS):
        return None
    total = sum(known, Decimal(0)) / len(known)
    return total.quantize(Decimal("0.00001"), ROUND_HALF_UP)
