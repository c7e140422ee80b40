"""What all pages of the merchants' front have on top: where one is, for which shop, where one can go."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache

from accounts.people import signed_in

View = Callable[..., HttpResponseBase]
SHOP = "shop_no"
"""Under which name a browser remembers the shop one looked at last."""


@dataclass(frozen=True)
class ShopPage:
    """A page of the merchants' front."""

    key: str
    name: str
    label: Any
    place: int


_pages: dict[str, ShopPage] = {}


def declare_page(key: str, name: str, label: Any, place: int) -> None:
    """Add a page to the line on top: ``name`` of its address, and its place in the line."""
    _pages[key] = ShopPage(key, name, label, place)


def for_shops(page: View) -> View:
    """Let in who has the rooms of merchants; send strangers to the sign-in, nobody else finds them."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not signed_in(request).can("shop.use"):
            raise Http404
        return page(request, *args, **kwargs)

    return never_cache(guarded)


def frame(current: str = "") -> dict[str, Any]:
    """Return what the line on top of a merchants' page shows; ``current`` is the key of the page."""
    pages = sorted(_pages.values(), key=lambda page: page.place)
    return {
        "topbar_name": _("Merchants"),
        "topbar_home": reverse("shop-home"),
        "topbar_nav": [
            {"url": reverse(page.name), "label": page.label, "current": page.key == current}
            for page in pages
        ],
    }


declare_page("home", "shop-home", _("Today"), 10)
declare_page("score", "shop-score", _("Experience score"), 20)
declare_page("reviews", "shop-reviews", _("Reviews"), 30)
declare_page("cases", "shop-violations", _("Penalties and appeals"), 40)
declare_page("goodwill", "shop-goodwill", pgettext_lazy("of a shop", "Goodwill"), 35)
declare_page("people", "shop-people", _("My people"), 70)
declare_page("pilots", "pilots", _("Pilot shops"), 80)
declare_page("rules", "shop-rules", pgettext_lazy("of the marketplace", "Rules"), 50)
declare_page("bulletins", "shop-bulletins", _("Bulletins"), 65)
declare_page("notices", "shop-notices", _("Public penalties"), 60)
