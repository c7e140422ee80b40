"""The pages `/desk/` and `/me/`: who may enter, and what the first paint holds."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.people import signed_in
from accounts.queries import own_member
from apass.membership.cards import knows_apass
from common.errors import DomainError
from common.ids import parse_key
from common.parameters import value
from tickets.actions.appeals import file_appeal
from tickets.models import Conversation, State
from tickets.queries.harassment import blocks_of, limits_in_force, member_cards
from trade.models import Order
from trade.queries import with_return_words
from trade.rollouts import shows_products

Page = Callable[..., HttpResponse]

ORDERS_ON_A_PAGE = 20
ORDERS_AT_THE_DOOR = 3
TALKS_AT_THE_DOOR = 20


def needs(right: str) -> Callable[[Page], Page]:
    """Let in who has ``right``; send strangers to the sign-in, tell everybody else it is not there."""

    def wrap(page: Page) -> Page:
        @wraps(page)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not signed_in(request).can(right):
                raise Http404
            return page(request, *args, **kwargs)

        return guarded

    return wrap


def chat_numbers() -> dict[str, object]:
    """Return the numbers both sides of a chat work with."""
    return {
        "recall_seconds": int(value("chat.recall_window").total_seconds()),
        "message_characters": value("chat.message_characters"),
        "upload_bytes": value("chat.upload_bytes"),
    }


@require_safe
@needs("desk.use")
def desk(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    return render(
        request,
        "tickets/desk.html",
        chat_numbers()
        | {
            "can_radio": user.can("radio.read"),
            "can_screen": user.can("radio.screen"),
            "can_push": user.can("radio.submit_case"),
        },
    )


@require_safe
@needs("me.use")
def me(request: HttpRequest) -> HttpResponse:
    talks = list(my_talks(request).order_by("-id")[:TALKS_AT_THE_DOOR])
    return render(
        request,
        "tickets/me/home.html",
        {
            "running": [talk for talk in talks if talk.is_live],
            "done": [talk for talk in talks if not talk.is_live],
            "orders": with_return_words(
                my_order_rows(request).order_by("-id")[:ORDERS_AT_THE_DOOR]
            ),
            "limits": my_limits(request),
            "has_apass": knows_apass(signed_in(request)),
        },
    )


@require_POST
@needs("me.use")
def appeal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a member's appeal against a limit of their own; what is refused is said beside the form."""
    user = signed_in(request)
    block = get_object_or_404(blocks_of(user), pk=pk)
    try:
        file_appeal(block, text=request.POST.get("text", ""), by=user)
    except DomainError as refused:
        context = {"limits": my_limits(request), "refused": refused.message, "refused_id": pk}
        return render(request, "tickets/me/limits.html", context, status=422)
    return redirect(f"{reverse('me')}#limits")


@require_safe
@needs("me.use")
def my_orders(request: HttpRequest) -> HttpResponse:
    orders = my_order_rows(request).order_by("-id")
    after = uuid_or_none(request.GET.get("after", ""))
    if after:
        orders = orders.filter(id__lt=after)
    page = list(orders[: ORDERS_ON_A_PAGE + 1])
    more = len(page) > ORDERS_ON_A_PAGE
    page = page[:ORDERS_ON_A_PAGE]
    return render(
        request,
        "tickets/me/orders.html",
        {
            "orders": with_return_words(page),
            "after": after,
            "next_after": page[-1].pk if more else None,
        },
    )


@require_safe
@needs("me.use")
def new_chat(request: HttpRequest) -> HttpResponse:
    """Start to talk, perhaps about one order; a talk that is already running goes on instead."""
    order_no = request.GET.get("order", "")
    order = None
    if order_no:
        order = my_order_rows(request).filter(order_no=order_no).first()
        if order is None:
            raise Http404
    running = (
        my_talks(request)
        .filter(state__in=[State.WAITING, State.OPEN], order=order)
        .order_by("-id")
        .first()
    )
    if running is not None:
        return redirect("chat", pk=running.pk)
    user = signed_in(request)
    member = own_member(user)
    context = {
        "order": order,
        "talk": None,
        "limits": limits_in_force(member.pk, timezone.now()) if member else None,
        "shows_products": shows_products(user),
    }
    return render(request, "tickets/me/chat.html", chat_numbers() | context)


@require_safe
@needs("me.use")
def chat(request: HttpRequest, pk: UUID) -> HttpResponse:
    talk = get_object_or_404(my_talks(request), pk=pk)
    reopens_until = talk.resolved_at + value("chat.reopen_window") if talk.resolved_at else None
    may_go_on = talk.is_live or (
        talk.state == State.RESOLVED
        and reopens_until is not None
        and timezone.now() < reopens_until
    )
    return render(
        request,
        "tickets/me/chat.html",
        chat_numbers()
        | {
            "talk": talk,
            "order": talk.order,
            "may_go_on": may_go_on,
            "shows_products": shows_products(signed_in(request)),
        },
    )


def my_talks(request: HttpRequest) -> QuerySet[Conversation]:
    """Return the conversations of the member who asks: what staff may see besides is not theirs here."""
    user = signed_in(request)
    return (
        Conversation.objects.visible_to(user)
        .filter(member__user=user)
        .select_related("order", "shop", "owner", "order__shop")
    )


def my_limits(request: HttpRequest) -> list[dict[str, object]]:
    """Return what limits the member's contact now, and what they can still appeal or read an answer to."""
    now = timezone.now()
    return [
        card | {"key": parse_key("blk", card["id"])}
        for card in member_cards(signed_in(request), now)
        if card["is_running"] or now < card["appeal_until"] or card["appeal"] == "filed"
    ]


def my_order_rows(request: HttpRequest) -> QuerySet[Order]:
    """Return the orders of the member who asks."""
    user = signed_in(request)
    return Order.objects.visible_to(user).filter(member__user=user).select_related("shop")


def uuid_or_none(text: str) -> UUID | None:
    """Return a cursor, or nothing for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
