"""The page of a shop's experience score: what it is, why, what would make it better, what it opens."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from merchants.charts import chart_of
from merchants.frame import for_shops, frame
from merchants.models import Shop, shops_of
from merchants.queries.dsr import standing_card, traffic_card, trend
from merchants.queries.effects import owned_page
from merchants.queries.experience import experience_card, warnings_of
from merchants.queries.gate import activity_gate

SHOWN = 10
TREND_DAYS = 30


@require_safe
@for_shops
def score(request: HttpRequest) -> HttpResponse:
    """Show the score of one of the shops one works for; the first unless the address names one."""
    shops = list(shops_of(signed_in(request)).order_by("shop_no"))
    context: dict[str, Any] = frame("score") | {"shops": shops, "shop": None}
    if shops:
        context |= _of(_chosen(shops, request.GET.get("shop", "")))
    return render(request, "merchants/experience/score.html", context)


def _chosen(shops: list[Shop], number: str) -> Shop:
    for shop in shops:
        if number in {"", shop.shop_no}:
            return shop
    raise Http404


def _of(shop: Shop) -> dict[str, Any]:
    now = timezone.now()
    card = experience_card(shop, now)
    warnings, _more = warnings_of(shop, now, limit=SHOWN)
    ratings, _further = owned_page(shop, limit=SHOWN)
    for part in card["dimensions"]:
        part["bar"] = bar_of(part["score"])
    return {
        "shop": shop,
        "card": card,
        "bar": bar_of(card["score"]),
        "traffic": traffic_card(shop, now),
        "warnings": [one for one in warnings if one["is_running"]],
        "gate": activity_gate(shop, now),
        "standing": standing_card(shop, now),
        "chart": chart_of(trend(shop, days=TREND_DAYS)),
        "ratings": _with_signs(ratings),
    }


def bar_of(score: str | None) -> str:
    """Return how far a score reaches from 3.00 to 5.00, 0–100; nothing without one."""
    return "" if score is None else f"{(float(score) - 3) * 50:.1f}"


def _with_signs(ratings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write effects as people read them: four decimals, with their sign."""
    for one in ratings:
        one["effects"] = {
            name: None if effect is None else f"{Decimal(effect):+.4f}"
            for name, effect in one["effects"].items()
        }
    return ratings
