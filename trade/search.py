"""Orders and products as they are searched."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Collate, Reverse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.models import User
from apass.rollouts.deciding import is_open
from common.ids import moment_of
from common.models import SearchLine
from common.search import (
    Hit,
    LinedKind,
    Query,
    SearchKind,
    normalise,
    register,
    snippet_of,
    sounds_of,
)
from common.search.kinds import ADMIN, ME, Found, Key, talks_about
from trade.models import SEE_ALL, Order, OrderStatus, Product, ProductLine
from trade.rollouts import PRODUCT_SEARCH

SHORTEST_PART = 4
MOST_PARTS = 1_000
OWN_ORDERS = 2_000
_AFTER_ALL_DIGITS = "zzzz"


@register
class OrderKind(SearchKind):
    """An order: by its number, whole, its beginning or its end; one's own by their words too.

    Tens of millions of orders say a few thousand titles: to staff the products are found, and
    orders by their numbers.
    """

    name = "order"
    label = gettext_lazy("Orders")
    icon = "box"
    position = 50

    def is_for(self, user: User) -> bool:
        """Members search their own; the desk and the back office all of them."""
        return self._sees_all(user) or user.can("me.use")

    def key_of(self, text: str) -> Key:
        """Return the key that was written down. Raises ``ValueError``."""
        return (uuid.UUID(text),)

    def find(self, user: User, query: Query, *, after: Found | None, limit: int) -> list[Found]:
        """Find by number; a member's own by words as well."""
        rows = self._rows(user)
        keys = self._numbered(rows, query) if self._sees_all(user) else self._said(rows, query)
        found = sorted((Found(_paid(key), (key,)) for key in keys), key=_place, reverse=True)
        return [one for one in found if after is None or _place(one) < _place(after)][:limit]

    def exact(self, user: User, query: Query) -> list[Key]:
        """Return the order of the number."""
        rows = self._rows(user).filter(order_no=query.text)
        return [(pk,) for pk in rows.values_list("pk", flat=True)[:5]]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say what was bought, where, when and for how much."""
        rows: dict[Any, Order] = (
            self._rows(user).select_related("shop").in_bulk([one.key[0] for one in found])
        )
        return {
            one.key: Hit(
                kind=self.name,
                id=order.order_no,
                title=snippet_of(order.product or order.shop.name, query),
                line=" · ".join(
                    [order.order_no, order.shop.name, str(OrderStatus(order.status).label)]
                ),
                at=order.paid_at,
                url=self._address(order, door),
                facts={"order_no": order.order_no, "paid_amount": str(order.paid_amount)},
            )
            for one in found
            if (order := rows.get(one.key[0]))
        }

    def _sees_all(self, user: User) -> bool:
        return any(user.can(right) for right in SEE_ALL)

    def _rows(self, user: User) -> QuerySet[Order]:
        """Return what is searched: at work never one's own, as a member one's own alone."""
        return (Order.objects.for_work_of if self._sees_all(user) else Order.objects.visible_to)(
            user
        )

    def _address(self, order: Order, door: str) -> str:
        if door == ADMIN:
            return reverse("admin:trade_order_change", args=[order.pk])
        if door == ME:
            return f"{reverse('new-chat')}?order={order.order_no}"
        return talks_about(order.order_no, door)

    def _numbered(self, rows: QuerySet[Order], query: Query) -> set[uuid.UUID]:
        """Return orders whose number begins or ends so; the newest, as numbers begin with the day."""
        part = query.text
        if len(query.words) != 1 or len(part) < SHORTEST_PART or not part.isascii():
            return set()
        begin = rows.filter(
            order_no__gte=part, order_no__lt=part + _AFTER_ALL_DIGITS, order_no__startswith=part
        )
        turned = part[::-1]
        end = rows.alias(turned=Collate(Reverse("order_no"), "C")).filter(
            turned__gte=Value(turned, TextField()),
            turned__lt=Value(turned + _AFTER_ALL_DIGITS, TextField()),
            order_no__endswith=part,
        )
        newest = begin.order_by("-order_no").values_list("pk", flat=True)[:MOST_PARTS]
        return set(newest) | set(end.values_list("pk", flat=True)[:MOST_PARTS])

    def _said(self, rows: QuerySet[Order], query: Query) -> set[uuid.UUID]:
        own = rows.order_by("-id").values_list("pk", "order_no", "product", "shop__name")
        return {
            pk
            for pk, *said in own[:OWN_ORDERS]
            if query.is_in("\n".join(normalise(text) for text in said))
        }


@register
class ProductKind(LinedKind):
    """A product, by title, pinyin and number."""

    name = "product"
    label = gettext_lazy("Products")
    icon = "tag"
    position = 70
    thing = Product
    line = ProductLine
    columns = ("product_id",)
    types = (int,)
    scope = "product_id"
    number = "product_no"

    def is_for(self, user: User) -> bool:
        """The desk and the back office; members once it is opened to them (else: in their talk's picker)."""
        if any(user.can(right) for right in SEE_ALL):
            return True
        return user.can("me.use") and is_open(PRODUCT_SEARCH, user)

    def visible(self, user: User) -> QuerySet[Product]:
        """Return the products ``user`` may see."""
        return Product.objects.visible_to(user)

    def lines(self, keys: Sequence[Key]) -> list[SearchLine]:
        """Return what products are found by."""
        rows = Product.objects.filter(pk__in=[key[0] for key in keys])
        return [
            ProductLine(
                product_id=product.pk,
                at=product.added_at,
                words=f"{normalise(product.title)}\n{normalise(product.product_no)}",
                sounds=sounds_of(product.title),
            )
            for product in rows.only("pk", "added_at", "title", "product_no")
        ]

    def show(self, user: User, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Say title, price and shop."""
        rows: dict[Any, Product] = (
            self.visible(user).select_related("shop").in_bulk([one.key[0] for one in found])
        )
        return {
            one.key: Hit(
                kind=self.name,
                id=product.product_no,
                title=snippet_of(product.title, query),
                line=" · ".join([product.product_no, f"¥{product.price}", product.shop.name]),
                at=product.added_at,
                url=reverse("admin:trade_product_change", args=[product.pk])
                if door == ADMIN
                else "",
                facts={"product_no": product.product_no},
            )
            for one in found
            if (product := rows.get(one.key[0]))
        }


def _paid(key: uuid.UUID) -> Any:
    return moment_of(key)


def _place(one: Found) -> tuple[Any, ...]:
    return (one.at, *one.key)
