"""The events that can be heard: every app declares its own in its ``webhooks.py``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TEST = "webhook.test"

Facts = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Heard:
    """One kind of event. ``facts`` makes the data of one that gathers, when it is told."""

    code: str
    label: Any
    gathers: bool = False
    facts: Facts | None = None


_heard: dict[str, Heard] = {}
_backstops: list[Callable[[], int]] = []


def declare_event(
    code: str, label: Any, *, gathers: bool = False, facts: Facts | None = None
) -> None:
    """Let ``code`` (noun, dot, past tense) be heard.

    ``gathers``: many of it about one thing within a few seconds are told once, with what ``facts``
    says of the thing at that moment. Nobody hears those who has not asked for them by name.
    """
    _heard[code] = Heard(code, label, gathers, facts)


def heard_events() -> list[Heard]:
    """Return every event that can be heard, by code."""
    return [_heard[code] for code in sorted(_heard)]


def heard(code: str) -> Heard:
    """Return one kind of event. Raises ``KeyError`` for one that nobody declares."""
    return _heard[code]


def backstop(function: Callable[[], int]) -> Callable[[], int]:
    """Register ``function()``: asked every minute to emit what a crash kept from being said."""
    _backstops.append(function)
    return function


def run_backstops() -> int:
    """Ask every backstop; return how many events were missing."""
    return sum(function() for function in _backstops)
