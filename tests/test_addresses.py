"""Addresses nobody types: they are answered, not stumbled over."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/me/chat/?order=%00",
        "/api/v1/canned-replies/?q=%00",
        "/admin/common/event/?before=%00",
        "/admin/common/heartbeat/%00/change/",
        "/admin/tickets/conversation/?state=%00",
    ],
)
def test_an_address_with_a_nul_is_no_address(browser_of, ops, bo, mei, address):
    for person in (ops, bo, mei):
        answer = browser_of(person).get(address)
        assert answer.status_code == 404
        kind = "application/problem+json" if "/api/" in address else "text/html; charset=utf-8"
        assert answer.headers["Content-Type"] == kind


def test_an_action_on_what_cannot_be_a_row_is_refused(browser_of, ops):
    asked = {"action": "resolve", "_selected_action": "zzz"}
    answer = browser_of(ops).post("/admin/tickets/conversation/", asked)
    assert answer.status_code == 404
