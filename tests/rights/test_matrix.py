"""Every address and method has a row, and answers every role as its row says."""

import re

import pytest

from common.rest import Endpoint
from tests.hostile.doors import Door, patterns
from tests.problems import refusal_text
from tests.rights.asking import ask, takes_an_id
from tests.rights.house import ROLES, House, nobodys, undone
from tests.rights.matrix import MATRIX, STRANGER, TOKEN, Row

pytestmark = pytest.mark.django_db

WHO = [STRANGER, *ROLES, TOKEN]
ALLOWED, SIGN_IN = "yes", "sign in"


def addresses() -> dict[str, Door]:
    """Return what the resolver knows outside the back office, by name (or route where it has none)."""
    found = {}
    for route, pattern in patterns():
        if not route.startswith("admin/"):
            name = pattern.name or route
            found[name] = Door(route=route, name=name, url=route, view=pattern.callback)
    return found


DOORS = addresses()
API = {name for name, door in DOORS.items() if door.route.startswith("api/v1/")}


# --- The table is complete ------------------------------------------------------------------------


def test_names_are_not_given_twice():
    routes = [route for route, _pattern in patterns() if not route.startswith("admin/")]
    assert len(DOORS) == len(routes)


def test_every_method_of_the_api_has_a_row_and_every_row_an_address():
    there = {(name, method) for name in API for method in DOORS[name].methods}
    assert there - MATRIX.keys() == set()
    assert {key for key in MATRIX if key[0] in API} - there == set()


def test_every_page_has_a_row_and_every_row_a_page():
    pages, named = DOORS.keys() - API, {name for name, _method in MATRIX} - API
    assert pages == named


def test_the_scope_of_a_row_is_that_of_its_view():
    said = {row.key: row.scope for row in MATRIX.values() if row.name in API and not row.is_open}
    true = {key: getattr(DOORS[key[0]].api, "resource", "") for key in said}
    assert said == true
    assert all(issubclass(DOORS[name].api, Endpoint) for name in API)


def test_what_has_no_row_is_not_done(house):
    # A page knows two methods; a view of the API those it has a function for.
    undeclared = [
        (name, method)
        for name in sorted(DOORS.keys() - API)
        for method in ("get", "post")
        if (name, method) not in MATRIX
    ]
    answered = []
    for name, method in undeclared:
        for role in WHO:
            with undone():
                answer = ask(house.client(role), DOORS[name].route, name, method, house.own(role))
            asks_first = answer.headers.get("Location", "").startswith(
                ("/?next=", "/profile/prove/")
            )
            if answer.status_code not in (404, 405) and not asks_first:
                answered.append((role, method, name, answer.status_code))
    assert answered == []
    assert len(undeclared) > 20


# --- The table is true ----------------------------------------------------------------------------


def outcome(answer) -> str:
    """Return what became of a request in a word: yes, sign in, or how it was refused."""
    if answer.status_code == 302 and answer.headers["Location"].startswith("/?next="):
        return SIGN_IN
    if answer.status_code < 400:
        return ALLOWED
    if answer.status_code in (401, 403, 404, 405):
        return str(answer.status_code)
    kind = answer.headers.get("Content-Type", "")
    return answer.json()["code"] if "json" in kind else str(answer.status_code)


def expected(row: Row, role: str, roles, no) -> str:
    """Return what a row says of one role."""
    if role in (STRANGER, TOKEN) and not row.is_open:
        if row.name not in API:
            return SIGN_IN
        if role == STRANGER:
            return "401"
        if not row.scope:
            return "403"
    # A token acts for the agent it was issued to.
    acting = "agent" if role in (STRANGER, TOKEN) else role
    if acting in no:
        return "403"
    if acting not in roles:
        return "404"
    return next((code for code, whom in row.but.items() if acting in whom), ALLOWED)


def words(answer) -> tuple[int, str, bytes]:
    """Return an answer as two of them are compared: without what names the request itself."""
    body = b"" if answer.streaming else refusal_text(answer)
    path = answer.wsgi_request.path.encode()
    body = body.replace(path, b"")
    body = re.sub(rb'(csrfmiddlewaretoken" value|nonce|data-csrf|content)="[^"]*"', b"", body)
    body = re.sub(rb"req_[0-9a-f]+", b"", body)
    return answer.status_code, answer.headers.get("Location", ""), body


@pytest.mark.parametrize("row", MATRIX.values(), ids=[f"{m} {n}" for n, m in MATRIX])
def test_everybody_gets_what_the_row_says(row: Row, house: House):
    door, wrong = DOORS[row.name], {}
    names_something = takes_an_id(door.route, row.name, row.method)
    assert names_something == (row.foreign is not None)

    def answer_to(role, given):
        with undone():
            return ask(house.client(role), door.route, row.name, row.method, given)

    for role in WHO:
        got = outcome(answer_to(role, house.own(role)))
        if got != (wanted := expected(row, role, row.own, row.no)):
            wrong[f"{role}, own"] = f"{got}, not {wanted}"
        if not names_something:
            continue
        rows = house.foreign(role)
        answer = answer_to(role, rows)
        got, wanted = outcome(answer), expected(row, role, row.foreign, row.foreign_no)
        if wanted != "404":
            if got != wanted:
                wrong[f"{role}, foreign"] = f"{got}, not {wanted}"
            continue
        nothing = answer_to(role, nobodys(rows))
        if row.name in API and got != "404":
            wrong[f"{role}, foreign"] = f"{got}, not 404"
        if words(answer) != words(nothing):
            wrong[f"{role}, foreign"] = f"{got}, a random id gets {outcome(nothing)} or other words"
    assert wrong == {}
