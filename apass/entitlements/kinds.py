"""The kinds of entitlements, and what each needs to be said: one dataclass for one kind."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from apass.entitlements.rules import Refused


@dataclass(frozen=True)
class Plain:
    """Nothing more to say: a return card, a free pick-up."""


@dataclass(frozen=True)
class QuickRefund:
    """Paid back at once up to ``amount`` CNY outstanding."""

    amount: Decimal


@dataclass(frozen=True)
class FirstReply:
    """A person answers within ``seconds``."""

    seconds: int


@dataclass(frozen=True)
class Complaint:
    """A complaint is resolved within ``hours`` of the clock on the wall."""

    hours: int


@dataclass(frozen=True)
class FirstOrder:
    """If the first order fails, up to ``amount`` CNY beyond its price."""

    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class WorryFree:
    """Return without a reason within ``days``, freight up to ``freight`` CNY paid by the house."""

    days: int
    freight: Decimal


@dataclass(frozen=True)
class Manager:
    """A person of one's own, who calls back within ``call_back_seconds``."""

    call_back_seconds: int


@dataclass(frozen=True)
class NoReturn:
    """Paid back without sending back, in ``categories``, up to ``amount`` CNY an order."""

    categories: tuple[str, ...]
    amount: Decimal


SHAPES: dict[str, type[Any]] = {
    "quick_refund": QuickRefund,
    "first_reply": FirstReply,
    "complaint": Complaint,
    "return_card": Plain,
    "first_order": FirstOrder,
    "worry_free_return": WorryFree,
    "dedicated_manager": Manager,
    "no_return_refund": NoReturn,
    "free_pickup": Plain,
}
NAMED_NUMBER = re.compile(r"\{(\w+)\}")
MOST = Decimal("999999.99")
WAITING = frozenset({"seconds", "hours", "call_back_seconds"})
"""Numbers of which less is better."""
LONGEST = 60 * 60 * 24 * 365


def parameters_of(kind: str, raw: Mapping[str, Any]) -> Any:
    """Return ``raw`` as the dataclass of ``kind``. Raises ``Refused`` for what is unknown, missing or odd."""
    shape = SHAPES[kind]
    known = _known(shape, raw)
    missing = [one.name for one in known.values() if one.default is MISSING and one.name not in raw]
    if missing:
        raise Refused("parameters.missing", names=missing)
    return shape(**{name: _value(name, known[name].type, given) for name, given in raw.items()})


def stored(kind: str, raw: Mapping[str, Any], *, partly: bool = False) -> dict[str, Any]:
    """Return ``raw`` as it is kept: checked, amounts as words. ``partly``: some names only."""
    shape = SHAPES[kind]
    if partly:
        known = _known(shape, raw)
        values = {name: _value(name, known[name].type, given) for name, given in raw.items()}
    else:
        whole = parameters_of(kind, raw)
        values = {one.name: getattr(whole, one.name) for one in fields(shape)}
    return {name: _plain(one) for name, one in values.items()}


def _known(shape: type[Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers a kind has, unless ``raw`` is no mapping or names another."""
    if not isinstance(raw, Mapping):
        raise Refused("parameters.no_mapping")
    known = {one.name: one for one in fields(shape)}
    if unknown := sorted(set(map(str, raw)) - set(known)):
        raise Refused("parameters.unknown", names=unknown)
    return known


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return list(value) if isinstance(value, tuple) else value


def _value(name: str, kind: Any, given: Any) -> Any:
    if kind is Decimal:
        return _amount(name, given)
    if kind is int:
        if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= LONGEST:
            raise Refused("parameters.odd", name=name)
        return given
    if not isinstance(given, list | tuple) or not given:
        raise Refused("parameters.odd", name=name)
    if not all(isinstance(one, str) and 0 < len(one.strip()) <= 60 for one in given):
        raise Refused("parameters.odd", name=name)
    return tuple(dict.fromkeys(one.strip() for one in given))


def _amount(name: str, given: Any) -> Decimal:
    if isinstance(given, bool | float):
        raise Refused("parameters.odd", name=name)
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        raise Refused("parameters.odd", name=name) from None
    if not amount.is_finite() or not 0 <= amount <= MOST or amount != round(amount, 2):
        raise Refused("parameters.odd", name=name)
    return amount


def best_of(first: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return of two stored sets of numbers of one kind the better of each, for the member.

    Less time is better to wait, more to send back; more money is better, and what either names counts.
    Of equals it is the first: who gains nothing by ``other`` keeps ``first`` as it is.
    """
    return {
        name: _better(name, first[name], other[name])
        if name in first and name in other
        else first.get(name, other.get(name))
        for name in {**first, **other}
    }


def _better(name: str, first: Any, other: Any) -> Any:
    if isinstance(first, list):
        return [*first, *(one for one in other if one not in first)]
    if isinstance(first, str):
        return max(first, other, key=Decimal)
    return min(first, other) if name in WAITING else max(first, other)


def check_words(kind: str, *promises: str) -> None:
    """Refuse words that name a number in braces which the kind does not have. Raises ``Refused``."""
    known = {one.name for one in fields(SHAPES[kind])}
    named = {name for words in promises for name in NAMED_NUMBER.findall(words)}
    if unknown := sorted(named - known):
        raise Refused("promise.unknown_number", names=unknown)
