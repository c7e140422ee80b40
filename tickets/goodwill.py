"""Goodwill of shops in talks: which talks go on, the card that is offered, what became of it."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation

from common.masking import mask_name
from merchants.goodwill.registry import (
    LiveTalk,
    card_key,
    knows_talks,
    tells_in_talks,
)
from merchants.models import Gesture
from tickets.actions.posting import post_message
from tickets.models import AuthorKind, Conversation, MessageKind, State

LIVE = (State.WAITING, State.OPEN)


@knows_talks
def talks(shop_id: int, limit: int) -> Sequence[LiveTalk]:
    """Return the talks about orders of a shop that go on, newest word first."""
    rows = Conversation.objects.filter(shop=shop_id, state__in=LIVE, order__isnull=False)
    rows = rows.select_related("order", "member__user").order_by("-last_message_at", "-pk")
    return [
        LiveTalk(
            row.conversation_no, row.order.order_no, mask_name(row.member.display_name),
            row.order.product, row.order.paid_amount, row.order.freight,
            row.last_message_at or row.opened_at,
        )
        for row in rows[:limit]
        if row.order is not None and row.member is not None
    ]  # fmt: skip


def goes_on(shop_id: int, order_no: str, conversation_no: str) -> bool:
    """Tell whether a talk about an order of a shop goes on."""
    return _talks(conversation_no).filter(order__order_no=order_no, order__shop=shop_id).exists()


def show_card(gesture: Gesture, shop_name: str) -> None:
    """Show what a shop offers in the talk it is offered in; once, however often it is asked for."""
    for talk in _talks(gesture.conversation_no):
        post_message(
            talk, by=None, author_kind=AuthorKind.SYSTEM, kind=MessageKind.GOODWILL_CARD,
            payload={"gesture": gesture.public_key}, client_id=card_key(gesture),
            body=f"{shop_name}: {gesture.words}",
        )  # fmt: skip


def say(gesture: Gesture, words: Any) -> None:
    """Say in the talk, while it goes on, what became of a gesture."""
    for talk in _talks(gesture.conversation_no):
        with translation.override(settings.LANGUAGE_CODE):
            said = str(words)
        post_message(
            talk, by=None, author_kind=AuthorKind.SYSTEM, kind=MessageKind.SYSTEM, body=said
        )


def _talks(conversation_no: str) -> QuerySet[Conversation]:
    if not conversation_no:
        return Conversation.objects.none()
    return Conversation.objects.filter(conversation_no=conversation_no, state__in=LIVE)


tells_in_talks(goes_on, show_card, say)
