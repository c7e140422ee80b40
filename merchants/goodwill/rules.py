"""Rules of goodwill: what may be given, when it counts against a budget, what it may not be tied to."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from math import sqrt

from common.rules import shanghai_day

OFFERED, ACCEPTED, FULFILLED = "offered", "accepted", "fulfilled"
DECLINED, EXPIRED, WITHDRAWN = "declined", "expired", "withdrawn"
RUNNING = (OFFERED, ACCEPTED)
SPENT = (OFFERED, ACCEPTED, FULFILLED)
"""What counts against the month's budget: an offer too, or two of them could promise the same money."""

COUPON, FREIGHT, GIFT, FAST_EXCHANGE = "coupon", "freight", "gift", "fast_exchange"

Z_95 = 1.959964
"""Two-sided 95 % point of the normal distribution."""


def month_of(moment: datetime) -> date:
    """Return the first day of the month in Shanghai to whose budget something of ``moment`` counts."""
    return shanghai_day(moment).replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def is_for_a_review(words: str, forbidden: Iterable[str]) -> bool:
    """Tell whether ``words`` speak of a review: what soothes may not buy one (反不正当竞争法 8).

    Spaces and marks between the letters are looked through.
    """
    bare = re.sub(r"[\W_]+", "", words).lower()
    return any(one and one.lower() in bare for one in forbidden)


def share(successes: int, of: int) -> tuple[Decimal, Decimal, Decimal] | None:
    """Return a share and the ends of its 95 % Wilson interval, each with four places; None of nothing."""
    if not of:
        return None
    p, z2 = successes / of, Z_95**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return tuple(round(Decimal(one), 4) for one in (p, low, high))  # type: ignore[return-value]
