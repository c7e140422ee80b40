"""What is known above: orders, further orders, talks going on. The apps that know it register here."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from merchants.models import Gesture


@dataclass(frozen=True)
class BoughtHere:
    """An order of a shop as goodwill needs it; amounts in yuan."""

    order_no: str
    member_id: int
    product: str
    paid_amount: Decimal
    freight: Decimal
    paid_at: datetime


@dataclass(frozen=True)
class LiveTalk:
    """A talk about a shop's order that is going on; the buyer's name is masked."""

    conversation_no: str
    order_no: str
    buyer: str
    product: str
    paid_amount: Decimal
    freight: Decimal
    last_at: datetime


@dataclass(frozen=True)
class Returned:
    """How many of ``buyers`` bought again in time."""

    buyers: int
    returned: int


Orders = Callable[[int, str], "BoughtHere | None"]
Returns = Callable[[int, datetime, datetime, int], dict[str, Returned]]
Talks = Callable[[int, int], Sequence[LiveTalk]]
Shower = Callable[["Gesture", str], None]
Sayer = Callable[["Gesture", Any], None]
Finder = Callable[[int, str, str], bool]

_orders: list[Orders] = []
_returns: list[Returns] = []
_talks: list[Talks] = []
_tellers: list[tuple[Finder, Shower, Sayer]] = []


def knows_orders(function: Orders) -> Orders:
    """Register ``function(shop id, order no.)``: the order, None when the shop has no such order."""
    _orders[:] = [function]
    return function


def order_of(shop_id: int, order_no: str) -> BoughtHere | None:
    """Return an order of a shop."""
    return next((found for one in _orders if (found := one(shop_id, order_no)) is not None), None)


def knows_returns(function: Returns) -> Returns:
    """Register ``function(shop id, since, until, days)``: who bought again, by kind of gesture.

    Under "" those are counted who ordered in the span and were offered nothing.
    """
    _returns[:] = [function]
    return function


def returns_of(shop_id: int, since: datetime, until: datetime, days: int) -> dict[str, Returned]:
    """Return who bought again in time, by kind of gesture; nothing when nobody knows."""
    return _returns[0](shop_id, since, until, days) if _returns else {}


def knows_talks(function: Talks) -> Talks:
    """Register ``function(shop id, limit)``: the talks about orders of a shop that go on, newest first."""
    _talks[:] = [function]
    return function


def talks_of(shop_id: int, limit: int) -> Sequence[LiveTalk]:
    """Return the talks going on about orders of a shop."""
    return _talks[0](shop_id, limit) if _talks else []


def tells_in_talks(find: Finder, offer: Shower, answer: Sayer) -> None:
    """Register where gestures are said.

    ``find(shop id, order no., conversation no.)`` tells whether that talk goes on about that order;
    ``offer(gesture, shop's name)`` shows the card there, ``answer(gesture, words)`` says what became of it.
    """
    _tellers[:] = [(find, offer, answer)]


def goes_on(shop_id: int, order_no: str, conversation_no: str) -> bool:
    """Tell whether a talk about an order of a shop goes on."""
    return any(find(shop_id, order_no, conversation_no) for find, _offer, _answer in _tellers)


def show_card(gesture: "Gesture", shop_name: str) -> None:
    """Show a gesture in the talk it was offered in."""
    for _find, offer, _answer in _tellers:
        offer(gesture, shop_name)


def say_in_talk(gesture: "Gesture", words: Any) -> None:
    """Say in the talk what became of a gesture; ``words`` is a lazy sentence."""
    for _find, _offer, answer in _tellers:
        answer(gesture, words)


def card_key(gesture: "Gesture") -> uuid.UUID:
    """Return under which key the card of a gesture is posted: a second try shows it once."""
    return uuid.uuid5(gesture.pk, "card")
