"""Every address of the API, every method, by a token that was not given it: nothing answers."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.actions import issue_integration_token
from accounts.scopes import RESOURCES, SCOPES
from common import parameters
from common.parameters import set_value
from tests.accounts.test_devices import bearer

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
# These look at no token at all: who comes to them has none yet.
FOR_STRANGERS = {
    "api/v1/sign-ins/",
    "api/v1/sign-ins/second-steps/",
    "api/v1/sign-ins/refresh/",
}


def addresses(patterns, before=""):
    """Yield (route, view class) of everything under ``api/v1/``."""
    for one in patterns:
        route = before + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from addresses(one.url_patterns, route)
        elif route.startswith("api/v1/"):
            yield route, getattr(one.callback, "cls", None)


ROUTES = dict(addresses(get_resolver().url_patterns))


def url_of(route: str) -> str:
    def fill(match: re.Match[str]) -> str:
        kind = match[1].rstrip(":")
        return {"int": "1", "slug": "x", "str": "x", "path": "x"}.get(kind, str(uuid4()))

    return "/" + re.sub(r"<(\w+:)?\w+>", fill, route)


@pytest.fixture
def by_token(bo, db):
    """Ask as a system with these scopes."""
    for scope in ("reads", "writes", "strangers"):
        set_value(f"api.{scope}_a_minute", 1_000_000, by=None, reason="试")
    parameters.forget()

    def issue(*scopes):
        _token, secret = issue_integration_token(
            bo,
            name="试",
            scopes=list(scopes),
            expires_at=timezone.now() + timedelta(days=1),
            by=None,
            reason="试",
        )
        client = Client()
        return lambda method, url: getattr(client, method)(url, headers=bearer(secret))

    return issue


def test_there_is_something_to_walk():
    assert len(ROUTES) > 25
    assert set(ROUTES) >= FOR_STRANGERS


def test_a_token_is_refused_wherever_it_was_not_let_in(by_token):
    ask = by_token("sockets:write")
    open_doors = [
        (method, route, answer.status_code)
        for route, view in ROUTES.items()
        for method in METHODS
        if route not in FOR_STRANGERS and getattr(view, "resource", "") != "sockets"
        if (answer := ask(method, url_of(route))).status_code != 403
    ]
    assert open_doors == []


def test_what_names_no_resource_is_closed_to_every_token(by_token):
    ask = by_token(*SCOPES)
    closed = [route for route, view in ROUTES.items() if not getattr(view, "resource", "")]
    assert {"api/v1/devices/", "api/v1/sign-ins/current/"} <= set(closed)
    open_doors = [
        (method, route)
        for route in closed
        for method in METHODS
        if route not in FOR_STRANGERS and ask(method, url_of(route)).status_code != 403
    ]
    assert open_doors == []


def test_reading_is_not_writing(by_token):
    ask = by_token(*(scope for scope in SCOPES if scope.endswith(":read")))
    written = [
        (method, route)
        for route, view in ROUTES.items()
        for method in ("post", "put", "patch", "delete")
        if getattr(view, "resource", "") and ask(method, url_of(route)).status_code != 403
    ]
    assert written == []


def test_every_resource_named_by_a_view_is_one_that_can_be_allowed():
    named = {getattr(view, "resource", "") for view in ROUTES.values()} - {""}
    assert named - set(RESOURCES) == set()


def test_a_token_reads_what_it_may(by_token):
    ask = by_token("conversations:read", "orders:read")
    assert ask("get", "/api/v1/conversations/").status_code == 200
    assert ask("get", "/api/v1/orders/").status_code == 200
    assert ask("post", "/api/v1/conversations/").status_code == 403
    assert ask("get", "/api/v1/products/").status_code == 403
