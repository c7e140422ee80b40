"""Who loses roles, password or session hears nothing more: real sockets, a real process."""

import asyncio
import time

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from websockets.exceptions import ConnectionClosed

from accounts.actions import (
    end_all_sessions,
    end_session,
    reset_second_step,
    set_password,
    set_roles,
)
from accounts.models import Role, Totp, WebSession
from tests.tickets.live import LiveProcess, cookie_of, phone
from tickets.actions.posting import post_message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(scope="module")
def server(django_db_setup):
    process = LiveProcess().start()
    yield process
    process.stop()


async def heard_until_closed(socket):
    """Return what a socket still hears, and the code with which it is closed."""
    heard = []
    try:
        while True:
            heard.append(await socket.next(timeout=10))
    except ConnectionClosed as closed:
        return heard, closed.rcvd.code


def lose_step(bo, ops):
    Totp.objects.create(user=bo, sealed_secret="x", confirmed_at=bo.date_joined)
    reset_second_step(bo, by=ops, reason="手机丢了")


ENDINGS = {
    "roles": lambda bo, ops: set_roles(bo, [Role.AGENT, Role.BUSINESS], by=ops, reason="兼任"),
    "password": lambda bo, ops: set_password(bo, "another-one-77", by=None, reason="丢了"),
    "all sessions": lambda bo, ops: end_all_sessions(bo, by=ops, reason="丢了电脑"),
    "one session": lambda bo, ops: end_session(WebSession.objects.get(user=bo), by=ops),
    "second step": lose_step,
}


@pytest.mark.parametrize("how", ENDINGS)
async def test_no_frame_after_the_change_and_a_closed_socket(
    server, conversation, bo, mei, ops, how
):
    cookie = await sync_to_async(cookie_of)(bo)

    @sync_to_async
    def change_and_say():
        ENDINGS[how](bo, ops)
        began = time.monotonic()
        for n in range(20):
            post_message(conversation, by=mei, author_kind="member", body=f"改过之后 {n}")
        return began

    async with phone(server.port, cookie) as socket:
        await socket.say(op="subscribe", topic=f"conversation:{conversation.pk}", after=0)
        await socket.until("subscribed")
        began = await change_and_say()
        heard, code = await heard_until_closed(socket)
    assert code == 4401
    assert time.monotonic() - began < 5
    assert [frame for frame in heard if frame["op"] == "message"] == []
    # The old cookie opens nothing any more, neither here nor at the pages nor at the API.
    async with phone(server.port, cookie) as again:
        with pytest.raises(ConnectionClosed) as refused:
            await again.next()
    assert refused.value.rcvd.code == 4401
    browser = Client()
    browser.cookies["sessionid"] = cookie.partition("=")[2]
    page = await sync_to_async(browser.get)("/profile/")
    assert page.headers["Location"] == "/?next=/profile/"
    api = await sync_to_async(browser.get)("/api/v1/conversations/")
    assert api.status_code in (401, 403)


async def test_what_is_said_while_rights_are_asked_again_arrives_afterwards(
    server, conversation, bo, mei
):
    """A change that takes nothing away loses no word and keeps the order."""
    from accounts.actions import leave

    cookie = await sync_to_async(cookie_of)(bo)

    @sync_to_async
    def talk():
        for n in range(40):
            if n % 10 == 5:
                leave(bo)
            post_message(conversation, by=mei, author_kind="member", body=str(n))

    async with phone(server.port, cookie) as socket:
        await socket.say(op="subscribe", topic=f"conversation:{conversation.pk}", after=0)
        await socket.until("subscribed")
        await talk()
        async with asyncio.timeout(20):
            heard = [(await socket.until("message"))["seq"] for _n in range(40)]
    assert heard == list(range(1, 41))
