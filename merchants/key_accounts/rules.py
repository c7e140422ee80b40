"""Who is called, what comes first, who may try things first: pure."""

from dataclasses import dataclass
from datetime import datetime

MANAGER, DEPUTY, QUEUE = "manager", "deputy", "queue"
"""Who is called for a shop: its manager, the deputy, or the queue of operations."""

IN_CHARGE, MANAGER_AWAY, BOTH_AWAY, NOBODY = "in_charge", "manager_away", "both_away", "nobody"
"""Why it is they."""


@dataclass(frozen=True)
class Volume:
    """What a shop sold in a span: how many orders, of how many different products."""

    orders: int
    products: int


def turn(*, manager_here: bool, deputy_here: bool) -> tuple[str, str]:
    """Return who is called and why: the manager, while away the deputy, without both the queue."""
    if manager_here:
        return MANAGER, IN_CHARGE
    return (DEPUTY, MANAGER_AWAY) if deputy_here else (QUEUE, BOTH_AWAY)


def meets(volume: Volume, *, orders: int, products: int) -> bool:
    """Tell whether a shop sells enough, and enough different things, to try what is new first."""
    return volume.orders >= orders and volume.products >= products


def place_in_portfolio(
    contact_due: datetime | None, clocks: list[datetime], now: datetime
) -> tuple[bool, datetime | None]:
    """Return by what an account is placed: False first, then the nearest moment, None last.

    A contact that is overdue comes before every clock.
    """
    known = [*clocks, contact_due] if contact_due is not None else clocks
    is_overdue = contact_due is not None and contact_due <= now
    return not is_overdue, min(known, default=None)
