"""How a version of a rule may move, what it is tested by, and whom its exceptions spare: arithmetic alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

DRAFT, REVIEW, CONSULTATION = "draft", "internal_review", "consultation"
RESULT, NOTICE, TRIAL = "result_published", "notice", "trial"
EFFECTIVE, SUPERSEDED, RETIRED, DROPPED = "effective", "superseded", "retired", "dropped"

MOVES: dict[str, frozenset[str]] = {
    DRAFT: frozenset({REVIEW, DROPPED}),
    # Without a consultation, by order, the review is followed by the notice.
    REVIEW: frozenset({DRAFT, CONSULTATION, NOTICE, DROPPED}),
    CONSULTATION: frozenset({RESULT, DROPPED}),
    RESULT: frozenset({NOTICE, DROPPED}),
    NOTICE: frozenset({TRIAL, EFFECTIVE, DROPPED}),
    TRIAL: frozenset({EFFECTIVE, DROPPED}),
    EFFECTIVE: frozenset({SUPERSEDED, RETIRED}),
    SUPERSEDED: frozenset(),
    RETIRED: frozenset(),
    DROPPED: frozenset(),
}

EDITABLE = frozenset({DRAFT})
"""States in which a draft is written freely."""

NECESSITY, EFFECTIVENESS, REASONABLENESS = "necessity", "effectiveness", "reasonableness"
DIMENSIONS = (NECESSITY, EFFECTIVENESS, REASONABLENESS)
BEST = 5


def may_move(state: str, to: str) -> bool:
    """Tell whether a version may go from ``state`` to ``to``."""
    return to in MOVES[state]


def sources(to: str) -> list[str]:
    """Return the states from which ``to`` is reached."""
    return [state for state, ways in MOVES.items() if to in ways]


@dataclass(frozen=True)
class Gates:
    """Which of the three dimensions nobody has answered, and which scored too low."""

    missing: tuple[str, ...]
    too_low: tuple[str, ...]

    @property
    def are_passed(self) -> bool:
        """Tell whether a version may be shown to merchants."""
        return not self.missing and not self.too_low


def gates_of(scores: Mapping[str, int], least: int) -> Gates:
    """Return how the three tests stand (service standard: each 1–5, none below ``least``)."""
    return Gates(
        missing=tuple(one for one in DIMENSIONS if one not in scores),
        too_low=tuple(one for one in DIMENSIONS if one in scores and scores[one] < least),
    )


def consultation_lasted(began_at: datetime, now: datetime, least: timedelta) -> bool:
    """Tell whether merchants had their time: exactly ``least`` is enough, a second less is not."""
    return now - began_at >= least


def notice_suffices(now: datetime, effective_from: datetime, least: timedelta) -> bool:
    """Tell whether a rule is announced long enough before it takes effect."""
    return effective_from - now >= least


@dataclass(frozen=True)
class Spared:
    """What a rule does not touch: these categories in these regions (none named: all), until a moment or for good."""

    categories: tuple[str, ...]
    regions: tuple[str, ...]
    until: datetime | None
    why: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Spared":
        """Read one exception as it is stored."""
        until = stored.get("until")
        return cls(
            tuple(stored.get("categories", ())),
            tuple(stored.get("regions", ())),
            datetime.fromisoformat(until) if until else None,
            str(stored.get("why", "")),
        )

    def stored(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "categories": list(self.categories),
            "regions": list(self.regions),
            "until": self.until.isoformat() if self.until else None,
            "why": self.why,
        }

    def spares(self, *, category: str, region: str, at: datetime) -> bool:
        """Tell whether the rule leaves alone what happened there at ``at``."""
        return (
            (not self.categories or category in self.categories)
            and (not self.regions or region in self.regions)
            and (self.until is None or at < self.until)
        )


def spared_by(
    exceptions: Iterable[Spared], *, category: str, region: str, at: datetime
) -> Spared | None:
    """Return the first exception that spares what happened, None when the rule applies."""
    return next(
        (one for one in exceptions if one.spares(category=category, region=region, at=at)), None
    )


@dataclass(frozen=True)
class Effect:
    """What a target did: the change in percent, and whether that is what the rule was made for.

    ``moved`` is None when there were too few cases on either side, or nothing to compare with.
    """

    change: Decimal | None
    moved: bool | None


def effect_of(
    before: Decimal | None,
    before_size: int,
    after: Decimal | None,
    after_size: int,
    *,
    target_change: Decimal,
    least_cases: int,
) -> Effect:
    """Compare a target before and after. ``target_change`` in percent: −10 is "a tenth less".

    It moved when it changed at least as far, in the direction aimed at. Rates of fewer than
    ``least_cases`` cases say nothing (service standard: sample too small below 30).
    """
    if before is None or after is None or min(before_size, after_size) < least_cases or not before:
        return Effect(None, None)
    change = (after - before) / before * 100
    reached = change <= target_change if target_change < 0 else change >= target_change
    # Cut, not rounded: what is shown as a tenth less was a tenth less.
    return Effect(change.quantize(Decimal("0.1"), ROUND_DOWN), reached)


def vote_split(counts: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Return choice, voices and whole percent of each; the percents add up to 100 (largest remainder)."""
    order: Sequence[str] = ("for", "change", "against")
    total = sum(counts.get(one, 0) for one in order)
    if not total:
        return [(one, 0, 0) for one in order]
    exact = [(one, counts.get(one, 0) * 100 / total) for one in order]
    shares = {one: int(share) for one, share in exact}
    rest = 100 - sum(shares.values())
    for one, _share in sorted(exact, key=lambda it: it[1] - int(it[1]), reverse=True)[:rest]:
        shares[one] += 1
    return [(one, counts.get(one, 0), shares[one]) for one in order]
