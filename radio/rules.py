"""What the radio's numbers mean: pure functions, the moment arrives as an argument."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from common.rules import SHANGHAI

HEADLINE_CHARACTERS = 16
SUGGESTED_CHARACTERS = 40
REASON_CHARACTERS = 1000
CHARACTERS_A_MINUTE = 300

PENDING, SELECTED, MERGED, REJECTED = "pending", "selected", "merged", "rejected"
MOVES: Mapping[str, frozenset[str]] = {
    PENDING: frozenset({SELECTED, MERGED, REJECTED}),
    SELECTED: frozenset(),
    MERGED: frozenset(),
    REJECTED: frozenset(),
}
"""A case is screened once: no second decision undoes the first."""


def shanghai_day(moment: datetime) -> date:
    """Return the calendar day on which ``moment`` falls in Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def moment_on(day: date, at: time) -> datetime:
    """Return the moment at which clocks in Shanghai show ``at`` on ``day``."""
    return datetime.combine(day, at, SHANGHAI)


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield every day from ``first`` to ``last``, both included; nothing when they are reversed."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def reading_minutes(texts: Iterable[str]) -> int:
    """Return how many minutes ``texts`` take to read, at least one (300 characters a minute)."""
    return max(1, -(-sum(len(text) for text in texts) // CHARACTERS_A_MINUTE))


def hide_numbers(text: str, numbers: Iterable[str]) -> str:
    """Return ``text`` with each of ``numbers`` shown as its first and last four characters.

    These are our own numbers (order, member, conversation): no personal data by their look, yet
    each leads to one person. A number of eight characters or fewer is hidden whole.
    """
    for number in sorted({n for n in numbers if n}, key=len, reverse=True):
        shown = f"{number[:4]}****{number[-4:]}" if len(number) > 8 else "****"
        text = text.replace(number, shown)
    return text


def first_sentence(text: str, limit: int) -> str:
    """Return the first sentence of ``text``, cut to ``limit`` characters: a headline to begin with."""
    line = text.strip().split("\n", 1)[0]
    for stop in "。！？!?；;":
        line = line.split(stop, 1)[0]
    return line[:limit].strip()
