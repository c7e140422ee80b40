"""What is known above: orders of a shop, who is at the desk, figures of the portfolio. Apps tell it here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from merchants.key_accounts.rules import Volume

Volumes = Callable[[int, datetime, datetime], Volume]
Presences = Callable[[Sequence[int]], dict[int, str]]
_volumes: list[Volumes] = []
_presences: list[Presences] = []


@dataclass(frozen=True)
class Told:
    """How many there are of something at one shop, and when the first of them is due."""

    count: int
    due_at: datetime | None = None
    promise: timedelta = timedelta(days=7)

    @property
    def began_at(self) -> datetime | None:
        """From when its clock is drawn: nobody told when the promise was made, only how long it usually is."""
        return self.due_at - self.promise if self.due_at is not None else None


@dataclass(frozen=True)
class Figure:
    """One figure of the portfolio. ``measure(shop ids, now)`` answers for all shops in one query."""

    code: str
    label: Any
    measure: Callable[[Sequence[int], datetime], dict[int, Told]]


_figures: dict[str, Figure] = {}


def declare_portfolio_figure(figure: Figure) -> None:
    """Put a figure into the portfolio of account managers. Called at import time."""
    _figures[figure.code] = figure


def portfolio_figures() -> list[Figure]:
    """Return the declared figures by code."""
    return [_figures[code] for code in sorted(_figures)]


def knows_volume(function: Volumes) -> Volumes:
    """Register ``function(shop id, since, until)``: what a shop sold in a span."""
    _volumes[:] = [function]
    return function


def volume_of(shop_id: int, since: datetime, until: datetime) -> Volume | None:
    """Return what a shop sold; None while nobody has said who knows."""
    return _volumes[0](shop_id, since, until) if _volumes else None


def knows_staff_presence(function: Presences) -> Presences:
    """Register ``function(user ids)``: the word for where each of our people is now, of those known."""
    _presences[:] = [function]
    return function


def presences_of(user_ids: Sequence[int]) -> dict[int, str]:
    """Return where people are now, in a word; nobody when nobody knows."""
    return _presences[0](user_ids) if _presences else {}
