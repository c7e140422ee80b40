"""Reading: nothing new is said with 304, only what is wanted is sent, and pages need no COUNT."""

from types import SimpleNamespace

import pytest

from common.rest.preconditions import Unconditional, is_among, seen_version, tag_of

pytestmark = pytest.mark.django_db
API = "/api/v1"


def test_an_answer_has_a_tag_and_who_has_it_is_told_so(browser_of, mei, order):
    client = browser_of(mei)
    first = client.get(f"{API}/orders/")
    again = client.get(f"{API}/orders/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert first["Cache-Control"] == "private, no-cache"
    order.product = "别的"
    order.save()
    assert client.get(f"{API}/orders/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_tag_that_a_proxy_weakened_still_counts():
    assert is_among('"a.b"', 'W/"a.b"')
    assert is_among('"a.b"', '"x", W/"a.b"')
    assert is_among('"a.b"', "*")
    assert not is_among('"a.b"', '"a"')
    assert not is_among('"a.b"', "")


def test_a_version_is_compared_and_not_what_one_person_sees():
    mine, theirs = tag_of(b"mine", "v7"), tag_of(b"theirs", "v7")
    assert mine != theirs
    assert seen_version(wish(mine)) == seen_version(wish(f"W/{theirs}")) == {"v7"}
    assert seen_version(wish(f'"v6.x", {mine}')) == {"v6", "v7"}
    assert seen_version(wish("*")) is None
    assert seen_version(wish(None)) is None
    with pytest.raises(Unconditional):
        seen_version(wish(None), required=True)


def wish(header):
    return SimpleNamespace(headers={} if header is None else {"If-Match": header})
