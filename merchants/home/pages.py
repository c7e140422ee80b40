"""The merchants' home: the first page of everybody who works for a shop."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from common.parameters import value
from merchants.frame import SHOP, for_shops, frame
from merchants.home.chart import NARROW, WIDE, chart_of
from merchants.models import Dimension, Shop
from merchants.queries.home import home_card, own_shops
from merchants.queries.key_accounts import manager_card

DEFAULT_DIMENSION = Dimension.SERVICE_ATTITUDE


@require_safe
@for_shops
def home(request: HttpRequest) -> HttpResponse:
    """Show where the shop stands and what it has to do by when."""
    user, now = signed_in(request), timezone.now()
    shops = own_shops(user)
    if not shops:
        return render(request, "merchants/home/none.html", frame("home"))
    shop = _chosen(request, shops)
    card = home_card(user, shop, shop.staff_rights, now)  # type: ignore[attr-defined]
    dimension = request.GET.get("dimension", "")
    if dimension not in Dimension.values:
        dimension = DEFAULT_DIMENSION.value
    gate = value("activity.dsr", now)
    drawn = {
        name: chart_of(
            card["trend"]["days"],
            dimension,
            card["trend"]["events"],
            frame=size,
            gate=gate,
        )
        for name, size in (("wide", WIDE), ("narrow", NARROW))
    }
    context = frame("home") | {
        "shop": shop,
        "shops": shops if len(shops) > 1 else [],
        "card": card,
        "manager": manager_card(shop, now),
        "sentence": sentence_of(card["running_out"], bool(card["todo"])),
        "next_todo": card["todo"][0] if card["todo"] else None,
        "now": now,
        "dimension": dimension,
        "dimension_label": Dimension(dimension).label,
        "dimensions": Dimension.choices,
        "charts": drawn,
    }
    return render(request, "merchants/home/home.html", context)


def sentence_of(running_out: int, is_something: bool) -> str:
    """Say in one line what the day asks."""
    if running_out:
        return ngettext(
            "%(n)s thing runs out within a day", "%(n)s things run out within a day", running_out
        ) % {"n": running_out}
    if is_something:
        return _("Nothing runs out today")
    return _("Nothing waits for you")


def _chosen(request: HttpRequest, shops: list[Shop]) -> Shop:
    """Return the shop that is asked for, else the one looked at last, else the first; remember it."""
    asked = request.GET.get("shop", "") or request.session.get(SHOP, "")
    shop = next((one for one in shops if one.shop_no == asked), shops[0])
    if request.session.get(SHOP) != shop.shop_no and len(shops) > 1:
        request.session[SHOP] = shop.shop_no
    return shop
