"""Refusals: one shape wherever they come from, in the language of who asks."""

import logging
import re

import pytest
from django.test import Client

from config import errors
from tests.tickets.casts import waiting

pytestmark = pytest.mark.django_db
API = "/api/v1"
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id"}


def refused(response, status, code):
    """Assert the refusal's shape and return it."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) >= MEMBERS
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response["X-Request-Id"]
    return body


def test_an_address_nobody_has(client):
    body = refused(client.get(f"{API}/nothing/here/"), 404, "not_found")
    assert body["instance"] == f"{API}/nothing/here/"


def test_a_method_that_is_not_possible(browser_of, mei):
    response = browser_of(mei).delete(f"{API}/orders/")
    refused(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_a_form_nobody_speaks(browser_of, mei):
    refused(
        browser_of(mei).get(f"{API}/orders/", headers={"Accept": "text/csv"}), 406, "not_acceptable"
    )
    sent = browser_of(mei).post(f"{API}/conversations/", "a,b", content_type="text/csv")
    refused(sent, 415, "unsupported_media_type")


def test_json_beyond_all_bounds(browser_of, mei):
    body = b'{"body": "' + b"x" * 2_700_000 + b'"}'
    sent = browser_of(mei).post(f"{API}/conversations/", body, content_type="application/json")
    refused(sent, 413, "too_large")


def test_a_body_in_pieces_is_not_read_as_nothing(browser_of, mei):
    sent = browser_of(mei).generic("PATCH", f"{API}/me/", headers={"Transfer-Encoding": "chunked"})
    refused(sent, 411, "length_required")


def test_a_change_from_elsewhere(mei):
    client = Client(enforce_csrf_checks=True)
    client.force_login(mei)
    sent = client.post(f"{API}/conversations/", "{}", content_type="application/json")
    refused(sent, 403, "csrf")


def test_a_change_from_a_page_of_ours(mei, team):
    client = Client(enforce_csrf_checks=True)
    client.force_login(mei)
    page = client.get("/me/").content.decode()
    token = re.search(r'<meta name="csrf" content="(\w+)">', page)[1]

    def send(body, kind="application/json", **headers):
        return client.post(f"{API}/conversations/", body, content_type=kind, headers=headers)

    assert send({"medium": "app", "body": "在吗"}, x_csrftoken=token).status_code == 201
    refused(send({"medium": "app", "body": "在吗"}, x_csrftoken="x" * 64), 403, "csrf")
    refused(send({"medium": "app", "body": "在吗"}), 403, "csrf")
    # In a form it does not count: that would be read before anybody knows who sends it.
    form = send(f"csrfmiddlewaretoken={token}", "application/x-www-form-urlencoded")
    refused(form, 403, "csrf")


def test_a_host_that_is_not_ours(client):
    refused(client.get(f"{API}/orders/", headers={"Host": "evil.example"}), 400, "bad_request")


def test_a_failure_of_ours_gives_a_number(rf):
    response = errors.broken(rf.get(f"{API}/orders/"))
    assert response.status_code == 500
    assert response["X-Incident"]
    assert response["Content-Type"] == "application/problem+json"


def test_mistakes_are_pointed_at(browser_of, mei):
    sent = {"medium": "pigeon", "client_id": "x", "colour": "red"}
    response = browser_of(mei).post(f"{API}/conversations/", sent, content_type="application/json")
    body = refused(response, 400, "invalid")
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("#/colour", "unknown")]
    del sent["colour"]
    response = browser_of(mei).post(f"{API}/conversations/", sent, content_type="application/json")
    found = {e["pointer"]: e["code"] for e in response.json()["errors"]}
    assert found == {"#/medium": "invalid_choice", "#/client_id": "invalid"}
    assert all(e["detail"] for e in response.json()["errors"])


def test_they_speak_the_language_that_was_asked_for(client, browser_of, mei):
    chinese = client.get(f"{API}/nothing/", headers={"Accept-Language": "zh-CN"}).json()
    english = client.get(f"{API}/nothing/", headers={"Accept-Language": "en"}).json()
    assert chinese["detail"] != english["detail"]
    assert (english["title"], chinese["title"]) == ("Not found", "没有找到")
    mei.language = "en"
    mei.save()
    own = browser_of(mei).delete(f"{API}/orders/")
    assert (own.json()["title"], own["Content-Language"]) == ("Not possible here", "en")


def test_a_sane_number_of_the_caller_is_kept(client):
    given = client.get(f"{API}/nothing/", headers={"X-Request-Id": "app-7f3a.12345"})
    assert given["X-Request-Id"] == given.json()["request_id"] == "app-7f3a.12345"
    for mad in ("short", "x" * 65, "a b c d e f g h", "né-12345678", "-starts-badly"):
        made = client.get(f"{API}/nothing/", headers={"X-Request-Id": mad})["X-Request-Id"]
        assert made.startswith("req_")


def test_log_lines_carry_the_number(client, caplog):
    from common.request_ids import RequestIdFilter

    caplog.handler.addFilter(RequestIdFilter())
    with caplog.at_level(logging.WARNING, "django.request"):
        client.get(f"{API}/nothing/", headers={"X-Request-Id": "app-7f3a.12345"})
    assert [record.number for record in caplog.records] == [" [app-7f3a.12345]"]


def test_not_yours_and_not_there_differ_in_nothing_but_the_request(browser_of, chen, mei, team):
    foreign = waiting(mei.member, team)
    answers = [
        browser_of(chen).get(f"{API}/conversations/{key}/").json()
        for key in (foreign.pk, "01a227fe-fa37-712b-81e0-8312b8b97cc3")
    ]
    for answer in answers:
        del answer["request_id"], answer["instance"]
    assert answers[0] == answers[1]
