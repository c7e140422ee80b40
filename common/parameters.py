"""Business numbers: declared in code with type and bounds, changed in the admin with a date and a reason."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as daytime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.history import record
from common.models import Parameter
from common.rights import require_right

Value = int | Decimal | timedelta | daytime | str | bool


@dataclass(frozen=True)
class Declaration:
    """What a parameter may be. ``floor``/``ceiling`` marked ``legal`` cannot be loosened by anyone.

    ``words`` are those a text may be made of, with blanks between; none of them: any text.
    """

    key: str
    default: Value
    label: Any
    minimum: Value | None = None
    maximum: Value | None = None
    legal: bool = False
    unit: Any = ""
    words: frozenset[str] = frozenset()

    def parse(self, raw: Any) -> Value:
        """Turn a stored or typed ``raw`` into the parameter's type. Raises ``ValueError``."""
        if isinstance(self.default, bool):
            if not isinstance(raw, bool):
                raise ValueError("not a yes or no")
            return raw
        if isinstance(self.default, timedelta):
            return raw if isinstance(raw, timedelta) else timedelta(seconds=float(raw))
        if isinstance(self.default, daytime):
            return raw if isinstance(raw, daytime) else daytime.fromisoformat(str(raw))
        if isinstance(self.default, int):
            number = Decimal(str(raw))
            if number != number.to_integral_value():
                raise ValueError("not a whole number")
            return int(number)
        if isinstance(self.default, Decimal):
            return Decimal(str(raw))
        if self.words and not set(str(raw).split()) <= self.words:
            raise ValueError("not made of the words there are")
        return str(raw)

    def store(self, value: Value) -> Any:
        """Return the JSON form: seconds for durations, strings for decimals and times of day."""
        if isinstance(value, timedelta):
            return value.total_seconds()
        if isinstance(value, daytime):
            return value.isoformat("minutes")
        return str(value) if isinstance(value, Decimal) else value


_declared: dict[str, Declaration] = {}
_cached: dict[str, list[tuple[datetime, Any]]] = {}
_checked_at = float("-inf")
_RECHECK_SECONDS = 1.0


def declare(
    key: str,
    default: Value,
    label: Any,
    *,
    minimum: Value | None = None,
    maximum: Value | None = None,
    legal: bool = False,
    unit: Any = "",
    words: Iterable[str] = (),
) -> None:
    """Declare a parameter at import time of an app's ``parameters.py``."""
    _declared[key] = Declaration(
        key, default, label, minimum, maximum, legal, unit, frozenset(words)
    )


def declarations() -> list[Declaration]:
    """Return all declared parameters by key."""
    return [_declared[key] for key in sorted(_declared)]


def declaration(key: str) -> Declaration:
    """Return one declaration. Raises ``KeyError`` for a key nobody declared."""
    return _declared[key]


def value(key: str, at: datetime | None = None) -> Any:
    """Return the value of ``key`` in force at ``at`` (now when left out).

    Values of other processes' changes are seen within a second.
    """
    declared = _declared[key]
    moment = at or timezone.now()
    in_force: Any = None
    for effective_from, raw in _rows(key):
        if effective_from <= moment:
            in_force = raw
    return declared.default if in_force is None else declared.parse(in_force)


def since(key: str, at: datetime | None = None) -> datetime | None:
    """Return from when the value of ``key`` in force at ``at`` holds; None for the declared default."""
    moment = at or timezone.now()
    began = [effective_from for effective_from, _raw in _rows(key) if effective_from <= moment]
    return began[-1] if began else None


@transaction.atomic
def set_value(
    key: str, new: Any, *, by: Any, reason: str, effective_from: datetime | None = None
) -> Parameter:
    """Give ``key`` a new value from a moment on (now when left out; never in the past).

    Raises ``forbidden``, ``parameter.unknown``, ``parameter.bad_value``, ``parameter.out_of_bounds``,
    ``parameter.no_reason``, ``parameter.in_the_past`` and ``parameter.taken``.
    """
    require_right(by, "parameters.change")
    if key not in _declared:
        raise DomainError("parameter.unknown", _("There is no such parameter."))
    declared, now = _declared[key], timezone.now()
    if not reason.strip():
        raise DomainError("parameter.no_reason", _("Write why the number changes."))
    try:
        parsed = declared.parse(new)
    except (ValueError, ArithmeticError, TypeError):
        raise DomainError(
            "parameter.bad_value", _("This is not a value this parameter can take.")
        ) from None
    low, high = declared.minimum, declared.maximum
    if (low is not None and parsed < low) or (high is not None and parsed > high):  # type: ignore[operator]
        raise DomainError(
            "parameter.out_of_bounds",
            _("The value must lie between %(low)s and %(high)s.") % {"low": low, "high": high},
        )
    starts = effective_from or now
    if starts < now - timedelta(seconds=5):
        raise DomainError("parameter.in_the_past", _("A change cannot begin in the past."))
    before = value(key, starts)
    try:
        with transaction.atomic():
            row = Parameter.objects.create(
                key=key,
                value=declared.store(parsed),
                effective_from=starts,
                changed_by=by,
                reason=reason,
            )
    except IntegrityError:
        raise DomainError(
            "parameter.taken", _("This parameter already changes at that very moment.")
        ) from None
    record(
        row,
        "parameter.changed",
        by=by,
        before={"key": key, "value": declared.store(before)},
        after={"key": key, "value": declared.store(parsed), "effective_from": starts},
        reason=reason,
    )
    transaction.on_commit(forget)
    return row


def forget() -> None:
    """Drop what this process remembers, so that the next question reads the table."""
    global _checked_at
    _checked_at = float("-inf")


def _rows(key: str) -> list[tuple[datetime, Any]]:
    global _cached, _checked_at
    if time.monotonic() - _checked_at > _RECHECK_SECONDS:
        fresh: dict[str, list[tuple[datetime, Any]]] = {}
        for row in Parameter.objects.order_by("effective_from").values_list(
            "key", "effective_from", "value"
        ):
            fresh.setdefault(row[0], []).append((row[1], row[2]))
        # Swapped whole: other threads read either the old or the new table, never half of one.
        _cached, _checked_at = fresh, time.monotonic()
    return _cached.get(key, [])
