"""Sockets of apps and other systems: let in by a ticket, once; closed when what they hang on ends."""

import asyncio
import contextlib
import time
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from accounts.actions import (
    end_device,
    issue_integration_token,
    issue_socket_ticket,
    refresh_device,
    revoke_integration_token,
    rotate_integration_token,
    set_password,
    set_roles,
    sign_in_device,
    take_socket_ticket,
)
from accounts.models import Device, IntegrationToken, Role, SocketTicket
from common.models import RateBucket
from tests.tickets.live import LiveProcess, Phone, cookie_of, phone
from tests.tickets.test_live import on, text
from tickets.actions.posting import post_message
from tickets.models import Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

SIGN_IN = 4401
API = "/api/v1"
in_thread = sync_to_async


@pytest.fixture(scope="module")
def server(django_db_setup):
    process = LiveProcess().start()
    yield process
    process.stop()


def sign_in(user):
    return sign_in_device(
        user,
        method="password",
        name="手机",
        platform="ios",
        app_version="1",
        address="",
        now=timezone.now(),
    )


def ticket_by(token: str) -> str:
    answer = Client().post(f"{API}/socket-tickets/", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["expires_in"], answer.json()["url"][:5]) == (30, "ws://")
    return answer.json()["ticket"]


def status_of(token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().get(f"{API}/devices/", headers=headers).status_code


@contextlib.asynccontextmanager
async def ticketed(port, ticket, *, protocols=("xiaoer.v1",), **headers):
    """Open a socket with ``ticket`` as the second subprotocol."""
    async with connect(
        f"ws://127.0.0.1:{port}/ws/",
        subprotocols=[*protocols, f"ticket.{ticket}"],
        additional_headers=headers,
        compression=None,
    ) as socket:
        yield Phone(socket)


@contextlib.asynccontextmanager
async def plain(port, **headers):
    """Open a socket that brings nothing."""
    async with connect(
        f"ws://127.0.0.1:{port}/ws/",
        subprotocols=["xiaoer.v1"],
        additional_headers=headers,
        compression=None,
    ) as socket:
        yield Phone(socket)


async def drained(client) -> tuple[int, list[float]]:
    """Hear a socket to its end: return its code and the moments at which frames came."""
    heard = []
    while True:
        try:
            await client.next()
        except ConnectionClosed as closed:
            return closed.rcvd.code, heard
        heard.append(time.monotonic())


async def closes(client, timeout=20) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        await client.until("never", timeout)
    return closed.value.rcvd.code


@pytest.fixture
def erp(bo):
    """A token that acts for Bo: it hears conversations and says nothing."""
    return issue(bo, "messages:read", "sockets:write")


def issue(owner, *scopes, expires_at=None):
    return issue_integration_token(
        owner,
        name="质检",
        scopes=list(scopes),
        expires_at=expires_at or timezone.now() + timedelta(days=1),
        by=None,
        reason="对接",
    )


# --- Coming in ------------------------------------------------------------------------------------


async def test_an_app_comes_in_by_subprotocol_and_talks(server, conversation, mei):
    tokens = await in_thread(sign_in)(mei)
    ticket = await in_thread(ticket_by)(tokens.access)
    async with ticketed(server.port, ticket) as app:
        assert app.socket.subprotocol == "xiaoer.v1"
        assert (await app.until("hello"))["name"] == "周小宁"
        await on(app, conversation)
        await app.say(**text(conversation, "坏了一半"))
        assert (await app.until("ack"))["seq"] == 1
    assert not await SocketTicket.objects.aexists()


async def test_an_app_comes_in_by_saying_hello(server, mei):
    tokens = await in_thread(sign_in)(mei)
    ticket = await in_thread(ticket_by)(tokens.access)
    async with plain(server.port) as app:
        await app.say(op="hello", ticket=ticket, language="en")
        assert (await app.until("hello"))["name"] == "周小宁"
        await app.say(op="subscribe", topic="secrets:1")
        assert (await app.until("error"))["message"] == "No such thing, or it is not yours to see."


async def test_a_browser_can_come_in_by_ticket_as_well(server, mei):
    browser = Client()
    await in_thread(browser.force_login)(mei)
    answer = await in_thread(browser.post)(f"{API}/socket-tickets/")
    async with ticketed(server.port, answer.json()["ticket"]) as page:
        await page.until("hello")
        await in_thread(browser.post)("/sign-out/")
        assert await closes(page) == SIGN_IN


async def test_a_ticket_comes_from_anywhere_a_cookie_only_from_our_pages(server, mei):
    tokens = await in_thread(sign_in)(mei)
    ticket = await in_thread(ticket_by)(tokens.access)
    async with ticketed(server.port, ticket, Origin="capacitor://localhost") as app:
        await app.until("hello")


async def test_a_ticket_is_asked_and_not_the_cookie_beside_it(server, mei, bo):
    tokens, cookie = await in_thread(sign_in)(mei), await in_thread(cookie_of)(bo)
    ticket = await in_thread(ticket_by)(tokens.access)
    async with ticketed(server.port, ticket, Cookie=cookie) as app:
        assert (await app.until("hello"))["name"] == "周小宁"
    async with ticketed(server.port, ticket, Cookie=cookie) as app:
        assert await closes(app) == SIGN_IN


async def test_a_ticket_lets_one_socket_in(server, mei):
    tokens = await in_thread(sign_in)(mei)
    ticket = await in_thread(ticket_by)(tokens.access)

    async def come():
        async with ticketed(server.port, ticket) as app:
            try:
                return (await app.next())["op"]
            except ConnectionClosed as closed:
                return closed.rcvd.code

    came = await asyncio.gather(*(come() for _ in range(8)))
    assert sorted(came, key=str) == [SIGN_IN] * 7 + ["hello"]


def spoiled(ticket):
    return [
        "",
        ticket[:-1],
        ticket[:4] + ticket[4:].swapcase(),
        "xst_" + "A" * 80,
        "xat_" + ticket[4:],
        "x" * 2_000,
    ]


async def test_a_spoiled_ticket_lets_nobody_in(server, mei):
    tokens = await in_thread(sign_in)(mei)
    ticket = await in_thread(ticket_by)(tokens.access)
    for bad in [*spoiled(ticket), tokens.access, tokens.refresh]:
        async with ticketed(server.port, bad) as app:
            assert await closes(app) == SIGN_IN, bad
        async with plain(server.port) as app:
            await app.say(op="hello", ticket=bad)
            assert await closes(app) == SIGN_IN, bad
    async with ticketed(server.port, ticket) as app:
        await app.until("hello")


@pytest.mark.parametrize(
    "first",
    [
        '{"op":"hello"}',
        '{"op":"hello","ticket":7}',
        '{"op":"hello","ticket":null}',
        '{"op":"ping"}',
        "{",
        "[]",
        '{"op":"subscribe","topic":"me"}',
    ],
)
async def test_whoever_says_anything_else_first_is_sent_away(server, mei, first):
    async with plain(server.port) as stranger:
        await stranger.socket.send(first)
        assert await closes(stranger) == SIGN_IN


async def test_whoever_says_nothing_is_sent_away_after_five_seconds(server, db):
    async with plain(server.port) as stranger:
        began = time.monotonic()
        assert await closes(stranger) == SIGN_IN
        assert 4.5 < time.monotonic() - began < 8


async def test_an_old_ticket_lets_nobody_in(mei):
    tokens = await in_thread(sign_in)(mei)
    now = timezone.now()
    ticket = await in_thread(issue_socket_ticket)(mei, now=now, device=tokens.device)
    late = now + timedelta(seconds=30)
    assert await in_thread(take_socket_ticket)(ticket, now=late) is None
    assert await in_thread(take_socket_ticket)(ticket, now=now) is None, "and it is gone"


async def test_a_ticket_of_a_device_that_ended_meanwhile_lets_nobody_in(server, mei):
    tokens = await in_thread(sign_in)(mei)
    ticket = await in_thread(ticket_by)(tokens.access)
    await in_thread(end_device)(tokens.device, by=mei, now=timezone.now())
    async with ticketed(server.port, ticket) as app:
        assert await closes(app) == SIGN_IN


async def test_a_forged_cookie_cannot_pass_for_a_device(server, mei):
    tokens = await in_thread(sign_in)(mei)
    async with phone(server.port, f"sessionid=OnDevice({tokens.device.pk})") as stranger:
        assert await closes(stranger) == SIGN_IN


async def test_no_ticket_is_kept_in_plain(mei):
    tokens = await in_thread(sign_in)(mei)
    ticket = await in_thread(ticket_by)(tokens.access)
    assert ticket not in repr([row async for row in SocketTicket.objects.values()])


# --- Scopes on the socket ---------------------------------------------------------------------


async def test_a_token_hears_and_says_what_its_scopes_allow(server, conversation, bo, mei, erp):
    _token, secret = erp
    async with ticketed(server.port, await in_thread(ticket_by)(secret)) as system:
        await system.until("hello")
        await on(system, conversation)
        for name in (f"notes:{conversation.pk}", f"team:{conversation.team_id}", "me", "kitchen"):
            await system.say(op="subscribe", topic=name)
            assert (await system.until("error"))["code"] == "not_found", name
        for frame in (
            text(conversation),
            {"op": "read", "conversation": str(conversation.pk), "seq": 1},
            {"op": "delivered", "conversation": str(conversation.pk), "seq": 1},
            {"op": "typing", "conversation": str(conversation.pk)},
            {"op": "recall", "conversation": str(conversation.pk), "seq": 1},
            {"op": "viewing", "conversation": str(conversation.pk), "state": "viewing"},
            {"op": "queue", "conversation": str(conversation.pk)},
        ):
            await system.say(**frame)
            refused = await system.until("error")
            assert refused["code"] == "forbidden", frame["op"]
            assert refused["scope"]
        await in_thread(post_message)(conversation, by=mei, author_kind="member", body="在吗")
        assert (await system.until("message"))["body"] == "在吗"
    assert await Message.objects.filter(conversation=conversation).acount() == 1


async def test_without_the_scope_there_is_no_ticket(bo, db):
    _token, secret = await in_thread(issue)(bo, "messages:read")
    answer = await in_thread(Client().post)(
        f"{API}/socket-tickets/", headers={"Authorization": f"Bearer {secret}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope")


# --- Ending while frames stream -------------------------------------------------------------------


def later(user, ops, tokens, act):
    """Do what ends access; return when it was committed."""
    act(user, ops, tokens)
    return time.monotonic()


ENDS = {
    "roles": lambda user, ops, t: set_roles(user, [Role.MEMBER], by=ops, reason="换岗"),
    "password": lambda user, ops, t: set_password(user, "open-sesame-99", by=user, reason="换"),
    "revoked": lambda user, ops, t: end_device(t.device, by=user, now=timezone.now()),
}


async def streams(conversation, mei, stop):
    """Have Mei say something every 50 ms until told to stop."""
    while not stop.is_set():
        await in_thread(post_message)(conversation, by=mei, author_kind="member", body="还在吗")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("act", ENDS)
async def test_frames_stop_within_five_seconds(server, conversation, bo, mei, ops, act):
    tokens = await in_thread(sign_in)(bo)
    stop = asyncio.Event()
    async with ticketed(server.port, await in_thread(ticket_by)(tokens.access)) as app:
        await on(app, conversation)
        talk = asyncio.create_task(streams(conversation, mei, stop))
        await app.until("message")
        ended = await in_thread(later)(bo, ops, tokens, ENDS[act])
        await asyncio.sleep(0.1)
        with contextlib.suppress(ConnectionClosed):
            await app.say(**text(conversation, "我还能说吗"))
        code, heard = await drained(app)
        stop.set()
        await talk
    assert code == SIGN_IN
    assert max(heard, default=ended) - ended < 5
    said = Message.objects.filter(conversation=conversation, body="我还能说吗")
    assert not await said.aexists(), "the next write is refused"
    assert await in_thread(status_of)(tokens.access) == 401


async def test_a_revoked_token_is_cut_off_while_it_listens(server, conversation, bo, mei, erp, ops):
    token, secret = erp
    async with ticketed(server.port, await in_thread(ticket_by)(secret)) as system:
        await on(system, conversation)
        await in_thread(revoke_integration_token)(token, by=ops, reason="停用")
        assert await closes(system, 5) == SIGN_IN
    answer = await in_thread(Client().post)(
        f"{API}/socket-tickets/", headers={"Authorization": f"Bearer {secret}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "token.revoked")


async def test_a_renewed_secret_cuts_off_the_sockets_of_the_old_one(server, bo, erp, ops):
    token, secret = erp
    soon = timezone.now() + timedelta(days=1)
    async with ticketed(server.port, await in_thread(ticket_by)(secret)) as system:
        await system.until("hello")
        renew = in_thread(rotate_integration_token)
        new = await renew(token, expires_at=soon, by=ops, reason="例行")
        assert await closes(system, 5) == SIGN_IN
    async with ticketed(server.port, await in_thread(ticket_by)(new)) as system:
        await system.until("hello")


async def test_a_token_that_runs_out_is_cut_off_though_nothing_is_pushed(
    server, conversation, bo, mei
):
    end, ends = timezone.now() + timedelta(seconds=3), time.monotonic() + 3
    _token, secret = await in_thread(issue)(bo, "messages:read", "sockets:write", expires_at=end)
    stop = asyncio.Event()
    async with ticketed(server.port, await in_thread(ticket_by)(secret)) as system:
        await on(system, conversation)
        talk = asyncio.create_task(streams(conversation, mei, stop))
        code, heard = await drained(system)
        stop.set()
        await talk
    assert code == SIGN_IN
    assert heard
    assert max(heard) - ends < 5


async def test_what_was_ended_without_a_push_is_noticed(server, mei, bo, erp):
    token, secret = erp
    tokens = await in_thread(sign_in)(mei)
    async with (
        ticketed(server.port, await in_thread(ticket_by)(secret)) as system,
        ticketed(server.port, await in_thread(ticket_by)(tokens.access)) as app,
    ):
        await system.until("hello")
        await app.until("hello")
        now = timezone.now()
        await IntegrationToken.objects.filter(pk=token.pk).aupdate(revoked_at=now)
        await Device.objects.filter(pk=tokens.device.pk).aupdate(ended_at=now)
        told = await app.until("event", name="rights.changed")
        assert told["ids"] == {"user": mei.public_key}
        assert [await closes(system, 5), await closes(app, 5)] == [SIGN_IN, SIGN_IN]


async def test_a_refresh_keeps_the_socket_open_and_a_reuse_closes_it(server, mei):
    tokens = await in_thread(sign_in)(mei)
    async with ticketed(server.port, await in_thread(ticket_by)(tokens.access)) as app:
        await app.until("hello")
        new = await in_thread(refresh_device)(tokens.refresh, now=timezone.now())
        assert await in_thread(status_of)(new.access) == 200
        await app.say(op="ping")
        await app.until("pong")
        with pytest.raises(Exception, match="reused"):
            await in_thread(refresh_device)(tokens.refresh, now=timezone.now())
        assert await closes(app, 5) == SIGN_IN


async def test_ending_one_device_leaves_the_others_open(server, mei):
    lost, kept = await in_thread(sign_in)(mei), await in_thread(sign_in)(mei)
    async with (
        ticketed(server.port, await in_thread(ticket_by)(lost.access)) as there,
        ticketed(server.port, await in_thread(ticket_by)(kept.access)) as here,
    ):
        await there.until("hello")
        await here.until("hello")
        await in_thread(end_device)(lost.device, by=mei, now=timezone.now())
        assert await closes(there, 5) == SIGN_IN
        await here.say(op="ping")
        assert await here.until("pong")


async def test_who_guesses_tickets_is_told_to_come_later(server, mei):
    await RateBucket.objects.acreate(
        key="strangers address:127.0.0.1", tokens=1, filled_at=timezone.now(), let_through=True
    )
    async with plain(server.port) as guesser:
        await guesser.say(op="hello", ticket="xst_" + "A" * 80)
        assert await closes(guesser) == SIGN_IN
    await RateBucket.objects.aupdate(tokens=0, filled_at=timezone.now())
    async with plain(server.port) as guesser:
        await guesser.say(op="hello", ticket="xst_" + "A" * 80)
        assert await closes(guesser) == 1013
    tokens = await in_thread(sign_in)(mei)
    async with ticketed(server.port, await in_thread(ticket_by)(tokens.access)) as app:
        await app.until("hello")  # who has a ticket comes in all the same
