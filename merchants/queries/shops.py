"""Shops as everybody sees them."""

from typing import Any

from django.db.models import Exists, OuterRef

from common.cursors import decode_cursor, encode_cursor
from merchants.models import Shop, ShopLimits
from merchants.penalties.rules import HIDING

_FIELDS = ("shop_no", "name", "category", "opened_at")


def shop_page(*, cursor: str = "", limit: int = 50) -> tuple[list[dict[str, Any]], str]:
    """Return a page of shops by number, and the cursor of the next one; what is shielded or closed is
    not on it. Raises ``cursor.bad``.
    """
    hidden = ShopLimits.objects.filter(shop=OuterRef("pk"), measures__overlap=sorted(HIDING))
    rows = Shop.objects.filter(~Exists(hidden))
    if cursor:
        (last,) = decode_cursor(cursor, str)
        rows = rows.filter(shop_no__gt=last)
    found = list(rows.order_by("shop_no").values(*_FIELDS)[: limit + 1])
    page = [dict(row) for row in found[:limit]]
    return page, encode_cursor([page[-1]["shop_no"]]) if len(found) > limit else ""


def shop_card(shop_no: str) -> dict[str, Any] | None:
    """Return one shop by its number, or None."""
    row = Shop.objects.filter(shop_no=shop_no[:32]).values(*_FIELDS).first()
    return dict(row) if row else None
