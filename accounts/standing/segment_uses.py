"""Who serves by a segment is known above: each app that does says so here."""

from collections.abc import Callable
from datetime import datetime

Uses = Callable[[str, datetime], list[str]]
_known: list[Uses] = []


def knows_uses(function: Uses) -> Uses:
    """Register ``function(code, now)``: what is or will be served by that segment, by name."""
    _known.append(function)
    return function


def uses_of(code: str, now: datetime) -> list[str]:
    """Return everything that is or will be served by the segment called ``code``."""
    return [name for function in _known for name in function(code, now)]
