"""Asking a page of the back office without a browser: in the name of a person, under their rights."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from common.admin.lists import HouseChangeList


def page_of(listing: str) -> Any:
    """Return the page of a list (``trade.order``), None when there is none."""
    try:
        model = apps.get_model(listing)
    except (LookupError, ValueError):
        return None
    return admin.site._registry.get(model)


def request_of(person: Any, listing: str, query: str = "") -> HttpRequest:
    """Return a request for a list as ``person`` would send it."""
    request = HttpRequest()
    request.method = "GET"
    request.user = person
    request.path = request.path_info = reverse(f"admin:{listing.replace('.', '_')}_changelist")
    request.GET = QueryDict(query)
    request.asks_filters_only = True  # type: ignore[attr-defined]
    return request


def changes_of(page: Any, request: HttpRequest) -> HouseChangeList:
    """Return the change list of a request, without reading rows. Raises what a bad query raises."""
    asked_before = getattr(request, "asks_filters_only", False)
    request.asks_filters_only = True  # type: ignore[attr-defined]
    try:
        found: HouseChangeList = page.get_changelist_instance(request)
        return found
    finally:
        request.asks_filters_only = asked_before  # type: ignore[attr-defined]


def filter_words(changes: HouseChangeList) -> list[str]:
    """Say which filters are set: 「状态：已付款」."""
    words = []
    for spec in changes.filter_specs:
        if not getattr(spec, "used_parameters", None):
            continue
        picked = [str(it["display"]) for it in spec.choices(changes) if it.get("selected")]
        title = str(spec.title)
        words.append(f"{title}：{'、'.join(picked)}" if picked else title)
    if changes.query:
        words.append(f"「{changes.query}」")
    return words
