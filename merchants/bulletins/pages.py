"""Pages of bulletins: what one's shops were told, and that one has read it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.people import signed_in
from common.errors import DomainError, NotFound
from merchants.actions.bulletin_sending import mark_bulletin_read
from merchants.frame import for_shops, frame
from merchants.models import Bulletin
from merchants.queries.bulletins import bulletin_card, bulletin_page, own_bulletin, unread_count

SHOWN = 20


@require_safe
@for_shops
def bulletins(request: HttpRequest) -> HttpResponse:
    """Show what the marketplace told one's shops, newest first."""
    user = signed_in(request)
    try:
        lines, more = bulletin_page(user, cursor=request.GET.get("cursor", ""), limit=SHOWN)
    except DomainError:
        raise Http404 from None
    unread = unread_count(user)
    sentence = (
        ngettext(
            "%(n)s bulletin nobody of you has read yet",
            "%(n)s bulletins nobody of you has read yet",
            unread,
        )
        % {"n": unread}
        if unread
        else _("Bulletins of the marketplace")
    )
    for line in lines:
        _dress(line)
    context = frame("bulletins") | {"lines": lines, "more": more, "sentence": sentence}
    return render(request, "merchants/bulletins/list.html", context)


@require_safe
@for_shops
def bulletin(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show one bulletin."""
    card = _dress(bulletin_card(signed_in(request), _own(request, key)))
    return render(request, "merchants/bulletins/one.html", frame("bulletins") | {"card": card})


@require_POST
@for_shops
def reading(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Say that one's shops have read it."""
    try:
        mark_bulletin_read(_own(request, key), by=signed_in(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("It is noted that you have read it."))
    return redirect("shop-bulletin", key)


def _own(request: HttpRequest, key: uuid.UUID) -> Bulletin:
    found = own_bulletin(signed_in(request), key)
    if found is None:
        raise Http404
    return found


def _dress(card: dict[str, Any]) -> dict[str, Any]:
    """Add what only a page needs."""
    card["key"] = uuid.UUID(hex=card["id"].removeprefix("bul_"))
    card["is_outside"] = card["link"].startswith("https://")
    return card
