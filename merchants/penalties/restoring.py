"""What an appeal gives back: a registry in which other parts of merchants, and the apps above, hook in.

Two kinds hook in. A *restorer* puts something back that a decision had changed. A *reading* says how
something stands that follows from penalties by itself (weight, scores, shelves): it is read before and
after a ruling, and what differs is listed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User
    from merchants.models import Penalty, Shop


@dataclass(frozen=True)
class GivenBack:
    """One thing that is as it was before the penalty: what, of which, under it, and again."""

    what: str
    about: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


Restorer = Callable[["Penalty", "User", datetime], Iterable[GivenBack]]
Reading = Callable[["Shop", datetime], dict[str, Any]]
_restorers: dict[str, Restorer] = {}
_readings: dict[str, Reading] = {}
_named: dict[str, Any] = {}


def name_given_back(words: dict[str, Any]) -> None:
    """Say what things that are given back are called: key to a translatable word."""
    _named.update(words)


def word_of(what: str) -> str:
    """Return what a thing that was given back is called."""
    return str(_named.get(what, what))


def restorer(what: str, label: Any) -> Callable[[Restorer], Restorer]:
    """Register ``restore(penalty, by, now)``, called inside the ruling that revokes or reduces a penalty.

    It puts back exactly what the penalty had changed, yields one :class:`GivenBack` for each thing, and
    nothing when the penalty had changed none. The points of the penalty are those after the ruling: 0
    when it was revoked.
    """

    def register(function: Restorer) -> Restorer:
        _restorers[what] = function
        name_given_back({what: label})
        return function

    return register


def reading(
    what: str, label: Any, parts: dict[str, Any] | None = None
) -> Callable[[Reading], Reading]:
    """Register ``read(shop, now)``: figures by name that follow from what holds for a shop.

    ``parts`` says what the figures are called. Called before and after a ruling, the shop held.
    """

    def register(function: Reading) -> Reading:
        _readings[what] = function
        name_given_back({what: label})
        name_given_back({f"{what}:{part}": word for part, word in (parts or {}).items()})
        return function

    return register


def restorers() -> list[Restorer]:
    """Return every registered restorer, by name."""
    return [_restorers[what] for what in sorted(_restorers)]


def read_all(shop: "Shop", now: datetime) -> dict[tuple[str, str], Any]:
    """Return every registered figure of a shop as it is now, by thing and part."""
    return {
        (what, part): figure
        for what in sorted(_readings)
        for part, figure in _readings[what](shop, now).items()
    }


def differing(
    before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any]
) -> list[GivenBack]:
    """Return what differs between two readings."""
    return [
        GivenBack(what, part, {"value": before[what, part]}, {"value": figure})
        for (what, part), figure in after.items()
        if before.get((what, part)) != figure
    ]
