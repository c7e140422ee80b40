"""Proof that what is stored equals what it is derived from: apps register how theirs is computed from zero."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Difference:
    """How many rows of one part differ from a recomputation, and one of them to look at."""

    where: str
    rows: int
    example: str = ""


@dataclass(frozen=True)
class Derived:
    """Something stored that can be computed from zero.

    ``check(now)`` yields a :class:`Difference` for each part it has looked at, also when it found
    none; ``mend(now)`` computes it anew.
    """

    name: str
    check: Callable[[datetime], Iterable[Difference]]
    mend: Callable[[datetime], object]


_derived: dict[str, Derived] = {}


def derive(
    name: str,
    *,
    check: Callable[[datetime], Iterable[Difference]],
    mend: Callable[[datetime], object],
) -> None:
    """Register something that is derived; a second one of the name replaces the first."""
    _derived[name] = Derived(name, check, mend)


def derived() -> list[Derived]:
    """Return everything that can be recomputed, by name."""
    return [_derived[name] for name in sorted(_derived)]
