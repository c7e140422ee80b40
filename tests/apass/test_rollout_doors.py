"""Those outside never see a trace: on the page, at the API, at the socket, in the search."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apass import actions
from apass.models import Exposure
from apass.rollouts import snapshot
from apass.rollouts.deciding import decide, is_open, member_subject
from tests.apass.conftest import pilot, widen
from tests.conftest import make_order
from tests.search.conftest import settle
from tests.tickets.casts import answered
from tests.tickets.live import LiveProcess, cookie_of, phone
from trade.changes import changed_orders
from trade.models import ProductLine

API = "/api/v1"


@pytest.fixture
def for_mei(rollout, ops, zhao, mei, chen):
    """Products are open to Mei, and to no other member."""
    pilot(rollout, "M10000001", ops)
    widen(rollout, ops, zhao)
    return rollout


def without_number(response):
    """Return a refusal without what differs between any two."""
    body = response.json()
    return {k: v for k, v in body.items() if k not in {"instance", "request_id", "requestId"}}


@pytest.mark.django_db
def test_without_a_rollout_everything_is_as_it_was(product, mei, browser_of):
    assert browser_of(mei).get(f"{API}/products/{product.product_no}/").status_code == 200
    assert "data-products" in browser_of(mei).get(reverse("new-chat")).content.decode()


@pytest.mark.django_db
def test_at_the_api_a_closed_product_is_one_that_is_not(for_mei, product, mei, chen, browser_of):
    assert browser_of(mei).get(f"{API}/products/{product.product_no}/").status_code == 200
    closed = browser_of(chen).get(f"{API}/products/{product.product_no}/")
    unknown = browser_of(chen).get(f"{API}/products/G999999/")
    assert closed.status_code == unknown.status_code == 404
    assert without_number(closed) == without_number(unknown)
    closed_list = browser_of(chen).get(f"{API}/products/")
    assert closed_list.status_code == 404
    assert without_number(closed_list) == without_number(unknown)


@pytest.mark.django_db
def test_what_is_closed_is_not_offered_by_the_changes_either(
    for_mei, order, product, mei, chen, shop, browser_of
):
    make_order(chen, shop, "2611200341700009", datetime(2026, 11, 20, tzinfo=UTC))
    offered = {}
    for who in (mei, chen):
        since = datetime(2020, 1, 1, tzinfo=UTC)
        data, _until = changed_orders(who, since, 10, datetime(2026, 11, 21, tzinfo=UTC))
        offered[who.username] = [
            row["offer"] and row["offer"]["product_no"] for row in data["data"]
        ]
    assert offered == {"mei": [product.product_no], "chen": [None]}


@pytest.mark.django_db
def test_at_the_api_a_closed_card_is_no_kind_of_message(
    for_mei, product, mei, chen, bo, team, browser_of
):
    def said(user, kind):
        talk = answered(user.member, team, bo)
        path = f"{API}/conversations/{talk.public_key}/messages/"
        sent = {"client_id": str(uuid.uuid4()), "kind": kind,
                "payload": {"product_no": product.product_no}}  # fmt: skip
        return browser_of(user).post(path, sent, content_type="application/json")

    assert said(mei, "product_card").status_code == 201
    closed, unknown = said(chen, "product_card"), said(chen, "poster_card")
    assert closed.status_code == unknown.status_code == 400
    told = json.dumps(without_number(unknown)).replace("poster_card", "product_card")
    assert json.dumps(without_number(closed)) == told


@pytest.mark.django_db
def test_the_page_and_ones_orders_say_nothing_of_it(
    for_mei, product, order, mei, chen, browser_of, shop
):
    make_order(chen, shop, "2611200341700009", datetime(2026, 11, 19, 2, 0, tzinfo=UTC))
    open_page = browser_of(mei).get(reverse("new-chat")).content.decode()
    closed_page = browser_of(chen).get(reverse("new-chat")).content.decode()
    assert "data-products" in open_page
    assert "data-products" not in closed_page
    assert "订单或商品" not in closed_page
    assert browser_of(mei).get(f"{API}/orders/").json()["data"][0]["offer"]
    assert browser_of(chen).get(f"{API}/orders/").json()["data"][0]["offer"] is None


@pytest.mark.django_db
def test_the_search_finds_products_for_those_let_in_alone(
    ops, zhao, product, mei, chen, browser_of
):
    settle()
    assert ProductLine.objects.exists()

    def kinds(user):
        found = browser_of(user).get(f"{API}/search/", {"q": "车厘子"}).json()["data"]
        return [group["kind"] for group in found]

    assert (kinds(mei), kinds(chen)) == ([], [])
    trial = actions.open_rollout(
        "product-search", "搜商品", kind="feature", subject_kind="member", by=ops
    )
    pilot(trial, "M10000001", ops)
    widen(trial, ops, zhao)
    assert (kinds(mei), kinds(chen)) == (["product"], [])
    page = browser_of(chen).get("/search/", {"q": "车厘子"}).content.decode()
    assert product.product_no not in page
    assert "kinds=product" not in page
    assert product.product_no in browser_of(mei).get("/search/", {"q": "车厘子"}).content.decode()


@pytest.mark.django_db
def test_staff_work_with_all_there_is(for_mei, product, bo, browser_of):
    assert is_open("products", bo)
    assert browser_of(bo).get(f"{API}/products/{product.product_no}/").status_code == 200


@pytest.mark.django_db
def test_a_decision_asks_the_database_nothing_and_writes_nothing(for_mei, mei, chen):
    inside, outside = member_subject(mei.member), member_subject(chen.member)
    decide("products", inside)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert is_open("products", mei)
        for _time in range(100):
            assert decide("products", inside).is_in
            assert not decide("products", outside).is_in
    assert len(asked) == 0
    assert not Exposure.objects.exists()


@pytest.mark.django_db
def test_another_processes_change_is_seen_within_a_second(for_mei, mei, ops, monkeypatch):
    assert decide("products", member_subject(mei.member)).is_in
    actions.roll_back(for_mei, by=ops, reason="退")
    monkeypatch.setattr(snapshot, "_RECHECK_SECONDS", 1.0)
    monkeypatch.setattr(snapshot, "_checked_at", snapshot._checked_at - 1.01)
    assert not decide("products", member_subject(mei.member)).is_in


@pytest.fixture(scope="module")
def server(django_db_setup):
    process = LiveProcess().start()
    yield process
    process.stop()


@pytest.fixture
def talks(for_mei, product, mei, chen, bo, team):
    """Mei's and Chen's talks, with the cookies of both."""
    return {
        user.username: (answered(user.member, team, bo), cookie_of(user)) for user in (mei, chen)
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_at_the_socket_a_closed_card_is_no_kind_of_message(server, talks, product):
    async def answer(who, kind):
        talk, cookie = talks[who]
        async with phone(server.port, cookie) as client:
            await client.until("hello")
            await client.say(
                op="send", conversation=talk.public_key, client_id=str(uuid.uuid4()),
                kind=kind, body="", payload={"product_no": product.product_no},
            )  # fmt: skip
            return await client.until("ack" if who == "mei" else "error")

    assert (await answer("mei", "product_card"))["seq"] == 1
    closed, unknown = await answer("chen", "product_card"), await answer("chen", "poster_card")
    assert closed["code"] == "message.unknown_kind"
    closed.pop("client_id", None), unknown.pop("client_id", None)
    assert closed == unknown
