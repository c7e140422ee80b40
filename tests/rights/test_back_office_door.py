"""Whoever has no back office is stopped at its door: every address, before any of its pages is asked.

What is beyond the door is walked by those who may enter: test_back_office and test_back_office_moves.
"""

import itertools

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from tests.hostile.doors import doors
from tests.rights.back_office import (
    ACTS,
    ADD,
    CHANGE,
    DELETE,
    ERRANDS,
    EXPORT,
    OFFICE,
    OUTSIDE,
    PAGES,
    VIEW,
    VIEW_OF,
    refused,
)
from tests.rights.house import undone
from tests.rights.matrix import STRANGER, TOKEN
from tests.rights.rows import key_of_a_row

pytestmark = pytest.mark.django_db

# Its pattern takes anything, and is asked as one address.
CATCH_ALL = "/admin/nothing/of/the/kind/"


def addresses() -> list[str]:
    """Return every address of the back office, with a row in it that is there."""
    rows = {
        model._meta.label_lower: [key_of_a_row(page.model)]
        for model, page in admin.site._registry.items()
    }
    return [*dict.fromkeys(door.url for door in doors(rows) if door.is_admin), CATCH_ALL]


def turned_away(answer) -> bool:
    """Tell whether somebody was refused; whoever leaves without having come in is led to the door."""
    return refused(answer) or answer.headers.get("Location") == reverse("admin:index")


def asked_straight(page, request, user) -> str:
    """Call the page behind an address as Django would, and say how somebody was turned away."""
    request.user, request._dont_enforce_csrf_checks = user, True
    try:
        answer = page.func(request, *page.args, **page.kwargs)
    except Http404:
        return "nothing there"
    return "sign in" if turned_away(answer) else f"answered {answer.status_code}"


def test_nobody_outside_is_declared_to_do_anything_inside():
    said = [*VIEW.values(), *VIEW_OF.values(), EXPORT, *ADD.values(), *CHANGE.values()]
    said += [*DELETE.values(), *PAGES.values()]
    said += [may for acts in ACTS.values() for may in acts.values()]
    said += [
        may for does in ERRANDS.values() for one in does.values() for may in (one.own, one.foreign)
    ]
    assert frozenset().union(*said) == OFFICE
    assert {STRANGER, TOKEN} < set(OUTSIDE)


def test_every_page_turns_everybody_away_who_has_no_back_office(house):
    urls, wrong = addresses(), {}
    people = {role: house.person(role) for role in set(OUTSIDE) - {STRANGER, TOKEN}}
    # Who comes without a session, or with a token alone, is a stranger to pages.
    people[STRANGER] = AnonymousUser()
    ask = RequestFactory()
    with CaptureQueriesContext(connection) as questions:
        for url, method in itertools.product(urls, (ask.get, ask.post)):
            page = resolve(url)
            for role, user in people.items():
                got = asked_straight(page, method(url), user)
                if got != ("sign in" if role == STRANGER else "nothing there"):
                    wrong[f"{role} {method.__name__} {url}"] = got
    assert wrong == {}
    assert len(urls) > 900
    # Nothing was looked up, so nothing can be told from what is there and what is not.
    assert len(questions) == 0


def test_every_address_turns_away_a_browser_of_theirs(house):
    wrong, turn = {}, zip(itertools.cycle(OUTSIDE), itertools.cycle(("get", "post", "get")))
    for url, (role, method) in zip(addresses(), turn, strict=False):
        with undone():
            answer = getattr(house.client(role), method)(url)
        if not turned_away(answer):
            wrong[f"{role} {method} {url}"] = answer.status_code
    assert wrong == {}
