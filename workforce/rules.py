"""Arithmetic of those who serve: how many talks at once, how far one may decide, when a line is lost."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

LEVELS = range(1, 6)
"""Levels of agents and of their skills."""

REFUND, GOODWILL, SHOP_CLOSE = "refund", "goodwill", "shop_close"
KINDS = (REFUND, GOODWILL, SHOP_CLOSE)
MONEY = frozenset({REFUND, GOODWILL})
"""Kinds of authority that are an amount; closing a shop is a yes or a no."""

LINE_LOST = "line_lost"
"""The reason the clock gives when it sets somebody away."""

REASONS: dict[str, tuple[str, ...]] = {
    # presence: the reasons one may give for it.
    "break": ("rest", "personal"),
    "training": ("course", "coaching"),
    "meeting": ("team_meeting", "one_on_one"),
    "wrap_up": ("notes", "call_back"),
    "away": ("errand", "system_down", LINE_LOST),
    "offline": ("shift_over", "unwell"),
}


@dataclass(frozen=True)
class Capacities:
    """How many conversations at once, by level; ``most`` is never passed by anybody."""

    by_level: tuple[int, ...]
    most: int

    def of(self, level: int, own: int | None = None) -> int:
        """Return what somebody of ``level`` carries, or their ``own`` number where one is set."""
        return min(self.by_level[level - 1] if own is None else own, self.most)


def reason_fits(presence: str, reason: str) -> bool:
    """Tell whether ``reason`` may be given for ``presence``; none is needed."""
    return not reason or reason in REASONS.get(presence, ())


# --- Authority ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bars:
    """What a month has to reach to move somebody's factor one step, and how far it can go."""

    csat_up: Decimal
    qa_up: Decimal
    csat_down: Decimal
    qa_down: Decimal
    sample: int
    step: Decimal
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True)
class Moved:
    """Where the factor goes and why: ``small_sample``, ``grew``, ``fell``, ``kept``, ``at_the_end``."""

    factor: Decimal
    why: str


def next_factor(
    factor: Decimal, csat_rate: Decimal, qa_score: Decimal, sample: int, bars: Bars
) -> Moved:
    """Return the factor after a measured month: at most one step, and none on a small sample.

    It grows when both measures reach their upper bar, and falls when either is below its lower one.
    """
    if sample < bars.sample:
        return Moved(factor, "small_sample")
    if csat_rate < bars.csat_down or qa_score < bars.qa_down:
        wanted, why = max(factor - bars.step, min(bars.lowest, factor)), "fell"
    elif csat_rate >= bars.csat_up and qa_score >= bars.qa_up:
        wanted, why = min(factor + bars.step, max(bars.highest, factor)), "grew"
    else:
        return Moved(factor, "kept")
    return Moved(wanted, why if wanted != factor else "at_the_end")


@dataclass(frozen=True)
class Limit:
    """How far somebody may decide alone. ``amount`` is None for a yes or no; ``why`` are its parts."""

    is_allowed: bool
    amount: Decimal | None
    why: tuple[tuple[str, str], ...]


def money_limit(level: int, base: Decimal, factor: Decimal, cap: Decimal | None) -> Limit:
    """Return the limit of an amount: the ladder's, times what was measured, under a cap where one is."""
    amount = (base * factor).quantize(Decimal("0.01"))
    why = [("level", str(level)), ("ladder", str(base)), ("quality", str(factor))]
    if cap is not None:
        why.append(("cap", str(cap)))
        amount = min(amount, cap)
    return Limit(amount > 0, amount, tuple(why))


def yes_limit(level: int, from_level: int, factor: Decimal, cap: Decimal | None) -> Limit:
    """Return whether somebody may do it at all: from a level on, with a factor that has not fallen."""
    why = [("level", str(level)), ("from_level", str(from_level)), ("quality", str(factor))]
    if cap is not None:
        why.append(("cap", str(cap)))
    allowed = level >= from_level and factor >= 1 and (cap is None or cap > 0)
    return Limit(allowed, None, tuple(why))


def measured_month(today: date, on_day: int) -> date:
    """Return the first day of the newest month that is to be counted by ``today``.

    A month is counted from the ``on_day`` of the next one on.
    """
    this = today.replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    return last if today.day >= on_day else (last - timedelta(days=1)).replace(day=1)
