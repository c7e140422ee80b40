"""Requests that a stranger's page has a browser send: changed by nothing, led nowhere, told no address."""

from urllib.parse import quote

import pytest
from django.contrib.admin.utils import quote as quote_key
from django.http import SimpleCookie
from django.test import Client, override_settings
from django.urls import reverse

from common.models import Event
from tests.conftest import PASSWORD
from tests.hostile.test_pages import ELSEWHERE, leads_away
from tests.rights.asking import ask, url_of
from tests.rights.back_office import ACTS
from tests.rights.house import ROLES, House, undone
from tests.rights.matrix import MATRIX, NOBODY, Row
from tests.rights.rows import key_of_a_row
from tests.rights.test_back_office_moves import LISTS, door
from tests.rights.test_matrix import API, DOORS, outcome

pytestmark = pytest.mark.django_db

EVIL = "evil.example"

# They look at no cookie: what comes without a word of its own is a stranger's.
NO_COOKIE = {"api-sign-ins", "api-second-steps", "api-sign-in-refresh", "api-sign-in-current"}
WRITING = [row for row in MATRIX.values() if row.method != "get" and row.own != NOBODY]


def player(row: Row) -> str:
    """Return somebody who may do what a row says, whom no rule refuses if there is one."""
    ruled = frozenset().union(*row.but.values())
    may = [role for role in ROLES if role in row.own]
    return next((role for role in may if role not in ruled), may[0])


def browser(house: House, role: str, **how) -> Client:
    """Return a browser of ``role`` that holds the cookies of their session."""
    client = Client(raise_request_exception=False, **how)
    client.cookies = SimpleCookie(house.cookies[role].removeprefix("Set-Cookie: "))
    return client


# --- Changes from elsewhere -----------------------------------------------------------------------


@pytest.mark.parametrize("row", WRITING, ids=[f"{row.method} {row.name}" for row in WRITING])
def test_a_cookie_alone_changes_nothing(row, house):
    role, route = player(row), DOORS[row.name].route
    with undone():
        answer = ask(
            browser(house, role, enforce_csrf_checks=True),
            route,
            row.name,
            row.method,
            house.own(role),
        )
    refused = answer.status_code == 403 and (row.name not in API or answer.json()["code"] == "csrf")
    assert refused == (row.name not in NO_COOKIE), outcome(answer)


def test_a_cookie_alone_moves_nothing_in_the_back_office(house):
    client, before, moved = (
        browser(house, "operations", enforce_csrf_checks=True),
        Event.objects.count(),
        [],
    )
    for label, acts in ACTS.items():
        page = LISTS[label]
        for name in acts:
            row = quote_key(key_of_a_row(page.model))
            with undone():
                given = {"step": "do", "reason": "试"}
                answers = [
                    client.post(door(label, "act", row, name), given),
                    client.post(
                        door(label, "changelist"), given | {"action": name, "select_across": "1"}
                    ),
                    client.post(door(label, "views"), {"name": "新的"}),
                ]
                if {answer.status_code for answer in answers} != {
                    403
                } or Event.objects.count() != before:
                    moved.append((label, name))
    assert moved == []


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://testserver.evil.example"]
)
def test_a_token_of_ours_is_worth_nothing_on_a_page_elsewhere(origin, house):
    client = browser(house, "member", enforce_csrf_checks=True)
    client.get("/profile/")
    token = client.cookies["csrftoken"].value
    for url, given in (
        ("/profile/", {"language": "en"}),
        ("/api/v1/me/data-requests/", {"kind": "copy"}),
    ):
        for sent, wanted in ((origin, True), ("http://testserver", False)):
            headers = {"Origin": sent, "X-CSRFToken": token}
            kind = {"content_type": "application/json"} if "/api/" in url else {}
            with undone():
                answer = client.post(url, given, headers=headers, **kind)
            assert (answer.status_code == 403) == wanted, (url, sent)


# --- Where one is led -----------------------------------------------------------------------------

ASKED = [row for row in MATRIX.values() if row.own != NOBODY]


@pytest.mark.parametrize("row", ASKED, ids=[f"{row.method} {row.name}" for row in ASKED])
def test_no_door_repeats_an_address_that_somebody_sends(row, house):
    role, route = player(row), DOORS[row.name].route
    client = browser(house, role, headers={
        "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}", "Referer": f"https://{EVIL}/",
    })  # fmt: skip
    with undone():
        answers = [ask(client, route, row.name, row.method, house.own(role))]
    if row.name not in API and row.method in ("get", "post"):
        url = url_of(route, row.name, row.method, house.own(role))
        url += ("&" if "?" in url else "?") + f"next=//{EVIL}/"
        with undone():
            answers.append(getattr(client, row.method)(url, {"next": f"//{EVIL}/"}))
    for answer in answers:
        told = b"" if answer.streaming else answer.content
        assert not leads_away(answer.headers.get("Location", ""))
        assert EVIL not in told.decode("utf-8", "replace")


@pytest.mark.parametrize("row", ASKED, ids=[f"{row.method} {row.name}" for row in ASKED])
def test_a_host_that_is_not_ours_is_refused_at_every_door(row, house):
    role, route = player(row), DOORS[row.name].route
    client = browser(house, role, headers={"Host": EVIL})
    with undone(), override_settings(ALLOWED_HOSTS=["testserver"]):
        answer = ask(client, route, row.name, row.method, house.own(role))
    assert answer.status_code == 400
    assert EVIL not in answer.content.decode()


@pytest.mark.parametrize("there", ELSEWHERE)
def test_a_fresh_proof_leads_nowhere_else(there, house):
    client, url = browser(house, "member"), reverse("prove")
    asked = f"{url}?next={quote(there, safe='')}"
    with undone():
        page = client.get(asked)
        if page.status_code != 200:  # no text at all
            assert page.status_code in (400, 404, 422)
            return
        assert not leads_away(page.context["next"])
        answer = client.post(asked, {"password": PASSWORD, "next": there})
    assert answer.status_code == 302
    assert not leads_away(answer.url)
