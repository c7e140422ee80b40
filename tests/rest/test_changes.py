"""Delta sync: what changed since my cursor, and nothing is ever lost."""

import threading
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import set_roles
from accounts.models import Role
from common import changes
from common.changes import begin_afresh, horizon
from common.parameters import forget, set_value
from radio.actions import air_edition, open_channel, subscribe
from radio.models import Edition
from tests.conftest import make_order
from tests.tickets.casts import answered, waiting
from tests.tickets.live import LiveProcess, cookie_of, phone
from tickets.actions.ownership import accept_conversation, transfer_conversation
from tickets.actions.posting import post_message
from tickets.actions.recall import recall_message
from tickets.models import Conversation, Message
from trade.models import Order, OrderStatus

pytestmark = pytest.mark.django_db
API = "/api/v1"


def ask(client, cursor=""):
    return client.get(f"{API}/changes/", {"cursor": cursor} if cursor else {})


def told(client, cursor):
    response = ask(client, cursor)
    assert response.status_code == 200, response.content
    return response.json()


def past():
    """Let what was written until now be older than what a cursor holds back."""
    return mock.patch.object(
        changes, "HORIZON_SQL", changes.HORIZON_SQL.replace("interval '2 seconds'", "interval '0'")
    )


def test_without_a_cursor_one_is_handed_out_and_nothing_is_told(browser_of, mei, order, team):
    waiting(mei.member, team)
    found = ask(browser_of(mei)).json()
    assert (found["changed"], found["has_more"]) == ({}, False)
    assert found["cursor"]


@pytest.mark.django_db(transaction=True)
def test_what_changed_since_is_told_and_what_did_not_is_not(
    browser_of, mei, chen, bo, order, shop, team
):
    old, talk = answered(mei.member, team, bo), answered(mei.member, team, bo)
    foreign = answered(chen.member, team, bo)
    late = make_order(mei, shop, "2611200341700002", datetime(2026, 11, 20, tzinfo=UTC))
    client = browser_of(mei)
    with past():
        cursor = ask(client).json()["cursor"]
        post_message(talk, by=bo, author_kind="agent", body="在查")
        post_message(foreign, by=bo, author_kind="agent", body="在查")
        Order.objects.filter(pk=late.pk).update(status=OrderStatus.CLOSED)
        found = told(client, cursor)
        assert [c["id"] for c in found["changed"]["conversations"]["data"]] == [talk.public_key]
        assert found["changed"]["conversations"]["data"][0]["last_seq"] == 1
        assert [o["order_no"] for o in found["changed"]["orders"]["data"]] == [late.order_no]
        assert found["changed"]["orders"]["data"][0]["status"] == "closed"
        again = told(client, found["cursor"])
    assert again["changed"]["conversations"]["data"] == []
    assert again["changed"]["orders"]["data"] == []
    assert old.last_seq == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_told_the_next_time(browser_of, mei, bo, team):
    """A transaction that began before the cursor was made and commits after it."""
    talk = answered(mei.member, team, bo)
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                post_message(talk, by=bo, author_kind="agent", body="很久以前开始的")
                begun.set()
                go_on.wait(20)
        finally:
            done.set()
            connection.close()

    client = browser_of(mei)
    thread = threading.Thread(target=slow)
    with past():
        thread.start()
        begun.wait(20)
        cursor = ask(client).json()["cursor"]
        first = told(client, cursor)
        assert first["changed"]["conversations"]["data"] == []
        go_on.set()
        done.wait(20)
        thread.join()
        second = told(client, first["cursor"])
    (card,) = second["changed"]["conversations"]["data"]
    assert (card["id"], card["last_seq"]) == (talk.public_key, 1)
    assert Conversation.objects.get(pk=talk.pk).changed_at < timezone.now()


@pytest.mark.django_db(transaction=True)
def test_a_cursor_is_never_ahead_of_a_running_transaction():
    begun, go_on = threading.Event(), threading.Event()

    def idle():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1")  # has read, may still write
                begun.set()
                go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=idle)
    before = timezone.now()
    thread.start()
    begun.wait(20)
    with past():
        held = horizon()
        go_on.set()
        thread.join()
        free = horizon()
    assert before <= held < free


@pytest.mark.django_db(transaction=True)
def test_the_desk_follows_what_is_live_and_what_was_done_since(
    browser_of, mei, bo, lin, dora, team, other_team
):
    mine, queued = answered(mei.member, team, bo), waiting(mei.member, team)
    client = browser_of(bo)
    with past():
        cursor = ask(client).json()["cursor"]
        accept_conversation(queued, by=bo)
        transfer_conversation(mine, team=other_team, person=None, note="珠宝的事", by=bo)
        found = told(client, cursor)["changed"]["conversations"]
    assert queued.public_key in [c["id"] for c in found["data"]]
    # First asked, so still theirs to see, but no longer with them.
    assert queued.public_key in found["live"]


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_back_is_told(browser_of, mei, bo, team):
    talk = answered(mei.member, team, bo)
    for word in ("在吗", "当我没说"):
        post_message(talk, by=mei, author_kind="member", body=word)
    client = browser_of(mei)
    with past():
        cursor = ask(client).json()["cursor"]
        recall_message(talk, 1, by=mei)
        (card,) = told(client, cursor)["changed"]["conversations"]["data"]
    assert card["recalled"] == [1]


@pytest.mark.django_db(transaction=True)
def test_readers_hear_of_editions_and_of_what_they_hear(browser_of, he, ops):
    with time_machine.travel(datetime(2026, 11, 19, 4, tzinfo=UTC), tick=True):
        channel = open_channel(code="fresh", name="生鲜", by=ops)
        edition = Edition.objects.upcoming(timezone.now()).get()
    client = browser_of(he)
    with past():
        cursor = ask(client).json()["cursor"]
        air_edition(edition, now=edition.publish_at + timedelta(seconds=1))
        subscribe(channel, by=he)
        found = told(client, cursor)["changed"]
    assert edition.public_key in [e["id"] for e in found["editions"]["data"]]
    assert found["subscriptions"]["data"] == [{"channel": "fresh", "is_muted": False}]


def afresh(response, why):
    body = response.json()
    return (response.status_code, body["code"], body["reason"]) == (
        409,
        "changes.start_afresh",
        why,
    )


def test_who_may_see_something_else_now_starts_afresh(browser_of, bo, ops, team):
    client = browser_of(bo)
    cursor = ask(client).json()["cursor"]
    set_roles(bo, [Role.SENIOR], by=ops, reason="晋升")
    client = browser_of(bo)
    assert afresh(ask(client, cursor), "scope")


def test_a_cursor_of_somebody_else_is_no_good(browser_of, mei, chen, team):
    cursor = ask(browser_of(mei)).json()["cursor"]
    assert afresh(ask(browser_of(chen), cursor), "scope")


def test_who_was_away_too_long_starts_afresh(browser_of, mei, team):
    cursor = ask(browser_of(mei)).json()["cursor"]
    set_value("api.changes_kept", timedelta(days=3), by=None, reason="测试")
    forget()
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=False):
        assert afresh(ask(browser_of(mei), cursor), "age")


def test_after_a_load_everybody_starts_afresh(browser_of, mei, team):
    cursor = ask(browser_of(mei)).json()["cursor"]
    begin_afresh("trade.order")
    assert afresh(ask(browser_of(mei), cursor), "load")


@pytest.mark.django_db(transaction=True)
def test_more_than_a_page_comes_in_pages_without_a_gap(browser_of, mei, bo, team):
    set_value("api.page_rows", 10, by=None, reason="测试")
    client, seen = browser_of(mei), []
    with past():
        cursor = ask(client).json()["cursor"]
        made = [answered(mei.member, team, bo).public_key for _ in range(25)]
        for _page in range(9):
            found = told(client, cursor)
            cursor = found["cursor"]
            seen += [c["id"] for c in found["changed"]["conversations"]["data"]]
            if not found["has_more"]:
                break
    assert set(seen) == set(made)


@pytest.mark.django_db(transaction=True)
def test_more_than_a_page_at_one_moment_is_a_fresh_start(browser_of, mei, shop):
    set_value("api.page_rows", 10, by=None, reason="测试")
    client = browser_of(mei)
    cursor = ask(client).json()["cursor"]
    with transaction.atomic():
        for n in range(12):
            make_order(mei, shop, f"26112003417001{n:02}", datetime(2026, 11, n + 1, tzinfo=UTC))
    assert afresh(ask(client, cursor), "much")


@pytest.mark.parametrize("cursor", ["x", "W10", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgInMiXQ"])
def test_a_made_up_cursor_is_refused(browser_of, mei, cursor):
    assert ask(browser_of(mei), cursor).json()["code"] in ("cursor.bad", "changes.start_afresh")


class App:
    """What an app keeps: its cursor, and of each conversation what was said."""

    def __init__(self, user):
        self.client = Client()
        self.client.force_login(user)
        self.said: dict[str, list[str]] = {}
        self.cursor = ""

    def snapshot(self):
        self.cursor = ask(self.client).json()["cursor"]
        for talk in self.client.get(f"{API}/conversations/").json()["data"]:
            self.pull(talk["id"])

    def catch_up(self):
        found = told(self.client, self.cursor)
        self.cursor = found["cursor"]
        for talk in found["changed"]["conversations"]["data"]:
            self.pull(talk["id"])

    def pull(self, key):
        words = self.said.setdefault(key, [])
        while True:
            page = self.client.get(
                f"{API}/conversations/{key}/messages/?after={len(words)}&limit=7"
            ).json()
            for message in page["data"]:
                self.hear(message)
            if not page["has_more"]:
                return

    def hear(self, message):
        words = self.said.setdefault(message["conversation"], [])
        if message["seq"] == len(words) + 1:
            words.append(message["body"])


def all_said(talks):
    rows = Message.objects.order_by("seq")
    return {
        talk.public_key: list(rows.filter(conversation_id=talk.pk).values_list("body", flat=True))
        for talk in talks
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_from_the_snapshot_over_changes_to_the_socket_nothing_is_lost(
    django_db_setup, mei, bo, team
):
    server = await sync_to_async(LiveProcess().start)()
    try:
        talks = await sync_to_async(lambda: [answered(mei.member, team, bo) for _ in range(2)])()
        app = await sync_to_async(App)(mei)
        for talk in talks * 9:
            await sync_to_async(post_message)(talk, by=bo, author_kind="agent", body="很早说的")
        await sync_to_async(app.snapshot)()
        # A conversation the snapshot does not have.
        talks.append(await sync_to_async(answered)(mei.member, team, bo))
        # Said while the app was reading: before it asks for changes, and after.
        for talk in talks:
            await sync_to_async(post_message)(talk, by=bo, author_kind="agent", body="间隙里说的")
        cookie = await sync_to_async(cookie_of)(mei)
        async with phone(server.port, cookie) as line:
            await line.until("hello")
            await sync_to_async(app.catch_up)()
            for talk in talks:
                await sync_to_async(post_message)(
                    talk, by=bo, author_kind="agent", body="订阅前说的"
                )
            for key, words in list(app.said.items()):
                await line.say(op="subscribe", topic=f"conversation:{key}", after=len(words))
            for talk in talks:
                await sync_to_async(post_message)(
                    talk, by=bo, author_kind="agent", body="在线时说的"
                )
            expected = await sync_to_async(all_said)(talks)
            while any(len(app.said[key]) < len(words) for key, words in expected.items()):
                frame = await line.next()
                if frame["op"] == "message":
                    app.hear(frame)
        assert {key: app.said[key] for key in expected} == expected
        assert all(
            words[-3:] == ["间隙里说的", "订阅前说的", "在线时说的"] for words in expected.values()
        )
    finally:
        await sync_to_async(server.stop)()
