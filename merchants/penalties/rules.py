"""Penalties as arithmetic: which moves there are, which node is met, what is cleared and what is left.

Sources of the numbers: domain reference, sections 6 (violations) and conventions (how days are counted).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from common.rules import IsWorkday, add_workdays, midnight, midnight_after, shanghai_day

# --- A case, from the act to its end ---------------------------------------------------------------

DETECTED, NOTICED, DECIDED = "detected", "noticed", "decided"
EXECUTING, ENDED, DROPPED = "executing", "ended", "dropped"

MOVES: dict[str, frozenset[str]] = {
    DETECTED: frozenset({NOTICED, DROPPED}),
    # An exam that was passed in place of the penalty ends a case nobody decided.
    NOTICED: frozenset({DECIDED, DROPPED, ENDED}),
    DECIDED: frozenset({EXECUTING, ENDED}),
    EXECUTING: frozenset({ENDED}),
    ENDED: frozenset(),
    DROPPED: frozenset(),
}
PUNISHED = frozenset({DECIDED, EXECUTING, ENDED})
"""States in which there is a decision, unless an exam ended the case."""

# --- An appeal ------------------------------------------------------------------------------------

FILED, SENT_BACK, RULED, LAPSED = "filed", "sent_back", "ruled", "lapsed"
APPEAL_MOVES: dict[str, frozenset[str]] = {
    FILED: frozenset({SENT_BACK, RULED}),
    SENT_BACK: frozenset({FILED, LAPSED}),
    RULED: frozenset(),
    LAPSED: frozenset(),
}
UPHELD, REDUCED, REVOKED = "upheld", "reduced", "revoked"

# --- What our people do to a shop at once ------------------------------------------------------------

CLOSE, RESTRICT, DELIST, REWARD = "close", "restrict", "delist", "reward"
WAITING, IN_FORCE, UNDONE, OVER, REFUSED = "waiting", "in_force", "undone", "over", "refused"
ACT_MOVES: dict[str, frozenset[str]] = {
    WAITING: frozenset({IN_FORCE, REFUSED}),
    IN_FORCE: frozenset({UNDONE, OVER}),
    UNDONE: frozenset(),
    OVER: frozenset(),
    REFUSED: frozenset(),
}

# --- Measures -------------------------------------------------------------------------------------

SHOP_SHIELD, LISTING_BAN, NEW_SHOP_BAN = "shop_shield", "listing_ban", "new_shop_ban"
CONTACT_LIMITS, PUBLIC_WARNING, DELIST_ALL = "contact_limits", "public_warning", "delist_all"
SHOP_CLOSE, SHOP_REMOVED, ACCOUNT_SEAL = "shop_close", "shop_removed", "account_seal"
EXPOSURE_BOOST = "exposure_boost"
MEASURES = (
    SHOP_SHIELD, LISTING_BAN, NEW_SHOP_BAN, CONTACT_LIMITS, PUBLIC_WARNING, DELIST_ALL,
    SHOP_CLOSE, SHOP_REMOVED, ACCOUNT_SEAL, EXPOSURE_BOOST,
)  # fmt: skip

HIDING = frozenset({SHOP_SHIELD, SHOP_CLOSE, SHOP_REMOVED, ACCOUNT_SEAL})
"""Measures under which nobody finds the shop: it weighs nothing in search."""
EMPTYING = frozenset({DELIST_ALL, SHOP_CLOSE, SHOP_REMOVED, ACCOUNT_SEAL})
"""Measures under which nothing of the shop is on the shelf."""

A, B, C = "A", "B", "C"
NODES: dict[str, str] = {
    # From the lightest to the heaviest: which of several runs. The class whose points meet it.
    "a12": A, "b12": B, "c12": C, "b24": B, "c24": C, "b36": B, "c36": C, "b48": B, "c48": C,
    "c_strikes": C,
}  # fmt: skip
REPEATS = frozenset({"a12"})
"""Nodes that are met again at every multiple of their points."""
STRIKES = "c_strikes"
_TENTH = Decimal("0.1")


def weight(node: str) -> int:
    """Return how heavy a node is; "" (none) is the lightest, 0."""
    return list(NODES).index(node) + 1 if node else 0


@dataclass(frozen=True)
class Node:
    """A node as it was at a moment: from how many points on, which measures, how long (None: for good).

    ``points`` of the last strike is how many strikes it takes.
    """

    code: str
    points: Decimal
    lasts: timedelta | None
    measures: tuple[str, ...]


def may_move(moves: dict[str, frozenset[str]], state: str, to: str) -> bool:
    """Tell whether a thing in ``state`` may go to ``to`` by the table ``moves``."""
    return to in moves[state]


def cost(points: Decimal, items: int, cap_left: Decimal | None = None) -> Decimal:
    """Return what ``items`` acts of ``points`` each cost, no more than ``cap_left``; to a tenth."""
    total = points * items
    if cap_left is not None:
        total = max(min(total, cap_left), Decimal(0))
    return total.quantize(_TENTH)


def cap_left(
    cap: Decimal, span: timedelta, at: datetime, others: Iterable[tuple[datetime, Decimal]]
) -> Decimal:
    """Return what an act at ``at`` may still cost so that no ``span`` of time costs more than ``cap``.

    ``others`` are the moments of acts and what they cost. Acts on either side of it that lie further
    apart than ``span`` are never added up. Below 0 when they cost too much already.
    """
    near = [(when, points) for when, points in others if at - span < when < at + span]
    begins = [at, *(when for when, _points in near if when <= at)]
    spent = [
        sum((points for when, points in near if begin <= when < begin + span), Decimal(0))
        for begin in begins
    ]
    return cap - max(spent)


def node_met(violation_class: str, before: Decimal, after: Decimal, nodes: Iterable[Node]) -> str:
    """Return the heaviest node that points of a class meet on their way from ``before`` to ``after``."""
    met = [
        node.code
        for node in nodes
        if NODES[node.code] == violation_class
        and node.code != STRIKES
        and (
            after // node.points > max(before, Decimal(0)) // node.points
            if node.code in REPEATS
            else before < node.points <= after
        )
    ]
    return max(met, key=weight, default="")


# --- The year's end -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clearing:
    """What stays when points are cleared on 12-31 at 24:00 Shanghai."""

    b_stays_from: Decimal
    c_stays_from: Decimal
    c_carries_from: Decimal
    c_carried: Decimal

    def kept(self, violation_class: str, points: Decimal) -> Decimal:
        """Return what is left of ``points`` of a class: A nothing, B all from 48, C all from 48 or 24."""
        if violation_class == B and points >= self.b_stays_from:
            return points
        if violation_class == C:
            if points >= self.c_stays_from:
                return points
            if points >= self.c_carries_from:
                return self.c_carried
        return Decimal(0)


def year_ends_between(after: datetime, until: datetime) -> list[datetime]:
    """Return the moments of clearing (midnight in Shanghai) later than ``after``, up to ``until``."""
    first, last = shanghai_day(after).year + 1, shanghai_day(until).year
    return [midnight(date(year, 1, 1)) for year in range(first, last + 1)]


@dataclass(frozen=True)
class Charge:
    """What one decided case costs a shop in one class; ``is_strike`` for a counterfeit sold."""

    key: int
    at: datetime
    points: Decimal
    is_strike: bool = False


@dataclass(frozen=True)
class Settled:
    """What a charge met: the points before and after it, and the heaviest node."""

    before: Decimal
    after: Decimal
    node: str


def settle(
    violation_class: str,
    charges: Sequence[Charge],
    *,
    nodes: Mapping[int, Sequence[Node]],
    clearing: Callable[[datetime], Clearing],
    until: datetime,
) -> tuple[dict[int, Settled], Decimal]:
    """Return what each charge of a shop meets, by key, and the points at ``until``.

    A charge that was revoked costs nothing and is no strike: what follows is as if it had never been.
    ``nodes`` are those each case is judged by; ``clearing`` says what stays at a year's end.
    """
    balance, hits, found = Decimal(0), 0, {}
    ordered = sorted(charges, key=lambda charge: (charge.at, charge.key))
    at = ordered[0].at if ordered else until
    for charge in ordered:
        balance = _cleared(violation_class, balance, at, charge.at, clearing)
        before, at = balance, charge.at
        balance += charge.points
        node = node_met(violation_class, before, balance, nodes[charge.key])
        hits += charge.is_strike
        limit = next((one.points for one in nodes[charge.key] if one.code == STRIKES), None)
        if charge.is_strike and limit is not None and hits >= limit:
            node = STRIKES
        found[charge.key] = Settled(before, balance, node)
    return found, _cleared(violation_class, balance, at, until, clearing)


def _cleared(
    violation_class: str,
    points: Decimal,
    after: datetime,
    until: datetime,
    clearing: Callable[[datetime], Clearing],
) -> Decimal:
    for end in year_ends_between(after, until):
        points = clearing(end).kept(violation_class, points)
    return points


# --- What it does to a shop ------------------------------------------------------------------------


def exposure(measures: Iterable[str], boost: Decimal) -> Decimal:
    """Return by what a shop's weight in search is multiplied: 0 when hidden, ``boost`` when rewarded, else 1."""
    held = set(measures)
    if held & HIDING:
        return Decimal(0)
    return boost if EXPOSURE_BOOST in held else Decimal(1)


def seller_trust(
    *, experience: Decimal | None, clean_months: int, points: Decimal, disputes_lost: int = 0
) -> int:
    """Return a seller's trust, 0–1000 (domain reference, section 7).

    500 + 200 × (experience score − 4) + 10 for each full month without points, at most 100,
    − 10 × points in 365 days − 20 × disputes lost in 90 days. An unknown experience score is taken as 4.
    """
    better = 200 * (experience - 4) if experience is not None else Decimal(0)
    raw = 500 + better + min(10 * clean_months, 100) - 10 * points - 20 * disputes_lost
    return int(max(Decimal(0), min(Decimal(1000), raw)).to_integral_value())


def full_months(since: datetime, until: datetime) -> int:
    """Return how many whole months lie between two moments, in Shanghai."""
    first, last = shanghai_day(since), shanghai_day(until)
    months = (last.year - first.year) * 12 + last.month - first.month
    return max(months - (last.day < first.day), 0)


# --- Days -----------------------------------------------------------------------------------------


def end_of_workday(moment: datetime, count: int, is_workday: IsWorkday) -> datetime:
    """Return the end of the ``count``-th working day after the day of ``moment``."""
    return midnight_after(add_workdays(shanghai_day(moment), count, is_workday))


def end_of_day(moment: datetime, count: int) -> datetime:
    """Return the end of the ``count``-th natural day after the day of ``moment``."""
    return midnight_after(shanghai_day(moment) + timedelta(days=count))


@dataclass(frozen=True)
class Standing:
    """What is asked before a penalty that has run its time ends."""

    until: datetime | None
    is_corrected: bool
    exam_passed: bool

    def missing(self, now: datetime) -> list[str]:
        """Return what is still missing: ``period``, ``correction``, ``exam``."""
        wanted = {
            "period": self.until is not None and self.until <= now,
            "correction": self.is_corrected,
            "exam": self.exam_passed,
        }
        return [name for name, there in wanted.items() if not there]


# --- Authority ------------------------------------------------------------------------------------


def limit_of(limits: dict[str, int], roles: Iterable[str]) -> int:
    """Return the highest of ``limits`` (by role) that one of ``roles`` has; 0 without any."""
    return max((limits.get(role, 0) for role in roles), default=0)


def ruled_points(outcome: str, before: Decimal, points: object) -> Decimal | None:
    """Return what a penalty costs after a ruling; None when ``points`` do not fit the outcome."""
    if outcome == REVOKED:
        return Decimal(0)
    if outcome == UPHELD:
        return before
    try:
        after = Decimal(str(points)).quantize(_TENTH)
    except ArithmeticError:
        return None
    return after if after.is_finite() and 0 < after < before else None
