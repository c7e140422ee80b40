"""The vocabulary of segments: what members may be chosen by. Nothing protected is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from accounts.standing.rules import APASS, BANDS, NEW, NORMAL, SUPER, VIP88
from common.rules import is_in_bounds

TIERS = (NEW, NORMAL, SUPER, VIP88, APASS)
RANGES = ("value", "credit", "activity", "spent", "orders", "registered")
"""Conditions with a lower and an upper end (``value_from``, ``value_to``), both included."""

_MOST = 1_000_000_000

Number = TypeVar("Number", int, Decimal)


class BadConditions(ValueError):
    """Conditions that cannot be: ``problems`` names each field with what is wrong (a code)."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True)
class Conditions:
    """All of them must hold; None and an empty tuple ask nothing. Days are Shanghai's.

    ``spent`` and ``orders`` are of the months that count (paid and kept, completed orders);
    ``guided`` asks whether the guide party leads the member now.
    """

    tiers: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    guided: bool | None = None
    value_from: int | None = None
    value_to: int | None = None
    credit_from: int | None = None
    credit_to: int | None = None
    activity_from: int | None = None
    activity_to: int | None = None
    spent_from: Decimal | None = None
    spent_to: Decimal | None = None
    orders_from: int | None = None
    orders_to: int | None = None
    registered_from: date | None = None
    registered_to: date | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Conditions":
        """Build from what was typed or stored. Raises :class:`BadConditions` with every problem at once.

        Codes: ``unknown`` (a field or a word nobody knows), ``not_a_number``, ``not_a_day``, ``day_out_of_range``,
        ``not_yes_or_no``, ``too_small``, ``too_large``, ``order`` (an end before its beginning),
        ``all`` under the name ``conditions`` when nothing is asked.
        """
        known = {field.name for field in fields(cls)}
        problems = {name: "unknown" for name in given if name not in known}
        parsed: dict[str, Any] = {}
        for name in sorted(known & set(given)):
            raw = given[name]
            if raw is None or raw == "" or raw == [] or raw == ():
                continue
            try:
                parsed[name] = _parse(name, raw)
            except _Problem as problem:
                problems[name] = problem.code
        for name in RANGES:
            low, high = parsed.get(f"{name}_from"), parsed.get(f"{name}_to")
            if low is not None and high is not None and low > high:
                problems.setdefault(f"{name}_to", "order")
        if not problems and not parsed:
            problems["conditions"] = "all"
        if problems:
            raise BadConditions(problems)
        return cls(**parsed)

    def stored(self) -> dict[str, Any]:
        """Return what is kept of them: only what is asked, JSON-ready."""
        kept: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == ():
                continue
            if isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, Decimal | date):
                value = str(value)
            kept[field.name] = value
        return kept


class _Problem(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _parse(name: str, raw: Any) -> Any:
    match name:
        case "tiers":
            return _words(raw, TIERS)
        case "bands":
            return _words(raw, BANDS)
        case "guided":
            if not isinstance(raw, bool):
                raise _Problem("not_yes_or_no")
            return raw
        case "registered_from" | "registered_to":
            return _day(raw)
        case "spent_from" | "spent_to":
            return _amount(raw)
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise _Problem("not_a_number")
    return _within(raw)


def _words(raw: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple) or any(word not in known for word in raw):
        raise _Problem("unknown")
    return tuple(word for word in known if word in raw)


def _day(raw: Any) -> date:
    try:
        day = raw if isinstance(raw, date) else date.fromisoformat(str(raw))
    except ValueError:
        raise _Problem("not_a_day") from None
    if not is_in_bounds(day):
        raise _Problem("day_out_of_range")
    return day


def _amount(raw: Any) -> Decimal:
    try:
        amount = Decimal(str(raw))
    except InvalidOperation:
        raise _Problem("not_a_number") from None
    if isinstance(raw, bool) or not amount.is_finite():
        raise _Problem("not_a_number")
    return _within(amount)


def _within(number: Number) -> Number:
    if number < 0:
        raise _Problem("too_small")
    if number > _MOST:
        raise _Problem("too_large")
    return number
