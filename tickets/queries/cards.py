"""What a card or a file in a message may carry: facts come from our tables, never from the sender."""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.text import clean
from tickets.models import Attachment, Conversation, MessageKind
from trade.models import Order


def card_payload(
    conversation: uuid.UUID, kind: str, payload: dict[str, Any], *, uploaded_by: int | None
) -> dict[str, Any]:
    """Return what the message stores for ``kind``.

    image, file: ``{attachment}`` uploaded by the same person into this conversation becomes
    ``{attachment, name, size, content_type, width, height}``. order_card: ``{order_no}`` of the
    conversation's member becomes the order's facts. product_card: ``{title, shop?, price?}``.
    Raises ``attachment.unknown``, ``order.unknown``, ``product.no_title``.
    """
    match kind:
        case MessageKind.IMAGE | MessageKind.FILE:
            return _attachment(conversation, kind, payload, uploaded_by)
        case MessageKind.ORDER_CARD:
            return _order(conversation, payload)
        case _:
            return _product(payload)


def _attachment(
    conversation: uuid.UUID, kind: str, payload: dict[str, Any], uploaded_by: int | None
) -> dict[str, Any]:
    try:
        key = uuid.UUID(str(payload.get("attachment")))
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
        "attachment": str(found.pk),
        "name": found.name,
        "size": found.size,
        "content_type": found.content_type,
        "width": found.width,
        "height": found.height,
    }


def _order(conversation: uuid.UUID, payload: dict[str, Any]) -> dict[str, Any]:
    order = (
        Order.objects.filter(
            order_no=str(payload.get("order_no"))[:40],
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
        "paid_at": order.paid_at.isoformat(),
    }


def _product(payload: dict[str, Any]) -> dict[str, Any]:
    line = {
        key: clean(str(payload.get(key) or ""), max_chars=limit, single_line=True, required=False)
        for key, limit in (("title", 120), ("shop", 120), ("price", 20))
    }
    if not line["title"]:
        raise DomainError("product.no_title", _("The product card needs a title."))
    return line
