"""Shops as staff search them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.models import User
from common.models import SearchLine
from common.search import Hit, LinedKind, Query, normalise, register, snippet_of, sounds_of
from common.search.kinds import ADMIN, Found, Key
from merchants.models import Shop, ShopLine
from merchants.rulebook import search as _rules  # noqa: F401  (registers them)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
RIGHTS = ("customers.look_up", "tickets.see_all", "orders.see_all")


@register
class ShopKind(LinedKind):
    """A shop, by name, pinyin, number and merchant."""

    name = "shop"
    label = gettext_lazy("Shops")
    icon = "shop"
    position = 60
    thing = Shop
    line = ShopLine
    columns = ("shop_id",)
    types = (int,)
    scope = "shop_id"
    number = "shop_no"

    def is_for(self, user: User) -> bool:
        """The desk, the back office and account managers."""
        return any(user.can(right) for right in RIGHTS)

    def visible(self, user: User) -> QuerySet[Shop]:
        """Return the shops ``user`` may see: all, to whom the kind is for."""
        return Shop.objects.all() if self.is_for(user) else Shop.objects.none()

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what shops are found by. Without a day of opening, the order they came in counts."""
        rows = Shop.objects.filter(pk__in=[key[0] for key in keys]).select_related("merchant")
        return [
            ShopLine(
                shop_id=shop.pk,
                at=shop.opened_at or NEVER,
                words="\n".join(
                    normalise(text)
                    for text in (shop.name, shop.shop_no, shop.merchant and shop.merchant.name)
                    if text
                ),
                sounds=sounds_of(shop.name),
            )
            for shop in rows
        ]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say name, number and what it sells."""
        rows: dict[Any, Shop] = self.visible(user).in_bulk([one.key[0] for one in found])
        return {
            one.key: Hit(
                kind=self.name,
                id=shop.shop_no,
                title=snippet_of(shop.name, query),
                line=" · ".join(filter(None, [shop.shop_no, shop.category])),
                at=shop.opened_at,
                url=reverse("admin:merchants_shop_change", args=[shop.pk]) if door == ADMIN else "",
                facts={"shop_no": shop.shop_no},
            )
            for one in found
            if (shop := rows.get(one.key[0]))
        }
