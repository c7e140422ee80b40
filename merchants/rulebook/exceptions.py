"""Exceptions of a rule as they are typed and stored: no rule cuts everybody the same way."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.rules import is_in_bounds
from common.text import TextRefused, clean
from merchants.rulebook.rules import Spared

MOST = 20
MOST_NAMES = 50


def check_exceptions(data: Any) -> list[dict[str, Any]]:
    """Return exceptions as they are stored.

    Each is ``{"categories": […], "regions": […], "until": ISO moment or null, "why": …}`` and names
    a category or a region. Raises ``exception.shape``.
    """
    if not isinstance(data, list) or len(data) > MOST:
        raise _bad()
    return [_checked(one).stored() for one in data]


def _checked(one: Any) -> Spared:
    if not isinstance(one, dict) or set(one) - {"categories", "regions", "until", "why"}:
        raise _bad()
    try:
        spared = Spared(
            _names(one.get("categories", []), 60),
            _names(one.get("regions", []), 40),
            _moment(one.get("until")),
            clean(one.get("why", ""), max_chars=200, single_line=True),
        )
    except (TextRefused, ValueError):
        raise _bad() from None
    if not spared.categories and not spared.regions:
        raise _bad()
    return spared


def _names(given: Any, longest: int) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) > MOST_NAMES:
        raise ValueError
    return tuple(clean(one, max_chars=longest, single_line=True) for one in given)


def _moment(given: Any) -> datetime | None:
    if given in (None, ""):
        return None
    moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    if moment is None or moment.tzinfo is None or not is_in_bounds(moment):
        raise ValueError
    return moment


def _bad() -> DomainError:
    return DomainError(
        "exception.shape",
        _(
            "An exception names categories or regions, says why, and until when with an offset "
            "(or nothing, when it is for good)."
        ),
    )
