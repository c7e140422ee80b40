"""Every topic and every operation of the socket, for every role, against a real live process."""

import contextlib
from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.actions import issue_integration_token
from accounts.scopes import SCOPES, TOPIC_SCOPES
from common.ids import public_key
from common.topics import topic_kinds
from tests.rights.house import ROLES, build
from tests.rights.sockets import OPS, TOPICS
from tests.tickets.live import LiveProcess, cookie_of, phone
from tests.tickets.test_live_tokens import ticket_by, ticketed
from tickets.consumers import operations
from tickets.models import Conversation, Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(scope="module")
def server(django_db_setup):
    process = LiveProcess().start()
    yield process
    process.stop()


async def test_every_topic_and_every_operation_is_declared():
    assert set(TOPICS) == set(topic_kinds())
    assert set(OPS) == set(operations.OPS)
    assert {kind: row.scope for kind, row in TOPICS.items()} == TOPIC_SCOPES


def topic(kind: str, rows: dict) -> str:
    match kind:
        case "conversation" | "notes":
            return f"{kind}:{public_key('cnv', rows['talk'])}"
        case "team":
            return f"team:{rows['team']}"
    return kind


def frame(op: str, conversation: str) -> dict:
    said = {"op": op, "conversation": conversation}
    match op:
        case "send":
            return said | {"client_id": str(uuid4()), "body": "在吗"}
        case "viewing":
            return said | {"state": "viewing"}
        case "sync":
            return {"op": op, "conversations": {conversation: 0}}
        case "queue" | "typing":
            return said
    return said | {"seq": 1}


async def answers(client, **said) -> list[dict]:
    """Return what is told after one frame, up to the answer to a ping sent after it."""
    mark = str(uuid4())
    await client.say(**said)
    # What goes to the pool or the writer is answered beside the socket: the second ping waits.
    if said["op"] in ("send", "recall"):
        with contextlib.suppress(TimeoutError):
            first = await client.next(1.0)
            client.heard.insert(0, first)
    await client.say(op="ping", id=mark)
    told = []
    while (one := await client.next())["op"] != "pong" or one.get("id") != mark:
        told.append(one)
    return told


def refusals(told: list[dict], name: str) -> list[dict]:
    """Return what was refused, without the name that was asked for."""
    return [
        {key: "…" if value == name else value for key, value in one.items() if key != "client_id"}
        for one in told
        if one["op"] == "error"
    ]


async def test_every_role_hears_and_says_what_its_row_says(server):
    house = await sync_to_async(build)()
    theirs = house.theirs.rows
    foreign = public_key("cnv", theirs["talk"])
    wrong, asked = [], 0
    for role in ROLES:
        ours = house.side(role).rows
        own = public_key("cnv", ours["talk"])
        cookie = await sync_to_async(cookie_of)(house.person(role))
        async with phone(server.port, cookie) as client:
            await client.until("hello")
            for kind, row in TOPICS.items():
                for whose, rows, may in (("own", ours, row.own), ("foreign", theirs, row.foreign)):
                    if may is None:
                        continue
                    wanted = topic(kind, rows)
                    told = await answers(client, op="subscribe", topic=wanted)
                    heard = any(one["op"] == "subscribed" for one in told)
                    asked += 1
                    if heard != (role in may):
                        wrong.append((role, "subscribe", wanted, whose, heard))
                    if not heard and ":" in wanted:
                        # A word that belongs to nothing is refused in the same words.
                        nothing = f"{kind}:{'nobody' if kind == 'team' else 'cnv_' + uuid4().hex}"
                        random = await answers(client, op="subscribe", topic=nothing)
                        if refusals(told, wanted) != refusals(random, nothing):
                            wrong.append((role, "subscribe", wanted, "other words"))
                    elif not heard and [one["code"] for one in refusals(told, wanted)] != [
                        "not_found"
                    ]:
                        wrong.append((role, "subscribe", wanted, "no not_found"))
            for op, row in OPS.items():
                if op in ("hello", "ping", "subscribe", "unsubscribe"):
                    continue
                for whose, key, may in (("own", own, row.own), ("foreign", foreign, row.foreign)):
                    if may is None:
                        continue
                    asked += 1
                    told = await answers(client, **frame(op, key))
                    random = "cnv_" + uuid4().hex
                    nothing = await answers(client, **frame(op, random))
                    as_nothing = refusals(told, key) == refusals(nothing, random)
                    if op == "sync":
                        continue
                    if as_nothing == (role in may):
                        wrong.append((role, op, whose, told, nothing))
    assert wrong == []
    assert asked > 150
    # Nothing was said where it was not theirs to say.
    said = await sync_to_async(
        lambda: list(
            Message.objects.filter(conversation=theirs["talk"], body="在吗").values_list("seq")
        )
    )()
    assert said == []


NEEDED = {row.scope for row in (*TOPICS.values(), *OPS.values())} - {""}
# What a token holds besides the right to open a socket: nothing, one scope at a time, halves, all.
HELD = {
    "nothing": set(),
    **{scope: {scope} for scope in sorted(NEEDED)},
    "reading": {scope for scope in SCOPES if scope.endswith(":read")},
    "writing": {scope for scope in SCOPES if scope.endswith(":write")},
    "everything": set(SCOPES),
}


def opened_by(owner, scopes: set[str]) -> str:
    """Return a ticket for a socket of a token that holds ``scopes``."""
    _token, secret = issue_integration_token(
        owner, name="试", scopes=sorted({*scopes, "sockets:write"}), by=None, reason="试",
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    return ticket_by(secret)


async def test_a_token_hears_and_says_what_its_scopes_and_its_owner_may(server):
    """Lin, who leads, may hear and say everything of her own: what is refused is refused by scope."""
    house = await sync_to_async(build)()
    ours, theirs, lin = house.ours.rows, house.theirs.rows, house.ours.people["lin"]
    own, foreign = public_key("cnv", ours["talk"]), public_key("cnv", theirs["talk"])
    wrong, asked = [], 0
    for held, scopes in HELD.items():
        ticket = await sync_to_async(opened_by)(lin, scopes)
        async with ticketed(server.port, ticket) as client:
            await client.until("hello")
            for kind, row in TOPICS.items():
                told = await answers(client, op="subscribe", topic=topic(kind, ours))
                asked += 1
                if any(one["op"] == "subscribed" for one in told) != (row.scope in scopes):
                    wrong.append((held, "subscribe", kind, told))
                if row.foreign is None:
                    continue
                # Nobody learns by a scope, nor by the lack of one, that something is there.
                wanted = topic(kind, theirs)
                nothing = f"{kind}:{'nobody' if kind == 'team' else 'cnv_' + uuid4().hex}"
                told = refusals(await answers(client, op="subscribe", topic=wanted), wanted)
                random = refusals(await answers(client, op="subscribe", topic=nothing), nothing)
                if told != random or [one["code"] for one in told] != ["not_found"]:
                    wrong.append((held, "subscribe", kind, "foreign", told))
            for op, row in OPS.items():
                if op in ("hello", "ping", "subscribe", "unsubscribe", "sync"):
                    continue
                asked += 1
                told = refusals(await answers(client, **frame(op, own)), own)
                by_scope = [one for one in told if one["code"] == "forbidden"]
                if bool(by_scope) == (row.scope in scopes):
                    wrong.append((held, op, told))
                if any(one["scope"] != row.scope for one in by_scope):
                    wrong.append((held, op, "another scope", told))
                told = refusals(await answers(client, **frame(op, foreign)), foreign)
                nobodys = "cnv_" + uuid4().hex
                if (
                    told != refusals(await answers(client, **frame(op, nobodys)), nobodys)
                    or not told
                ):
                    wrong.append((held, op, "foreign", told))
    assert wrong == []
    assert asked == len(HELD) * 13


async def test_nobody_learns_by_a_card_whose_talk_it_is(server):
    """The order of the other tenant fits their conversation: the answer is that of a random one."""
    house = await sync_to_async(build)()
    theirs = house.theirs.rows
    card = {"kind": "order_card", "payload": {"order_no": theirs["order_no"]}, "body": ""}
    for name in ("mei", "bo"):
        cookie = await sync_to_async(cookie_of)(house.ours.people[name])
        async with phone(server.port, cookie) as client:
            await client.until("hello")
            told = []
            for key in (public_key("cnv", theirs["talk"]), "cnv_" + uuid4().hex):
                told.append(refusals(await answers(client, **frame("send", key) | card), key))
            assert told[0] == told[1]
            assert [one["code"] for one in told[0]] == ["not_found"]


async def test_who_was_refused_hears_nothing_afterwards(server):
    house = await sync_to_async(build)()
    theirs = house.theirs.rows
    key = public_key("cnv", theirs["talk"])
    cookies = {
        name: await sync_to_async(cookie_of)(side.people[name])
        for side, names in ((house.ours, ("mei", "bo", "he")), (house.theirs, ("dora",)))
        for name in names
    }
    async with contextlib.AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(phone(server.port, cookie))
            for name, cookie in cookies.items()
        }
        for client in clients.values():
            await client.until("hello")
            for kind in ("conversation", "notes", "team", "kitchen"):
                await answers(client, op="subscribe", topic=topic(kind, theirs))
            await answers(client, op="sync", conversations={key: 0})
            client.heard.clear()
        await clients["dora"].say(**frame("send", key))
        await clients["dora"].until("message")
        await clients["dora"].say(**frame("viewing", key))
        await clients["dora"].until("viewing")
        await clients["dora"].say(**frame("typing", key))
        await clients["dora"].until("typing")
        for name in ("mei", "bo", "he"):
            assert await clients[name].silent(), name
    assert await sync_to_async(Conversation.objects.filter(pk=theirs["talk"]).count)() == 1
