import xml.etree.ElementTree as ET

import pytest
import time_machine

from accounts.actions import close_account, set_password, set_roles
from common.deadlines import sweep
from common.history import history_of
from radio.actions import issue_feed_token, revoke_feed_token, select_case
from tests.radio.conftest import at

ATOM = "{http://www.w3.org/2005/Atom}"
pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(fresh, he, thursday):
    return issue_feed_token(fresh, by=he, now=thursday)


def fetch(client, secret, moment="2026-11-20 09:00:00", **headers):
    with time_machine.travel(at(moment), tick=False):
        return client.get(f"/feeds/{secret}/", headers=headers)


def titles(answer):
    return [
        entry.find(f"{ATOM}title").text
        for entry in ET.fromstring(answer.content).iter(f"{ATOM}entry")
    ]


def test_a_story_appears_at_nine(client, issued, case, fresh, sen, thursday):
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    assert titles(fetch(client, issued[1], "2026-11-20 08:59:59")) == []
    answer = fetch(client, issued[1])
    assert titles(answer) == ["坏了六成"]
    assert answer["Content-Type"].startswith("application/atom+xml")
    assert "周小宁" not in answer.content.decode()


def test_a_quiet_edition_says_so(client, issued):
    assert titles(fetch(client, issued[1])) == ["生鲜今天没有新声音"]


def test_readers_are_told_when_nothing_changed(client, issued):
    first = fetch(client, issued[1])
    for header in (
        {"If-None-Match": first["ETag"]},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        assert fetch(client, issued[1], "2026-11-20 10:00:00", **header).status_code == 304
    sweep(at("2026-11-20 09:00:00"))
    later = fetch(client, issued[1], "2026-11-23 09:00:00", **{"If-None-Match": first["ETag"]})
    assert later.status_code == 200


def test_a_revoked_address_is_gone(client, issued, he):
    token, secret = issued
    etag = fetch(client, secret)["ETag"]
    revoke_feed_token(token, by=he)
    assert fetch(client, secret).status_code == 404
    assert fetch(client, secret, **{"If-None-Match": etag}).status_code == 404


def test_an_unknown_address_is_as_gone(client, issued):
    assert fetch(client, "x" * 43).status_code == 404
    assert fetch(client, str(issued[0].pk)).status_code == 404


def test_who_may_no_longer_read_loses_the_feed(client, issued, he, ops):
    close_account(he, by=ops, reason="离职")
    assert fetch(client, issued[1]).status_code == 404


def test_who_is_taken_off_a_private_channel_loses_its_feed(client, secret, he, thursday):
    _token, address = issue_feed_token(secret, by=he, now=thursday)
    assert fetch(client, address).status_code == 200
    secret.people.remove(he)
    assert fetch(client, address).status_code == 404


def test_use_is_noted(client, issued):
    fetch(client, issued[1])
    issued[0].refresh_from_db()
    assert issued[0].last_used_at == at("2026-11-20 09:00:00")


def test_the_feed_does_not_repeat_its_secret(client, issued):
    assert issued[1] not in fetch(client, issued[1]).content.decode()


def test_a_feed_asks_the_same_whatever_its_length(
    client, issued, case, fresh, sen, thursday, django_assert_max_num_queries
):
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    for day in (20, 23, 24, 25):
        sweep(at(f"2026-11-{day} 09:00:00"))
    with django_assert_max_num_queries(8):
        assert len(titles(fetch(client, issued[1], "2026-11-26 09:00:00"))) == 5


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1],
        lambda secret: secret.swapcase(),
        lambda secret: secret + "A",
        lambda secret: secret[::-1],
        lambda secret: "%00",
    ],
)
def test_a_spoiled_address_is_gone(spoil, client, issued):
    assert fetch(client, spoil(issued[1])).status_code == 404


def test_without_a_secret_there_is_no_feed(client, issued):
    assert client.get("/feeds/").status_code == 404
    assert client.get("/feeds//").status_code == 404


def test_an_address_opens_its_own_channel_and_nothing_else(client, issued, secret):
    _token, address = issued
    assert "风控" not in fetch(client, address).content.decode()
    for door in ("/api/v1/cases/", "/api/v1/devices/", "/api/v1/orders/"):
        headers = {"Authorization": f"Bearer {address}"}
        assert client.get(door, headers=headers).status_code == 401
    assert client.post(f"/feeds/{address}/").status_code == 405


def test_an_address_nobody_fetches_for_ninety_days_is_gone(client, issued):
    assert fetch(client, issued[1], "2026-12-01 09:00:00").status_code == 200
    assert fetch(client, issued[1], "2027-03-01 08:59:59").status_code == 200
    assert fetch(client, issued[1], "2027-05-30 09:00:00").status_code == 404


def test_a_new_password_ends_the_address(client, issued, he):
    set_password(he, "open-sesame-99", by=he, reason="泄露")
    assert fetch(client, issued[1]).status_code == 404
    assert history_of(issued[0]).first().after["why"] == "password"


def test_a_lost_role_ends_the_feed_at_the_next_fetch(client, issued, he, ops):
    assert fetch(client, issued[1]).status_code == 200
    set_roles(he, [], by=ops, reason="换岗")
    assert fetch(client, issued[1]).status_code == 404
