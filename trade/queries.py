"""Orders and products as members and the desk read them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.cursors import as_moment, as_number, as_uuid, decode_cursor, encode_cursor
from common.parameters import value
from common.rules import last_day
from common.text import clean
from trade import rules
from trade.models import SEE_ALL, Order, OrderStatus, Product, Refund, emptied_shops
from trade.rollouts import shop_shows_offers, shows_products

PAGE = 20
LONGEST_SEARCH = 60
LONGEST_NUMBER = 40

_FIELDS = (
    "id", "order_no", "product", "category", "quantity", "paid_amount", "refunded_amount", "freight",
    "status", "paid_at", "promised_ship_at", "shipped_at", "promised_deliver_at", "signed_at",
    "shop__shop_no", "shop__name", "shop__opened_at", "member_id",
)  # fmt: skip


def order_page(
    user: User, *, member_no: str = "", cursor: str = "", limit: int = PAGE
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of orders, newest first, and the cursor of the next one (empty on the last).

    A member's own; the desk and the back office name the member. Raises ``cursor.bad``.
    """
    rows = Order.objects.visible_to(user)
    if any(user.can(right) for right in SEE_ALL) and member_no:
        rows = Order.objects.for_work_of(user)
    rows = rows.filter(member__member_no=member_no) if member_no else rows.filter(member__user=user)
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    found = _rows(rows.order_by("-id")[: limit + 1])
    page = found[:limit]
    cursor = encode_cursor([page[-1]["id"]]) if len(found) > limit else ""
    return _cards(page, user), cursor


def order_card(user: User, order_no: str) -> dict[str, Any] | None:
    """Return the order ``order_no`` as a page of orders tells it; None when ``user`` may not see it."""
    rows = Order.objects.visible_to(user).filter(order_no=order_no[:LONGEST_NUMBER])
    found = _rows(rows.order_by("-id")[:1])
    return _cards(found, user)[0] if found else None


def order_cards(rows: QuerySet[Order], user: User) -> list[dict[str, Any]]:
    """Return ``rows``, which ``user`` may see, as a page of orders tells them."""
    return _cards(_rows(rows.order_by("-id")), user)


def return_window(
    signed_at: datetime | None, category: str, status: str, at: datetime
) -> rules.ReturnWindow:
    """Return until when an order of these facts goes back without a reason, by the numbers of ``at``."""
    names = str(value("trade.no_reason_excluded", at)).replace("，", ",").split(",")
    return rules.return_window(
        signed_at=signed_at,
        category=category,
        is_closed=status == OrderStatus.CLOSED,
        at=at,
        # The clock keeps the days that were in force when it began to run.
        days=value("trade.no_reason_days", signed_at or at),
        excluded={name.strip() for name in names if name.strip()},
    )


def return_card(
    signed_at: datetime | None, category: str, status: str, at: datetime | None = None
) -> dict[str, Any]:
    """Return the no-reason window of an order as doors show it: until when, or why not."""
    window = return_window(signed_at, category, status, at or timezone.now())
    return {
        "is_open": window.is_open,
        "until": window.until,
        "reason": window.reason,
        "words": return_words(window),
    }


def with_return_words(orders: Iterable[Order]) -> list[Order]:
    """Return ``orders``, each with ``return_words`` as its member reads them."""
    found, now = list(orders), timezone.now()
    for order in found:
        window = return_window(order.signed_at, order.category, order.status, now)
        order.return_words = return_words(window)  # type: ignore[attr-defined]
    return found


def return_words(window: rules.ReturnWindow) -> str:
    """Say until when a thing goes back without a reason, or why it does not."""
    if window.reason in (rules.OPEN, rules.OVER) and window.until is not None:
        last = last_day(window.until)
        numbers = {"month": last.month, "day": last.day}
        if window.is_open:
            return _("No reason needed to return it until %(month)s-%(day)s 24:00") % numbers
        return (
            _("The days to return it without a reason ended on %(month)s-%(day)s 24:00") % numbers
        )
    return {
        rules.NOT_SIGNED: _("%(days)s days to return it without a reason, once you have it")
        % {"days": window.days},
        rules.EXCLUDED: _("This kind of thing does not go back without a reason"),
    }.get(window.reason, "")


def product_card(user: User, product_no: str) -> dict[str, Any] | None:
    """Return the product ``product_no``; None when ``user`` may not see it."""
    rows = Product.objects.visible_to(user).filter(product_no=product_no[:LONGEST_NUMBER])
    product = rows.select_related("shop__limits").first()
    return product_facts(product) if product else None


def newest_orders_of(
    members: Sequence[int], user: User, *, limit: int = PAGE
) -> list[tuple[int, dict[str, Any]]]:
    """Return the newest orders of ``members`` that ``user`` may see at work, each with its member; one query."""
    own = Order.objects.for_work_of(user).filter(member__in=members)
    found = _rows(own.order_by("-id")[:limit])
    return [(row["member_id"], card) for row, card in zip(found, _cards(found, user), strict=True)]


def order_of(user: User, order_no: str) -> Order | None:
    """Return the order ``order_no`` of the member ``user``; None when there is none."""
    return (
        Order.objects.visible_to(user)
        .filter(order_no=order_no, member__user=user)
        .select_related("shop")
        .first()
    )


def refund_page(
    user: User, order_no: str, *, cursor: str = "", limit: int = PAGE
) -> tuple[list[dict[str, Any]], str] | None:
    """Return a page of an order's refunds, newest first, and the cursor of the next one.

    None when ``user`` may not see the order. Raises ``cursor.bad``.
    """
    orders = Order.objects.visible_to(user).filter(order_no=order_no[:LONGEST_NUMBER])
    order = orders.values_list("pk", flat=True).order_by("-id").first()
    if order is None:
        return None
    rows = Refund.objects.filter(order_id=order)
    if cursor:
        at, key = decode_cursor(cursor, as_moment, as_number)
        rows = rows.filter(Q(applied_at__lt=at) | Q(applied_at=at, pk__lt=key))
    found = list(rows.order_by("-applied_at", "-pk")[: limit + 1])
    page = found[:limit]
    further = encode_cursor([page[-1].applied_at, page[-1].pk]) if len(found) > limit else ""
    return [_refund_facts(refund, order_no) for refund in page], further


def product_page(
    user: User, *, q: str = "", shop_no: str = "", cursor: str = "", limit: int = PAGE
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of products, newest first, and the cursor of the next one (empty on the last).

    ``q`` finds by number and words of the title, ``shop_no`` keeps to one shop. Raises
    ``cursor.bad`` and, for what cannot be searched for, the codes of ``common.text.clean``.
    """
    rows = Product.objects.visible_to(user).found_by(_searched(q))
    if shop_no:
        rows = rows.filter(shop__shop_no=_searched(shop_no))
    if cursor:
        (last,) = decode_cursor(cursor, as_number)
        rows = rows.filter(pk__lt=last)
    found = list(rows.select_related("shop__limits").order_by("-pk")[: limit + 1])
    page = found[:limit]
    return (
        [product_facts(product) for product in page],
        encode_cursor([page[-1].pk]) if len(found) > limit else "",
    )


def product_facts(product: Product) -> dict[str, Any]:
    """Return what is told of a product; asks for its shop unless it was selected along."""
    return {
        "product_no": product.product_no,
        "title": product.title,
        "shop": product.shop.name,
        "shop_no": product.shop.shop_no,
        "category": product.category,
        "price": str(product.price),
        "is_on_shelf": product.is_on_shelf,
    }


def _refund_facts(refund: Refund, order_no: str) -> dict[str, Any]:
    return {
        "refund_no": refund.refund_no,
        "order_no": order_no,
        "kind": refund.kind,
        "kind_label": str(refund.get_kind_display()),
        "amount": str(refund.amount),
        "reason": refund.reason,
        "applied_at": refund.applied_at,
        "finished_at": refund.finished_at,
        "outcome": refund.outcome,
        "outcome_label": refund.outcome_word,
    }


def has_bought(member_id: int, product: Product) -> bool:
    """Tell whether the member has ordered ``product``: words of its title, in its shop."""
    return Order.objects.filter(
        member_id=member_id, shop_id=product.shop_id, product=product.title
    ).exists()


def _cards(rows: list[dict[str, Any]], user: User) -> list[dict[str, Any]]:
    """Return what ``user`` reads of orders, each with what its shop offers today where that is open."""
    showing = _showing_shops(rows, user)
    return [_card(row, row["shop__shop_no"] in showing) for row in rows]


def _showing_shops(rows: list[dict[str, Any]], user: User) -> set[str]:
    """Return the shops whose offers ``user`` sees beside these orders: each is asked once a reading."""
    if not shows_products(user):
        return set()
    offering = {row["shop__shop_no"]: row["shop__opened_at"] for row in rows if row["offer"]}
    return {
        shop_no
        for shop_no, opened_at in offering.items()
        if shop_shows_offers(shop_no, opened_at, to_buyer=user.is_buyer)
    }


def _searched(text: str) -> str:
    return clean(text, max_chars=LONGEST_SEARCH, single_line=True, required=False)


def _rows(rows: QuerySet[Order]) -> list[dict[str, Any]]:
    # Orders keep the words they were made with; the product is the shop's one of that title.
    sold = Product.objects.filter(shop=OuterRef("shop"), title=OuterRef("product"))
    facts: JSONObject = JSONObject(
        product_no="product_no",
        category="category",
        price=Cast("price", TextField()),
        is_on_shelf=Q(is_listed=True, taken_down_at=None) & ~Exists(emptied_shops()),
    )
    # Descending puts first what was never taken down.
    offer = Subquery(sold.order_by("-taken_down_at", "-is_listed", "-pk").values(it=facts)[:1])
    return list(rows.values(*_FIELDS, offer=offer))


def _card(row: dict[str, Any], is_showing: bool) -> dict[str, Any]:
    card = {name: row[name] for name in _FIELDS if "__" not in name and not name.endswith("id")}
    shop = {"shop": row["shop__name"], "shop_no": row["shop__shop_no"]}
    offer = {"title": row["product"]} | shop | row["offer"] if is_showing and row["offer"] else None
    return (
        card
        | shop
        | {
            "paid_amount": str(row["paid_amount"]),
            "refunded_amount": str(row["refunded_amount"]),
            "freight": str(row["freight"]),
            "status_label": str(OrderStatus(row["status"]).label),
            "return_window": return_card(row["signed_at"], row["category"], row["status"]),
            # What the shop offers of it today, told like any product; None when that is unknown.
            "offer": offer,
        }
    )
