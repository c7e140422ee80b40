"""Which grade of harassment follows which, what it limits and for how long, and who may appeal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

CALM, WARN, WARN_AGAIN, END = range(4)
"""The grades H0 to H3."""

ANGRY, INSULT, THREAT, SEXUAL = "angry", "insult", "threat", "sexual"
"""What a member did."""

SEVERE = frozenset({THREAT, SEXUAL})
"""What ends contact at once, without a warning before it."""


@dataclass(frozen=True)
class Block:
    """One block as it was decided: what it limits, and until when."""

    until: datetime
    text_only: bool
    slow_seconds: int
    no_new: bool


@dataclass(frozen=True)
class Limits:
    """What is limited for a member at one moment.

    ``slow_seconds`` is the shortest time between two messages, 0 for none; ``no_new`` leaves a
    written complaint as the only way to begin.
    """

    until: datetime
    text_only: bool
    slow_seconds: int
    no_new: bool


def open_grades(ground: str, warned: int) -> frozenset[int]:
    """Return the grades that may be marked for ``ground`` after the warning ``warned``.

    ``warned`` is the highest warning within the window: CALM for none, WARN, WARN_AGAIN. Anger is
    never more than H0. An insult gets the next step: first warning, second warning, end. Threats and
    sexual talk may end contact at once.
    """
    if ground == ANGRY:
        return frozenset({CALM})
    grades = {CALM, min(warned + 1, END)}
    return frozenset(grades | {END}) if ground in SEVERE else frozenset(grades)


def follows_a_warning(grade: int, ground: str) -> bool:
    """Tell whether ``grade`` is the answer to going on after a warning, so that only later words count."""
    return grade == WARN_AGAIN or (grade == END and ground == INSULT)


def block_length(earlier: int, steps: Sequence[timedelta]) -> timedelta:
    """Return how long the next block lasts after ``earlier`` ones that counted; the last step repeats."""
    return steps[min(earlier, len(steps) - 1)]


def limits_of(blocks: Iterable[Block], now: datetime) -> Limits | None:
    """Return what ``blocks`` limit together at ``now``: the strictest of each; None when none is in force."""
    running = [block for block in blocks if block.until > now]
    if not running:
        return None
    return Limits(
        until=max(block.until for block in running),
        text_only=any(block.text_only for block in running),
        slow_seconds=max(block.slow_seconds for block in running),
        no_new=any(block.no_new for block in running),
    )


def may_appeal(*, decided_at: datetime, appealed: bool, window: timedelta, now: datetime) -> bool:
    """Tell whether a block decided at ``decided_at`` can be appealed at ``now``: once, within ``window``."""
    return not appealed and now < decided_at + window
