"""What penalties ask of a shop's experience score, wherever it is counted."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from merchants.models import Shop

Score = Callable[[Shop], Decimal | None]
Privileged = Callable[[Shop, datetime], bool]
_told: dict[str, tuple[Score, Privileged]] = {}


def tell_experience(score: Score, is_privileged: Privileged) -> None:
    """Say how a shop's experience score is read, and whether it is good enough for the fast lane of appeals."""
    _told["it"] = (score, is_privileged)


def experience_of(shop: Shop) -> Decimal | None:
    """Return a shop's experience score; None while nobody counts it."""
    return _told["it"][0](shop) if _told else None


def has_fast_lane(shop: Shop, at: datetime) -> bool:
    """Tell whether appeals of the shop are reviewed first."""
    return bool(_told) and _told["it"][1](shop, at)
