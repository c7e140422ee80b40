"""Which version of the rules is in force on a day: published ones by date, the built-in ones before them."""

import time
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import StandingRules
from accounts.standing.rules import SHANGHAI, Numbers

BUILT_IN = 0
"""The version of the numbers a house begins with."""

_RECHECK_SECONDS = 1.0
_known: list["InForce"] = []
_checked_at = float("-inf")


@dataclass(frozen=True)
class InForce:
    """One version of the rules with the day from which it holds."""

    version: int
    effective_on: date
    numbers: Numbers


def rules_on(day: date) -> InForce:
    """Return the rules in force on ``day`` (Shanghai's). Other processes' changes are seen within a second."""
    found = InForce(BUILT_IN, date.min, Numbers())
    for one in _published():
        if one.effective_on <= day:
            found = one
    return found


def rules_at(moment: datetime) -> InForce:
    """Return the rules in force at ``moment``."""
    return rules_on(moment.astimezone(SHANGHAI).date())


def rules_of(version: int) -> InForce:
    """Return one published version, or the built-in one. Raises ``LookupError`` for any other."""
    if version == BUILT_IN:
        return InForce(BUILT_IN, date.min, Numbers())
    for one in _published():
        if one.version == version:
            return one
    raise LookupError(version)


def forget() -> None:
    """Drop what this process remembers, so that the next question reads the table."""
    global _checked_at
    _checked_at = float("-inf")


def _published() -> list[InForce]:
    global _known, _checked_at
    if time.monotonic() - _checked_at > _RECHECK_SECONDS:
        rows = (
            StandingRules.objects.filter(published_at__isnull=False, effective_on__isnull=False)
            .order_by("effective_on")
            .values_list("version", "effective_on", "numbers")
        )
        fresh = [
            InForce(version, day, Numbers.of(numbers)) for version, day, numbers in rows if day
        ]
        # Swapped whole: other threads read either the old or the new list.
        _known, _checked_at = fresh, time.monotonic()
    return _known
