"""What a card or a file in a message may carry: facts come from our tables, never from the sender."""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.ids import parse_key
from merchants.models import Gesture
from tickets.models import Attachment, Conversation, MessageKind
from trade.models import Order, Product
from trade.queries import has_bought, product_facts

LONGEST_NUMBER = 40


def card_payload(
    conversation: uuid.UUID,
    kind: str,
    payload: dict[str, Any],
    *,
    uploaded_by: int | None,
    by_member: bool,
) -> dict[str, Any]:
    """Return what the message stores for ``kind``.

    image, file: ``{attachment}`` uploaded by the same person into this conversation becomes
    ``{attachment, name, size, content_type, width, height}``. order_card: ``{order_no}`` of the
    conversation's member becomes the order's facts. product_card: ``{product_no}``
    becomes the product's facts of this moment; a member shows what is on the shelf or was bought.
    goodwill_card: ``{gesture}`` that the house shows becomes what its shop offers.
    Whatever else is sent along is left out. Raises ``attachment.unknown``, ``order.unknown``,
    ``product.unknown``.
    """
    match kind:
        case MessageKind.IMAGE | MessageKind.FILE:
            return _attachment(conversation, kind, payload, uploaded_by)
        case MessageKind.ORDER_CARD:
            return _order(conversation, payload)
        case MessageKind.GOODWILL_CARD:
            return _gesture(payload)
        case _:
            return _product(conversation, payload, by_member=by_member)


def _attachment(
    conversation: uuid.UUID, kind: str, payload: dict[str, Any], uploaded_by: int | None
) -> dict[str, Any]:
    try:
        key = parse_key("att", payload.get("attachment"))
    except ValueError:
        key = uuid.UUID(int=0)
    found = Attachment.objects.filter(
        pk=key,
        conversation_id=conversation,
        uploaded_by_id=uploaded_by,
        kind=kind,
        recalled_at=None,
    ).first()
    if found is None:
        raise DomainError(
            "attachment.unknown", _("This file was not uploaded here. Please add it again.")
        )
    return {
        "attachment": found.public_key,
        "name": found.name,
        "size": found.size,
        "content_type": found.content_type,
        "width": found.width,
        "height": found.height,
    }


def _order(conversation: uuid.UUID, payload: dict[str, Any]) -> dict[str, Any]:
    order = (
        Order.objects.filter(
            order_no=_number(payload, "order_no"),
            member__in=Conversation.objects.filter(pk=conversation).values("member_id"),
        )
        .select_related("shop")
        .first()
    )
    if order is None:
        raise DomainError("order.unknown", _("This customer has no such order."))
    return {
        "order_no": order.order_no,
        "product": order.product,
        "shop": order.shop.name,
        "paid_amount": str(order.paid_amount),
        "status": order.status,
        "paid_at": order.paid_at,
    }


def _product(
    conversation: uuid.UUID, payload: dict[str, Any], *, by_member: bool
) -> dict[str, Any]:
    product = (
        Product.objects.filter(product_no=_number(payload, "product_no"))
        .select_related("shop__limits")
        .first()
    )
    if product is None or (by_member and not _may_show(conversation, product)):
        raise DomainError("product.unknown", _("There is no such product to show."))
    return product_facts(product)


def _gesture(payload: dict[str, Any]) -> dict[str, Any]:
    row = Gesture.objects.select_related("shop").get(pk=parse_key("gst", payload["gesture"]))
    return {
        "gesture": row.public_key,
        "goodwill": row.kind,
        "shop": row.shop.name,
        "order_no": row.order_no,
        "words": row.words,
        "worth": str(row.worth) if row.worth is not None else None,
        "holds_until": row.holds_until,
    }


def _number(payload: dict[str, Any], key: str) -> str:
    """Return the number that was sent; empty for what cannot be one, which no row has."""
    given = payload.get(key)
    known = isinstance(given, str) and len(given) <= LONGEST_NUMBER and "\x00" not in given
    return str(given) if known else ""


def _may_show(conversation: uuid.UUID, product: Product) -> bool:
    """Tell whether the conversation's member may show ``product``: on the shelf, or once bought."""
    if product.is_on_shelf:
        return True
    member_id = Conversation.objects.values_list("member_id", flat=True).get(pk=conversation)
    return member_id is not None and has_bought(member_id, product)
