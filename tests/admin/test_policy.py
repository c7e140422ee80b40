"""The content policy: strict everywhere, wider for the back office alone."""

import pytest
from django.urls import reverse


def policy(answer):
    header = answer.headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in header.split(";") if part.strip())


def test_pages_of_the_house_allow_nothing_inline(client, db):
    found = policy(client.get("/"))
    assert found["script-src"] == "'self'"
    assert found["style-src"] == "'self'"
    assert found["object-src"] == "'none'"
    assert found["frame-ancestors"] == "'none'"


def test_the_back_office_may_evaluate_but_not_run_inline_scripts(browser_of, ops):
    found = policy(browser_of(ops).get(reverse("admin:index")))
    assert found["script-src"] == "'self' 'unsafe-eval'"
    assert found["style-src"] == "'self' 'unsafe-inline'"
    assert found["object-src"] == "'none'"


@pytest.mark.parametrize("path", ["/", "/healthz", "/administration/", "/api/v1/conversations/"])
def test_only_the_back_office_is_relaxed(path, client, db):
    assert "unsafe" not in client.get(path).headers["Content-Security-Policy"]


def test_no_page_of_the_back_office_holds_an_inline_script(browser_of, ops, owned):
    browser = browser_of(ops)
    for url in (
        reverse("admin:index"),
        reverse("admin:selftest"),
        reverse("admin:tickets_conversation_changelist"),
        reverse("admin:tickets_conversation_change", args=[owned.pk]),
    ):
        text = browser.get(url).content.decode()
        assert "<script>" not in text
        assert "onclick=" not in text
