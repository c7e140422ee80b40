"""What an appeal gives back: a registry in which other parts of merchants, and the apps above, hook in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from merchants.models import Penalty


@dataclass(frozen=True)
class GivenBack:
    """One thing that is as it was before the penalty: what, of which, under it, and again."""

    what: str
    about: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


Restorer = Callable[["Penalty", datetime], Iterable[GivenBack]]
_restorers: dict[str, tuple[Any, Restorer]] = {}
_named: dict[str, Any] = {}


def name_given_back(words: dict[str, Any]) -> None:
    """Say what things that are given back are called: key to a translatable word."""
    _named.update(words)


def word_of(what: str) -> str:
    """Return what a thing that was given back is called."""
    return str(_named.get(what, what))


def restorer(what: str, label: Any) -> Callable[[Restorer], Restorer]:
    """Register ``restore(penalty, now)``, called inside the ruling that revokes or reduces a penalty.

    It puts back exactly what the penalty had changed (weight, score, listing, credit), yields one
    :class:`GivenBack` for each thing, and nothing when the penalty had changed none. The points of
    the penalty are those after the ruling: 0 when it was revoked.
    """

    def register(function: Restorer) -> Restorer:
        _restorers[what] = (label, function)
        name_given_back({what: label})
        return function

    return register


def restorers() -> list[Restorer]:
    """Return every registered restorer, by name."""
    return [_restorers[what][1] for what in sorted(_restorers)]
