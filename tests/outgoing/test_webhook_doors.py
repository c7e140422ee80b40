"""The doors of webhooks: REST for their owners, the back office for operations."""

import json

import pytest
from django.urls import reverse

from accounts.actions import add_endpoint, send_test
from accounts.models import DeliveryState, WebhookDelivery, WebhookEndpoint, WebhookState

pytestmark = pytest.mark.django_db

URL = "/api/v1/webhooks/"
NEW = {"url": "https://hooks.example.com/x", "events": ["conversation.opened"]}


@pytest.fixture
def mine(he):
    return add_endpoint(**NEW, by=he)[0]


def address(endpoint, *rest):
    return f"{URL}whk_{endpoint.pk.hex}/" + "".join(f"{part}/" for part in rest)


def test_one_makes_reads_changes_and_removes_ones_own(browser_of, he):
    api = browser_of(he)
    made = api.post(URL, NEW, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    key = made.json()["id"]
    shown = api.get(f"{URL}{key}/").json()
    assert (shown["url"], "secret" in shown) == (NEW["url"], False)
    changed = api.patch(f"{URL}{key}/", {"description": "CRM"}, content_type="application/json")
    assert changed.json()["description"] == "CRM"
    assert [one["id"] for one in api.get(URL).json()["data"]] == [key]
    assert api.delete(f"{URL}{key}/").status_code == 204
    assert api.get(f"{URL}{key}/").status_code == 404
    assert api.get(URL).json()["data"] == []


def test_a_secret_is_never_kept_for_a_second_answer(browser_of, he):
    api = browser_of(he)
    for _ in range(2):
        api.post(URL, NEW, content_type="application/json", headers={"Idempotency-Key": "k1"})
    from common.models import KeptAnswer

    assert not KeptAnswer.objects.filter(body__contains="whsec_").exists()


def test_a_new_secret_pauses_tests_and_replays(browser_of, he, mine):
    api = browser_of(he)
    assert api.post(address(mine, "secret")).json()["secret"].startswith("whsec_")
    assert api.put(address(mine, "pause")).json()["state"] == "paused"
    assert api.post(address(mine, "tests")).status_code == 409
    assert api.delete(address(mine, "pause")).json()["state"] == "active"
    delivery = api.post(address(mine, "tests")).json()
    assert (delivery["event"], delivery["state"]) == ("webhook.test", "waiting")
    WebhookDelivery.objects.update(state=DeliveryState.DEAD)
    listed = api.get(address(mine, "deliveries") + "?state=dead").json()["data"]
    assert [one["id"] for one in listed] == [delivery["id"]]
    one = api.get(address(mine, "deliveries", delivery["id"])).json()
    assert one["data"] == {"webhook": f"whk_{mine.pk.hex}"}
    body = {"delivery": delivery["id"]}
    again = api.post(address(mine, "replays"), body, content_type="application/json")
    assert (again.status_code, again.json()) == (201, {"replayed": 1})
    WebhookDelivery.objects.update(state=DeliveryState.DEAD)
    assert api.post(address(mine, "replays"), {}, content_type="application/json").json() == {
        "replayed": 1
    }


def test_pages_of_deliveries_follow_each_other(browser_of, he, mine):
    api = browser_of(he)
    numbers = [str(send_test(mine, by=he)) for _ in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(address(mine, "deliveries"), {"limit": 2, "cursor": cursor}).json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(numbers)
    assert len(seen) == 5


def test_all_events_are_listed_by_name(browser_of, he):
    rows = browser_of(he).get("/api/v1/webhook-events/").json()["data"]
    assert {"event": "conversation.opened", "name": "对话发起", "gathers": False} in rows


@pytest.mark.parametrize("who", ["lin", "qiao", "ops", "mei", "bo", "chen"])
def test_another_ones_do_not_exist(who, browser_of, mine, he, request):
    delivery = send_test(mine, by=he)
    api = browser_of(request.getfixturevalue(who))
    before = WebhookEndpoint.objects.values().get()
    for method, url in [
        ("get", address(mine)),
        ("patch", address(mine)),
        ("delete", address(mine)),
        ("put", address(mine, "pause")),
        ("delete", address(mine, "pause")),
        ("post", address(mine, "secret")),
        ("post", address(mine, "tests")),
        ("get", address(mine, "deliveries")),
        ("get", address(mine, "deliveries", str(delivery))),
        ("post", address(mine, "replays")),
    ]:
        answer = getattr(api, method)(url, content_type="application/json")
        assert answer.status_code == 404, (method, url)
    assert WebhookEndpoint.objects.values().get() == before


def test_ones_own_delivery_is_not_found_under_another_webhook(browser_of, he, mine):
    other = add_endpoint(**NEW, by=he)[0]
    delivery = send_test(mine, by=he)
    assert browser_of(he).get(address(other, "deliveries", str(delivery))).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"url": "https://127.0.0.1/"}, 409),
        ({"url": 7}, 400),
        ({"url": None}, 400),
        ({"events": "conversation.opened"}, 400),
        ({"events": ["nonsense"]}, 409),
        ({"events": []}, 409),
        ({"owner": 1}, 400),
        ({"state": "active"}, 400),
        ({"secret": "mine"}, 400),
    ],
)
def test_what_cannot_be_is_said_in_words(browser_of, he, change, status):
    answer = browser_of(he).post(URL, NEW | change, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["code"]
    assert not WebhookEndpoint.objects.exists()


def test_operations_make_one_in_the_back_office(browser_of, ops):
    office = browser_of(ops)
    url = reverse("admin:accounts_webhookendpoint_add")
    said = {"url": NEW["url"], "events": ["case.merged", "edition.aired"], "description": "大屏"}
    page = office.post(url, said, follow=True)
    endpoint = WebhookEndpoint.objects.get()
    assert page.status_code == 200
    assert "whsec_" in page.content.decode()
    assert endpoint.events == ["case.merged", "edition.aired"]
    page = office.get(reverse("admin:accounts_webhookendpoint_change", args=[endpoint.pk]))
    assert "whsec_" not in page.content.decode()
    refused = office.post(url, said | {"url": "https://169.254.169.254/"})
    assert "不在互联网上" in refused.content.decode()
    assert WebhookEndpoint.objects.count() == 1


def test_operations_change_one_in_the_back_office(browser_of, ops, mine):
    url = reverse("admin:accounts_webhookendpoint_change", args=[mine.pk])
    said = {"url": NEW["url"], "events": ["case.merged"], "description": ""}
    browser_of(ops).post(url, said)
    mine.refresh_from_db()
    assert mine.events == ["case.merged"]


@pytest.mark.parametrize(
    ("act", "state"),
    [
        ("test", WebhookState.ACTIVE),
        ("pause", WebhookState.PAUSED),
        ("rotate", WebhookState.ACTIVE),
        ("replay", WebhookState.ACTIVE),
        ("remove", WebhookState.REMOVED),
    ],
)
def test_every_act_of_an_endpoint(act, state, browser_of, ops, mine):
    url = reverse("admin:accounts_webhookendpoint_act", args=[mine.pk, act])
    page = browser_of(ops).post(url, {"step": "do", "reason": "看看"}, follow=True)
    assert page.status_code == 200
    assert ("whsec_" in page.content.decode()) == (act == "rotate")
    mine.refresh_from_db()
    assert mine.state == state


def test_deliveries_are_found_by_number_and_sent_again_in_bulk(browser_of, ops, he, mine):
    office = browser_of(ops)
    rows = [send_test(mine, by=he) for _ in range(3)]
    WebhookDelivery.objects.update(state=DeliveryState.DEAD)
    url = reverse("admin:accounts_webhookdelivery_changelist")
    assert str(rows[0].pk) in office.get(url, {"q": str(rows[0])}).content.decode()
    assert office.get(url, {"q": "nonsense"}).status_code == 200
    chosen = {"action": "replay", "_selected_action": [str(row.pk) for row in rows]}
    office.post(url, chosen | {"step": "do", "reason": "对方修好了"})
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"waiting"}
    page = office.get(reverse("admin:accounts_webhookdelivery_change", args=[rows[0].pk]))
    assert str(rows[0]) in page.content.decode()


def test_an_auditor_looks_and_does_nothing(client, browser_of, mine, db):
    from accounts.models import Role
    from tests.conftest import person

    office = browser_of(person("aud", "严查", Role.AUDITOR))
    url = reverse("admin:accounts_webhookendpoint_change", args=[mine.pk])
    assert office.get(url).status_code == 200
    assert office.get(reverse("admin:accounts_webhookendpoint_add")).status_code == 404
    act = reverse("admin:accounts_webhookendpoint_act", args=[mine.pk, "rotate"])
    assert office.post(act, {"step": "do", "reason": "x"}).status_code == 404
    assert json.dumps(mine.events)
