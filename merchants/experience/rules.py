"""The arithmetic of the experience score: ranks among peers, scores, weights, warnings, the activity gate.

A metric is scored by the share of a shop's peers that do worse, where whoever does exactly as well
counts half: so the mean of a category's metric scores is always 4.00, and that is what stands for a
shop of too small a sample. What no shop of a category has data of is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

PRODUCT, LOGISTICS, AFTER_SALE = "product", "logistics", "after_sale"
DISPUTE, CONSULT, EXTRA = "dispute", "consult", "extra"
DIMENSIONS = (PRODUCT, LOGISTICS, AFTER_SALE, DISPUTE, CONSULT, EXTRA)
SERVICE = "service"
BUCKETS = {
    "a": {name: name for name in DIMENSIONS},
    "b": {PRODUCT: PRODUCT, LOGISTICS: LOGISTICS}
    | dict.fromkeys((AFTER_SALE, DISPUTE, CONSULT, EXTRA), SERVICE),
}
"""Presets of weights: into which weighted part the metrics of each dimension go."""

LOWEST, MEAN, HIGHEST = 300_000, 400_000, 500_000
"""Metric scores in hundred-thousandths: of the worst, of a category's mean, of the best."""
MOST_METRICS = 10
MULTIPLE = 2520
"""A multiple of each number up to ten: means of so many metrics stay whole numbers."""

AMBER, RED = "amber", "red"
HOLDS, FAILS, UNKNOWN = "holds", "fails", "unknown"


@dataclass(frozen=True)
class Place:
    """Where a shop stands in one metric: how many of its ``peers`` do worse, and how many the same."""

    worse: int
    level: int
    peers: int

    @property
    def share(self) -> Fraction:
        """The share of peers doing worse, those alike counted half; a half without any peer."""
        if not self.peers:
            return Fraction(1, 2)
        return Fraction(2 * self.worse + self.level, 2 * self.peers)


def places(values: Mapping[int, Decimal], *, lower_is_better: bool) -> dict[int, Place]:
    """Return where each of the shops stands among the others, by shop."""
    peers = len(values) - 1
    ordered = sorted(values.values(), reverse=lower_is_better)
    first: dict[Decimal, int] = {}
    alike: dict[Decimal, int] = {}
    for position, value in enumerate(ordered):
        first.setdefault(value, position)
        alike[value] = alike.get(value, 0) + 1
    return {shop: Place(first[it], alike[it] - 1, peers) for shop, it in values.items()}


def metric_score(place: Place) -> int:
    """Return 3 + 2 × share in hundred-thousandths, half rounded up."""
    exact = LOWEST + (HIGHEST - LOWEST) * place.share
    return int(exact + Fraction(1, 2))


@dataclass(frozen=True)
class Scored:
    """One metric of a shop: its dimension, and its score in hundred-thousandths (None: too small a sample)."""

    dimension: str
    score: int | None


@dataclass(frozen=True)
class Weighted:
    """One weighted part of a score: its own score (None: left out), and what share of the whole it is."""

    code: str
    weight: int
    score: Fraction | None
    share: Fraction


def parts(metrics: Iterable[Scored], weights: Mapping[str, int], preset: str) -> list[Weighted]:
    """Return the weighted parts of a score: means of their metrics, weights shared among those that count.

    ``metrics`` are those of which at least one peer has data; a category's mean stands for what is None.
    """
    found: dict[str, list[int]] = {}
    for one in metrics:
        bucket = BUCKETS[preset][one.dimension]
        found.setdefault(bucket, []).append(MEAN if one.score is None else one.score)
    counted = sum(weight for code, weight in weights.items() if code in found)
    return [
        Weighted(
            code,
            weight,
            Fraction(sum(found[code]), len(found[code])) if code in found else None,
            Fraction(weight, counted) if code in found and counted else Fraction(0),
        )
        for code, weight in weights.items()
    ]


def score_of(weighted: Sequence[Weighted]) -> Decimal | None:
    """Return the whole score, 3.00–5.00 to two decimals, half rounded up; None when nothing counts."""
    counted = [one for one in weighted if one.score is not None]
    if not sum((one.share for one in counted), Fraction(0)):
        return None
    exact = sum((one.share * one.score for one in counted if one.score is not None), Fraction(0))
    cents = int(exact / 1000 + Fraction(1, 2))
    return Decimal(cents) / 100


def two_decimals(score: Fraction) -> Decimal:
    """Return a score in hundred-thousandths as people read it."""
    return (Decimal(score.numerator) / score.denominator / 100_000).quantize(
        Decimal("0.01"), ROUND_HALF_UP
    )


@dataclass(frozen=True)
class Bands:
    """From which score on a shop is called excellent, good, fair; below, it has something to mend."""

    excellent: Decimal
    good: Decimal
    fair: Decimal


def band_of(score: Decimal, bands: Bands) -> str:
    """Return ``excellent``, ``good``, ``fair`` or ``low`` (优秀 良好 中等 待提升)."""
    for name in ("excellent", "good", "fair"):
        if score >= getattr(bands, name):
            return name
    return "low"


# --- Early warnings -------------------------------------------------------------------------------


def colour_of(
    value: Decimal, amber: Decimal, red: Decimal, *, lower_is_better: bool, touches: bool = False
) -> str:
    """Return the colour of a warning, red before amber, or nothing.

    Beyond a line counts; on it only where ``touches`` says so.
    """
    for colour, line in ((RED, red), (AMBER, amber)):
        beyond = value > line if lower_is_better else value < line
        if beyond or (touches and value == line):
            return colour
    return ""


# --- The activity gate (活动准入) -----------------------------------------------------------------


@dataclass(frozen=True)
class GateNumbers:
    """The lines of the activity gate, and the days each looks back."""

    dsr: Decimal
    dispute_factor: Decimal
    dispute_cases: int
    a_node_days: int
    b_node_days: int
    fake_trade_points: Decimal
    fake_trade_days: int
    fake_trade_none_days: int
    counterfeit_points: Decimal
    counterfeit_days: int
    counterfeit_less: Decimal
    counterfeit_less_days: int


@dataclass(frozen=True)
class GateFacts:
    """What is known of a shop; None where it is not known.

    Scores by dimension; disputes as rate, the category's mean rate, and cases; nodes as how many met
    within the days of each; points as sums within the days of each.
    """

    scores: Mapping[str, Decimal | None]
    dispute_rate: Decimal | None
    dispute_mean: Decimal | None
    dispute_cases: int | None
    a_nodes: int
    b_nodes: int
    fake_trade_points: Decimal
    fake_trade_lately: Decimal
    counterfeit_points: Decimal
    counterfeit_lately: Decimal
    is_shielded: bool


@dataclass(frozen=True)
class Condition:
    """One condition: whether it holds, the value it was asked of, and its line (None where unknown)."""

    code: str
    state: str
    value: Decimal | int | None
    line: Decimal | int | None
    days: int = 0


def gate(facts: GateFacts, numbers: GateNumbers) -> list[Condition]:
    """Return every condition of the activity gate, in the order in which it is published."""
    found = [
        Condition(name, _state(None if score is None else score >= numbers.dsr), score, numbers.dsr)
        for name, score in facts.scores.items()
    ]
    found.append(_disputes(facts, numbers))
    below = (
        ("a_node", facts.a_nodes, 1, numbers.a_node_days),
        ("b_node", facts.b_nodes, 1, numbers.b_node_days),
        ("fake_trade", facts.fake_trade_points, numbers.fake_trade_points, numbers.fake_trade_days),
        ("fake_trade_lately", facts.fake_trade_lately, None, numbers.fake_trade_none_days),
        (
            "counterfeit", facts.counterfeit_points, numbers.counterfeit_points,
            numbers.counterfeit_days,
        ),
        (
            "counterfeit_lately", facts.counterfeit_lately, numbers.counterfeit_less,
            numbers.counterfeit_less_days,
        ),
    )  # fmt: skip
    for code, value, line, days in below:
        is_met = value == 0 if line is None else value < line
        found.append(Condition(code, _state(is_met), value, 0 if line is None else line, days))
    found.append(Condition("shielded", _state(not facts.is_shielded), int(facts.is_shielded), 0))
    return found


def gate_state(conditions: Iterable[Condition]) -> str:
    """Return whether all hold; what is not known keeps a gate neither open nor shut."""
    states = {one.state for one in conditions}
    if FAILS in states:
        return FAILS
    return UNKNOWN if UNKNOWN in states else HOLDS


def _disputes(facts: GateFacts, numbers: GateNumbers) -> Condition:
    line = None if facts.dispute_mean is None else numbers.dispute_factor * facts.dispute_mean
    few = None if facts.dispute_cases is None else facts.dispute_cases < numbers.dispute_cases
    within = None if facts.dispute_rate is None or line is None else facts.dispute_rate <= line
    state = HOLDS if few or within else UNKNOWN if few is None or within is None else FAILS
    return Condition("disputes", state, facts.dispute_rate, line)


def _state(holds: bool | None) -> str:
    return UNKNOWN if holds is None else HOLDS if holds else FAILS
