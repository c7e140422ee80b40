"""How a shop stands by what penalties follow into: read before and after an appeal is ruled."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from merchants.models import Dimension, Shop
from merchants.penalties.restoring import reading
from merchants.queries.dsr import (
    exposure_of,
    formula_scores,
    standing_now,
    weighed,
)
from merchants.queries.penalties import trust_of_shop
from merchants.ratings.numbers import traffic_numbers
from merchants.ratings.rules import mean, score_for_traffic, search_multiplier


@reading("weight", _("Weight in search"))
def weight(shop: Shop, now: datetime) -> dict[str, Any]:
    """Say what the shop weighs: by its scores as they count now (1 while unknown), times what holds for it."""
    own, _credit = standing_now(shop)
    score = score_for_traffic(formula_scores(shop, now, own))
    numbers = traffic_numbers(now)
    multiplier = search_multiplier(numbers.neutral if score is None else score, numbers)
    return {"": str(weighed(multiplier, exposure_of(shop, now)))}


@reading("dsr", _("DSR"), dict(Dimension.choices))
def scores(shop: Shop, now: datetime) -> dict[str, Any]:
    """Say the three means as they count now, five decimals; what nobody scored is not among them."""
    own, _credit = standing_now(shop)
    means = {name: mean(one.total, one.count) for name, one in own.items()}
    return {name: str(found) if found is not None else None for name, found in means.items()}


@reading("credit", _("Credit"), {"points": _("credit points"), "trust": _("seller trust")})
def credit(shop: Shop, now: datetime) -> dict[str, Any]:
    """Say the credit that ratings brought, and the trust that penalties cost."""
    _own, points = standing_now(shop)
    return {"points": points, "trust": trust_of_shop(shop, now)}
