"""Orders as members and the desk read them."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from common.cursors import as_uuid, decode_cursor, encode_cursor
from trade.models import Order, OrderStatus

PAGE = 20

_FIELDS = (
    "id", "order_no", "product", "category", "quantity", "paid_amount", "freight", "status", "paid_at",
    "promised_ship_at", "shipped_at", "promised_deliver_at", "signed_at", "shop__shop_no", "shop__name",
)  # fmt: skip


def order_page(
    user: User, *, member_no: str = "", cursor: str = "", limit: int = PAGE
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of orders, newest first, and the cursor of the next one (empty on the last).

    A member's own; the desk and the back office name the member. Raises ``cursor.bad``.
    """
    rows = Order.objects.visible_to(user)
    rows = rows.filter(member__member_no=member_no) if member_no else rows.filter(member__user=user)
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    found = _cards(rows.order_by("-id")[: limit + 1])
    more = len(found) > limit
    page = found[:limit]
    return page, encode_cursor([page[-1]["id"]]) if more else ""


def newest_orders_of(member_id: int, user: User, *, limit: int = PAGE) -> list[dict[str, Any]]:
    """Return the newest orders of one member that ``user`` may see, in one query."""
    return _cards(
        Order.objects.visible_to(user).filter(member_id=member_id).order_by("-id")[:limit]
    )


def order_of(user: User, order_no: str) -> Order | None:
    """Return the order ``order_no`` of the member ``user``; None when there is none."""
    return (
        Order.objects.visible_to(user)
        .filter(order_no=order_no, member__user=user)
        .select_related("shop")
        .first()
    )


def _cards(rows: QuerySet[Order]) -> list[dict[str, Any]]:
    return [_card(row) for row in rows.values(*_FIELDS)]


def _card(row: dict[str, Any]) -> dict[str, Any]:
    card = {name: row[name] for name in _FIELDS if "__" not in name}
    return card | {
        "paid_amount": str(row["paid_amount"]),
        "freight": str(row["freight"]),
        "status_label": str(OrderStatus(row["status"]).label),
        "shop": row["shop__name"],
        "shop_no": row["shop__shop_no"],
    }
