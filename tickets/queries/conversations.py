"""Conversations as the desk and the member's page read them: lists by keyset, one row at a time."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.masks import shown
from accounts.models import Tier, User
from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from common.ids import parse_key, public_key
from common.parameters import value
from tickets import rules
from tickets.models import Conversation, State, version_of
from tickets.queries.parties import Parties
from trade.models import Order, OrderStatus

PAGE = 50
SCOPES = ("mine", "queue", "team", "past")

_OWN = (
    "id", "conversation_no", "medium", "state", "subject", "priority", "opened_at", "queued_at",
    "accepted_at", "waiting_since", "resolved_at", "last_seq", "last_message_at", "last_author_kind",
    "last_message_kind", "last_preview", "staff_unread", "member_unread", "member_read_seq",
    "staff_read_seq", "reopened_count", "changed_at", "limited_until",
)  # fmt: skip
_JOINED = (
    "order_id", "team__code", "team__name", "owner__public_id", "owner__display_name",
    "first_owner__public_id", "first_owner__display_name", "member__user_id", "member__member_no",
    "member__display_name", "member__tier", "shop__shop_no", "shop__name", "shop__greeting_word",
    "disposition__code", "disposition__name", "owner_id", "first_owner_id", "team_id",
    "member__user__display_name", "last_member_seq",
)  # fmt: skip


_MASKED = ("subject", "last_preview")
_ORDER = ("order_no", "product", "paid_amount", "status")
_SHOWN = tuple(name for name in _OWN if not name.endswith("_unread"))


@dataclass(frozen=True)
class Page:
    """One page of a list; ``next_cursor`` is empty on the last one."""

    data: list[dict[str, Any]]
    next_cursor: str


def conversation_card(conversation_id: uuid.UUID, user: User) -> dict[str, Any] | None:
    """Return one conversation as JSON for ``user``; None when it is not theirs to see."""
    rows = cards(Conversation.objects.visible_to(user).filter(pk=conversation_id), user)
    return rows[0] if rows else None


def cards(conversations: QuerySet[Conversation], user: User) -> list[dict[str, Any]]:
    """Return ``conversations`` as JSON for ``user``, in two queries however many they are."""
    rows = list(conversations.values(*_OWN, *_JOINED))
    # Orders apart: joined, every plan would weigh all months of them.
    wanted = {row["order_id"] for row in rows if row["order_id"]}
    found = Order.objects.filter(pk__in=wanted).values("id", *_ORDER) if wanted else []
    orders = {order["id"]: order for order in found}
    _mask_words(rows, user)
    # Once a list, not once a row: words in the reader's language are looked up slowly.
    tiers = {code: str(words) for code, words in Tier.choices}
    states = {code: str(words) for code, words in OrderStatus.choices}
    word = greeting_word(None)
    return [_card(row, orders.get(row["order_id"]), user, tiers, states, word) for row in rows]


def _mask_words(rows: list[dict[str, Any]], user: User) -> None:
    """Mask what was said in conversations that ``user`` may see without being a party of them."""
    words = iter(Parties(user).readable([(row, row[name]) for row in rows for name in _MASKED]))
    for row in rows:
        row |= {name: next(words) for name in _MASKED}


def conversation_page(
    user: User, *, scope: str = "", state: str = "", cursor: str = "", limit: int = PAGE
) -> Page:
    """Return a page of the conversations ``user`` may see, no COUNT, newest first; a queue by turn.

    Scopes for the desk: ``mine`` (answered by me now; also when left out), ``queue`` (waiting in my
    teams), ``team`` (my teams' live ones, or those in ``state``), ``past`` (mine, done). A member
    has one list. Raises ``cursor.bad``.
    """
    rows: QuerySet[Conversation] = Conversation.objects.visible_to(user)
    if user.can("desk.use"):
        rows = Conversation.objects.for_work_of(user)
        rows = _in_scope(rows, user, scope, state)
    if state:
        rows = rows.filter(state=state)
    if scope == "queue" and user.can("desk.use"):
        return _queue_page(rows, user, cursor, limit)
    if cursor:
        (last,) = decode_cursor(cursor, as_uuid)
        rows = rows.filter(pk__lt=last)
    data = cards(rows.order_by("-id")[: limit + 1], user)
    return _cut(data, limit, lambda row: [parse_key("cnv", row["id"])])


def greeting_word(shop_word: str | None) -> str:
    """Return how agents address the requester: the shop's word, else the platform's."""
    return shop_word or str(value("chat.greeting_word"))


def _in_scope(
    rows: QuerySet[Conversation], user: User, scope: str, state: str
) -> QuerySet[Conversation]:
    teams = [m.team_id for m in user.memberships.all()]
    match scope:
        case "queue":
            return rows.filter(team_id__in=teams, state=State.WAITING)
        case "past":
            return rows.filter(Q(owner=user) | Q(first_owner=user), state__in=rules.DONE)
        case "team":
            rows = rows.filter(team_id__in=teams)
            return rows if state else rows.filter(state__in=rules.LIVE)
        case _:
            return rows.filter(owner=user, state=State.OPEN)


def _queue_page(rows: QuerySet[Conversation], user: User, cursor: str, limit: int) -> Page:
    if cursor:
        rows = rows.filter(behind(*decode_cursor(cursor, int, as_moment, as_uuid)))
    data = cards(rows.order_by("priority", "queued_at", "id")[: limit + 1], user)
    return _cut(
        data, limit, lambda row: [row["priority"], row["queued_at"], parse_key("cnv", row["id"])]
    )


def behind(priority: int, queued_at: datetime, key: uuid.UUID) -> Q:
    """Return the condition "has its turn after" the given place in a queue."""
    return (
        Q(priority__gt=priority)
        | Q(priority=priority, queued_at__gt=queued_at)
        | Q(priority=priority, queued_at=queued_at, pk__gt=key)
    )


def before(priority: int, queued_at: datetime, key: uuid.UUID) -> Q:
    """Return the condition "has its turn before" the given place in a queue."""
    return (
        Q(priority__lt=priority)
        | Q(priority=priority, queued_at__lt=queued_at)
        | Q(priority=priority, queued_at=queued_at, pk__lt=key)
    )


def _cut(data: list[dict[str, Any]], limit: int, key: Any) -> Page:
    more = len(data) > limit
    data = data[:limit]
    return Page(data, encode_cursor(key(data[-1])) if more else "")


def _card(
    row: Mapping[str, Any],
    order: Mapping[str, Any] | None,
    user: User,
    tiers: Mapping[str, str],
    states: Mapping[str, str],
    word: str,
) -> dict[str, Any]:
    own = row["member__user_id"] == user.pk
    return {name: row[name] for name in _SHOWN} | {
        "id": public_key("cnv", row["id"]),
        "version": version_of(row),
        "team": {"code": row["team__code"], "name": row["team__name"]},
        "owner": _person(row, "owner"),
        "first_owner": _person(row, "first_owner"),
        "member": _member(row, user, tiers),
        "shop": _shop(row, word),
        "order": order and _order(row, order, states),
        # What came of it is the house's own word.
        "disposition": None if own else _disposition(row),
        "unread": row["member_unread"] if own else row["staff_unread"],
    }


def _person(row: Mapping[str, Any], role: str) -> dict[str, Any] | None:
    key = row[f"{role}__public_id"]
    return key and {"id": public_key("usr", key), "name": row[f"{role}__display_name"]}


def _member(row: Mapping[str, Any], user: User, tiers: Mapping[str, str]) -> dict[str, Any] | None:
    if row["member__member_no"] is None:
        return None
    name = shown("name", row["member__display_name"], to=user, own=row["member__user_id"])
    tier = row["member__tier"]
    return {
        "member_no": row["member__member_no"],
        "name": name or row["member__member_no"],
        "tier": tier,
        "tier_label": tiers[tier],
    }


def _shop(row: Mapping[str, Any], word: str) -> dict[str, Any] | None:
    if row["shop__shop_no"] is None:
        return None
    return {
        "shop_no": row["shop__shop_no"],
        "name": row["shop__name"],
        "greeting_word": row["shop__greeting_word"] or word,
    }


def _order(
    row: Mapping[str, Any], order: Mapping[str, Any], states: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "order_no": order["order_no"],
        "product": order["product"],
        "paid_amount": str(order["paid_amount"]),
        "status": order["status"],
        "status_label": states[order["status"]],
        # A conversation about an order is about its shop.
        "shop": row["shop__name"],
    }


def _disposition(row: Mapping[str, Any]) -> dict[str, Any] | None:
    code = row["disposition__code"]
    return code and {"code": code, "name": row["disposition__name"]}
