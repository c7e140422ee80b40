"""``/search/``: everything that was found, on a page, for whoever is signed in."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.errors import DomainError
from common.search.api import door_of
from common.search.finding import search
from common.search.kinds import kinds_for
from common.search.query import LONGEST_QUERY, parse
from common.search.words import normalise

OF_EACH, OF_ONE = 6, 30


@never_cache
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Show what is found by ``q``; a few of each kind, or the pages of one."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    user: Any = request.user
    text, kind = request.GET.get("q", ""), request.GET.get("kinds", "")
    mine = kinds_for(user)
    chosen = next((one for one in mine if one.name == kind), None)
    context: dict[str, Any] = {
        "text": text[:LONGEST_QUERY],
        "longest": LONGEST_QUERY,
        "chosen": chosen,
        "kinds": [
            {"kind": one, "address": _address(text, one.name), "current": one is chosen}
            for one in mine
        ],
        "everything": _address(text),
    }
    try:
        groups = search(
            user,
            text,
            kinds=[chosen.name] if chosen else [],
            cursor=request.GET.get("cursor", "") if chosen else "",
            limit=OF_ONE if chosen else OF_EACH,
            door=door_of(user),
        )
        context["too_short"] = bool(text.strip()) and parse(text).is_too_short
    except DomainError as refused:
        return render(
            request, "search/page.html", context | {"refused": refused.message}, status=400
        )
    context["groups"] = [
        {
            "group": group,
            "more": group.next_cursor
            and _address(text, group.kind.name, group.next_cursor if chosen else ""),
        }
        for group in groups
    ]
    context["found_nothing"] = bool(normalise(text[:LONGEST_QUERY])) and not groups
    return render(request, "search/page.html", context)


def _address(text: str, kind: str = "", cursor: str = "") -> str:
    given = {"q": text[:LONGEST_QUERY], "kinds": kind, "cursor": cursor}
    return f"?{urlencode({name: word for name, word in given.items() if word})}"
