"""Complaints about reviews as arithmetic: which moves there are, what makes a flag, what it weighs.

Sources of the numbers: domain reference, sections 1 (malicious reviews) and 7 (buyer credit).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from uuid import UUID

from apass.rollouts.rules import BUCKETS, bucket

# --- A complaint ----------------------------------------------------------------------------------

REVIEW, JURY, UPHELD, REJECTED = "review", "jury", "upheld", "rejected"
REAPPLIED, FINAL = "reapplied", "final"

MOVES: dict[str, frozenset[str]] = {
    # A jury may be asked in between once there is one; nobody can ask it yet.
    REVIEW: frozenset({JURY, UPHELD, REJECTED}),
    JURY: frozenset({UPHELD, REJECTED}),
    UPHELD: frozenset(),
    REJECTED: frozenset({REAPPLIED}),
    REAPPLIED: frozenset({FINAL}),
    FINAL: frozenset(),
}
WAITING = frozenset({REVIEW, REAPPLIED})
"""States in which one of us must decide."""

# --- A flag ---------------------------------------------------------------------------------------

SEVERAL_MERCHANTS, LINKED, PATTERN = "several_merchants", "linked", "pattern"
SIGNALS_NEEDED = 2

TREATED, HOLDOUT = "treated", "holdout"
SALT = "malicious-reviewer:holdout"


@dataclass(frozen=True)
class Upheld:
    """One upheld complaint about a member, as signals see it."""

    key: UUID
    merchant: int | None
    decided_at: datetime


@dataclass(frozen=True)
class OtherReviews:
    """A member's graded reviews nobody has complained about with success."""

    graded: int
    negative: int

    @property
    def share(self) -> Fraction:
        """The share of negative ones, 0–1, exactly: rounded up it would reach a line it lies below."""
        return Fraction(self.negative, self.graded) if self.graded else Fraction(0)


@dataclass(frozen=True)
class Signal:
    """One independent sign, with the facts it rests on."""

    kind: str
    facts: dict[str, object]


def within(upheld: Iterable[Upheld], now: datetime, window: timedelta) -> list[Upheld]:
    """Return those decided in the ``window`` that ends at ``now``, oldest first."""
    found = [one for one in upheld if now - window < one.decided_at <= now]
    return sorted(found, key=lambda one: (one.decided_at, one.key))


def signals(
    upheld: Sequence[Upheld],
    *,
    linked: Sequence[str],
    others: OtherReviews,
    least_graded: int,
    least_share: Decimal,
) -> list[Signal]:
    """Return the independent signs against a member. Each rests on rows that no other one uses.

    - several merchants: upheld complaints of at least two merchants, so that no one shop's word does it;
    - linked: seen with a device or payer of another member about whom a complaint was upheld (``linked``
      names by what);
    - pattern: among the member's *other* reviews at least ``least_share`` of ``least_graded`` or more
      are negative.

    Several kinds of complaint are no sign of their own: they are judged from the same papers.
    """
    found = []
    merchants = {one.merchant for one in upheld if one.merchant is not None}
    if len(merchants) >= 2:
        facts: dict[str, object] = {"complaints": len(upheld), "merchants": len(merchants)}
        found.append(Signal(SEVERAL_MERCHANTS, facts))
    if linked:
        found.append(Signal(LINKED, {"by": sorted(set(linked))}))
    if others.graded >= least_graded and others.share >= Fraction(least_share):
        found.append(Signal(PATTERN, {"graded": others.graded, "negative": others.negative}))
    return found


def may_flag(upheld: Sequence[Upheld], found: Sequence[Signal], least: int) -> bool:
    """Tell whether a member may be flagged: enough upheld complaints, and two signs of different kinds."""
    return len(upheld) >= least and len({one.kind for one in found}) >= SIGNALS_NEEDED


def arm_of(member_id: int, holdout_share: int) -> str:
    """Return the arm of a member: the same for ever while the share (hundredths of a percent) stays.

    Hashed as rollouts hash: 10,000 places, those below the share are held out.
    """
    assert 0 <= holdout_share <= BUCKETS
    return HOLDOUT if bucket(SALT, f"member:{member_id}") < holdout_share else TREATED


# --- What it is measured by -------------------------------------------------------------------------

PER = 10_000
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Rate:
    """Something per 10,000 exposures, with its 95 % interval over members; None when nothing can be said."""

    per_10k: float | None
    low: float | None
    high: float | None
    members: int
    exposures: int
    total: float


def rate_of(rows: Sequence[tuple[int, float]]) -> Rate:
    """Return the rate of ``rows`` (exposures, outcome; one a member) and its interval.

    A ratio estimate whose spread is taken over members, not over exposures: one member's hundred
    exposures are not a hundred witnesses.
    """
    exposures = sum(shown for shown, _outcome in rows)
    total = float(sum(outcome for _shown, outcome in rows))
    count = len(rows)
    if not exposures:
        return Rate(None, None, None, count, 0, total)
    ratio = total / exposures
    if count < 2:
        return Rate(ratio * PER, None, None, count, exposures, total)
    rest = sum((outcome - ratio * shown) ** 2 for shown, outcome in rows)
    error = sqrt(rest * count / (count - 1)) / exposures
    low, high = max(ratio - Z95 * error, 0.0), ratio + Z95 * error
    return Rate(ratio * PER, low * PER, high * PER, count, exposures, total)


@dataclass(frozen=True)
class Difference:
    """Treated minus holdout, per 10,000 exposures; ``too_small`` says that nothing may be read from it."""

    per_10k: float | None
    low: float | None
    high: float | None
    too_small: bool


def difference(treated: Rate, holdout: Rate, *, smallest: int) -> Difference:
    """Compare two rates; too small below ``smallest`` members on a side, or without any spread."""
    few = min(treated.members, holdout.members) < smallest
    if treated.per_10k is None or holdout.per_10k is None:
        return Difference(None, None, None, True)
    found = treated.per_10k - holdout.per_10k
    if treated.high is None or holdout.high is None:
        return Difference(found, None, None, True)
    errors = [(one.high - one.per_10k) / Z95 for one in (treated, holdout)]  # type: ignore[operator]
    reach = Z95 * sqrt(sum(error**2 for error in errors))
    return Difference(found, found - reach, found + reach, few or not reach)
