"""How the merchants' pages say figures and days that come as they are sent to programs: as text."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from common.rules import SHANGHAI

register = template.Library()

CENT = Decimal("0.01")


@register.filter
def as_day(value: str | date | datetime | None) -> str:
    """Say a day, month first and without the year; a moment is the day in Shanghai it lies in."""
    if not value:
        return ""
    when = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else value
    if isinstance(when, datetime):
        when = when.astimezone(SHANGHAI).date()
    day = date.fromisoformat(when) if isinstance(when, str) else when
    return _("%(month)s-%(day)s") % {"month": day.month, "day": day.day}


@register.filter
def two_places(value: str) -> str:
    """Say a score with two decimals, half rounded up."""
    return str(Decimal(value).quantize(CENT, ROUND_HALF_UP))


@register.filter
def signed(value: str) -> str:
    """Say a change with two decimals and its sign; nothing that rounds to nothing."""
    change = Decimal(value).quantize(CENT, ROUND_HALF_UP)
    return f"{change:+}".replace("-", "−") if change else ""


@register.filter
def direction(value: str) -> str:
    """Return ``above`` or ``below`` for a change that shows, else nothing."""
    change = Decimal(value).quantize(CENT, ROUND_HALF_UP)
    return "above" if change > 0 else "below" if change < 0 else ""


@register.filter
def percent_of(value: str) -> str:
    """Say a share of one in percent, one decimal, without its sign."""
    share = abs(Decimal(value) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{share.normalize():f}%"


@register.filter
def part(row: dict[str, Any], key: str) -> Any:
    """Return the part of ``row`` under ``key``."""
    return row[key]


@register.filter
def stacked(shares: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return shares of a hundred with where each begins (``x``) when they are laid end to end."""
    laid, x = [], 0
    for share in shares:
        laid.append(share | {"x": x})
        x += share["percent"]
    return laid
