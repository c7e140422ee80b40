"""Live chat over real sockets and a real process."""

import uuid

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.actions import close_account
from accounts.models import Role
from tests.tickets.live import LiveProcess, cookie_of, phone
from tickets.actions.posting import post_message
from tickets.models import Conversation, Message, Note

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(scope="module")
def server(django_db_setup):
    process = LiveProcess().start()
    yield process
    process.stop()


@pytest.fixture
def cookies(mei, bo, lin, chen):
    return {user.username: cookie_of(user) for user in (mei, bo, lin, chen)}


def topic(conversation):
    return f"conversation:{conversation.public_key}"


def text(conversation, body="在吗", **extra):
    key = extra.pop("client_id", str(uuid.uuid4()))
    return {
        "op": "send",
        "conversation": conversation.public_key,
        "client_id": key,
        "body": body,
        **extra,
    }


async def on(client, conversation, after=0):
    await client.say(op="subscribe", topic=topic(conversation), after=after)
    return await client.until("subscribed")


async def test_in_their_own_talk_who_answers_is_the_member(server, mei, bo, conversation):
    def also_answers():
        mei.roles = [Role.MEMBER, Role.AGENT]
        mei.save()
        return cookie_of(mei)

    async with (
        phone(server.port, await sync_to_async(also_answers)()) as both,
        phone(server.port, await sync_to_async(cookie_of)(bo)) as bo,
    ):
        await on(both, conversation)
        await on(bo, conversation)
        await both.say(**text(conversation, "坏了一半"))
        await both.until("ack")
        heard = await bo.until("message")
        assert (heard["author"]["kind"], heard["author"]["name"]) == ("member", "周*宁")


async def test_both_sides_hear_each_other_in_order(server, conversation, cookies):
    async with phone(server.port, cookies["mei"]) as mei, phone(server.port, cookies["bo"]) as bo:
        assert (await mei.until("hello"))["name"] == "周小宁"
        await on(mei, conversation)
        await on(bo, conversation)
        await mei.say(**text(conversation, "坏了一半"))
        assert (await mei.until("ack"))["seq"] == 1
        heard = await bo.until("message")
        assert (heard["seq"], heard["body"], heard["author"]["kind"]) == (1, "坏了一半", "member")
        await bo.say(**text(conversation, "我来办"))
        assert (await mei.until("message", seq=2))["author"] == {"kind": "agent", "name": "许青禾"}


async def test_a_retry_is_answered_with_the_first_number(server, conversation, cookies):
    async with phone(server.port, cookies["mei"]) as mei:
        once = text(conversation)
        await mei.say(**once)
        first = await mei.until("ack")
        await mei.say(**once)
        again = await mei.until("ack")
    assert (again["seq"], again["duplicate"], again["at"]) == (first["seq"], True, first["at"])


async def test_after_a_break_exactly_what_was_missed_comes(server, conversation, cookies):
    async with phone(server.port, cookies["mei"]) as mei:
        for n in range(5):
            await mei.say(**text(conversation, f"第{n}句"))
        for _ in range(5):
            await mei.until("ack")
    async with phone(server.port, cookies["bo"]) as bo:
        assert (await on(bo, conversation, after=3))["last_seq"] == 5
        assert [(await bo.until("message"))["seq"] for _ in range(2)] == [4, 5]
        assert await bo.silent()


async def test_sync_brings_what_the_bus_lost(server, conversation, cookies):
    async with phone(server.port, cookies["bo"]) as bo, phone(server.port, cookies["mei"]) as mei:
        await on(bo, conversation)
        await mei.say(**text(conversation))
        await bo.until("message")
        await bo.say(op="sync", conversations={conversation.public_key: 0})
        assert (await bo.until("message"))["seq"] == 1
        assert (await bo.until("synced"))["conversations"] == {conversation.public_key: 1}


async def test_a_sync_after_a_long_silence_goes_on_until_all_is_there(
    server, conversation, cookies
):
    await sync_to_async(
        lambda: [
            post_message(conversation, by=conversation.owner, author_kind="agent", body=f"{n}")
            for n in range(230)
        ]
    )()
    async with phone(server.port, cookies["bo"]) as bo:
        await on(bo, conversation, after=230)
        heard = 0
        while heard < 230:
            await bo.say(op="sync", conversations={conversation.public_key: heard})
            before = heard
            for _ in range(min(200, 230 - heard)):
                heard += 1
                assert (await bo.until("message"))["seq"] == heard
            assert (await bo.until("synced"))["conversations"] == {conversation.public_key: 230}
            assert heard > before
        assert await bo.silent()


async def test_two_processes_are_one_house(server, conversation, cookies):
    other = await sync_to_async(LiveProcess().start)()
    try:
        async with (
            phone(server.port, cookies["mei"]) as mei,
            phone(other.port, cookies["bo"]) as bo,
        ):
            await on(mei, conversation)
            await on(bo, conversation)
            for n in range(20):
                await mei.say(**text(conversation, f"{n}" + "长" * (3000 if n == 7 else 1)))
            assert [(await bo.until("message"))["seq"] for _ in range(20)] == list(range(1, 21))
            await bo.say(op="typing", conversation=conversation.public_key)
            assert (await mei.until("typing"))["author"]["kind"] == "agent"
    finally:
        await sync_to_async(other.stop)()


async def test_a_stranger_hears_and_says_nothing(server, conversation, cookies):
    async with (
        phone(server.port, cookies["chen"]) as chen,
        phone(server.port, cookies["mei"]) as mei,
    ):
        await on(mei, conversation)
        for frame in (
            {"op": "subscribe", "topic": topic(conversation)},
            {"op": "subscribe", "topic": f"notes:{conversation.public_key}"},
            text(conversation),
            {"op": "read", "conversation": conversation.public_key, "seq": 1},
            {"op": "typing", "conversation": conversation.public_key},
            {"op": "recall", "conversation": conversation.public_key, "seq": 1},
            {"op": "queue", "conversation": conversation.public_key},
            {"op": "viewing", "conversation": conversation.public_key, "state": "viewing"},
        ):
            await chen.say(**frame)
            assert (await chen.until("error"))["code"] == "not_found"
        await chen.say(op="sync", conversations={conversation.public_key: 0})
        assert (await chen.until("synced"))["conversations"] == {}
        assert await mei.silent()
    assert not await Message.objects.filter(conversation=conversation).aexists()


async def test_notes_are_heard_by_staff_alone(server, conversation, cookies, bo):
    async with phone(server.port, cookies["lin"]) as lin, phone(server.port, cookies["mei"]) as mei:
        await lin.say(op="subscribe", topic=f"notes:{conversation.public_key}")
        await lin.until("subscribed")
        await mei.say(op="subscribe", topic=f"notes:{conversation.public_key}")
        assert (await mei.until("error"))["code"] == "not_found"
        await on(mei, conversation)
        await lin.say(op="viewing", conversation=conversation.public_key, state="typing")
        assert (await lin.until("viewing"))["user"]["name"] == "陆遥"
        assert await mei.silent()


async def test_receipts_reach_the_other_side(server, conversation, cookies):
    async with phone(server.port, cookies["mei"]) as mei, phone(server.port, cookies["bo"]) as bo:
        await on(mei, conversation)
        await on(bo, conversation)
        await mei.say(**text(conversation))
        await bo.until("message")
        await bo.say(op="read", conversation=conversation.public_key, seq=1)
        assert (await mei.until("read"))["side"] == "staff"
    refreshed = await Conversation.objects.aget(pk=conversation.pk)
    assert (refreshed.staff_read_seq, refreshed.staff_unread) == (1, 0)


async def test_a_colleague_reading_along_is_no_receipt(server, conversation, cookies):
    async with phone(server.port, cookies["mei"]) as mei, phone(server.port, cookies["lin"]) as lin:
        await on(mei, conversation)
        await on(lin, conversation)
        await mei.say(**text(conversation))
        await mei.until("ack")
        await lin.say(op="read", conversation=conversation.public_key, seq=1)
        assert await mei.silent()


async def test_a_recalled_message_loses_its_words_everywhere(server, conversation, cookies):
    async with phone(server.port, cookies["mei"]) as mei, phone(server.port, cookies["bo"]) as bo:
        await on(mei, conversation)
        await on(bo, conversation)
        await mei.say(**text(conversation, "我的密码是1234"))
        await mei.until("ack")
        await bo.say(op="recall", conversation=conversation.public_key, seq=1)
        assert (await bo.until("error"))["code"] == "recall.not_author"
        await mei.say(op="recall", conversation=conversation.public_key, seq=1)
        assert (await bo.until("recalled"))["seq"] == 1
    async with phone(server.port, cookies["bo"]) as bo:
        await on(bo, conversation)
        again = await bo.until("message")
        assert (again["body"], again["recalled"]) == ("", True)


async def test_a_closed_account_is_cut_off_at_once(server, conversation, cookies, bo, ops):
    async with phone(server.port, cookies["bo"]) as socket:
        await on(socket, conversation)
        await sync_to_async(close_account)(bo, by=ops, reason="离职")
        with pytest.raises(ConnectionClosed) as closed:
            await socket.until("never")
        assert closed.value.rcvd.code == 4401


async def test_signing_out_closes_the_sockets_of_that_session(server, conversation, cookies, bo):
    elsewhere = await sync_to_async(cookie_of)(bo)
    async with phone(server.port, cookies["bo"]) as here, phone(server.port, elsewhere) as there:
        await here.until("hello")
        browser = Client()
        browser.cookies["sessionid"] = cookies["bo"].partition("=")[2]
        await sync_to_async(browser.post)("/sign-out/")
        with pytest.raises(ConnectionClosed) as closed:
            await here.until("never")
        assert closed.value.rcvd.code == 4401
        await there.say(op="ping")
        assert await there.until("pong")


async def test_nobody_comes_in_without_signing_in(server, conversation):
    async with phone(server.port, "sessionid=forged") as stranger:
        with pytest.raises(ConnectionClosed) as closed:
            await stranger.next()
    assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1.evil.example"])
async def test_a_foreign_page_is_refused_at_the_door(server, cookies, origin):
    with pytest.raises(InvalidStatus) as refused:
        async with phone(server.port, cookies["mei"], Origin=origin):
            pass
    assert refused.value.response.status_code == 403


HOSTILE = {
    "not json": ("{", "bad_json"),
    "empty": ("", "bad_json"),
    "a number": ("7", "bad_frame"),
    "a list": ("[]", "bad_frame"),
    "null": ("null", "bad_frame"),
    "no op": ("{}", "bad_frame"),
    "op of the wrong kind": ('{"op": {"a": 1}}', "bad_frame"),
    "unknown op": ('{"op": "drop_tables"}', "unknown_op"),
    "a private name": ('{"op": "__class__"}', "unknown_op"),
    "deep": ('{"op":"send","payload":' + "[" * 3000 + "]" * 3000 + "}", "bad_json"),
    "no conversation": ('{"op": "send", "body": "x"}', "bad_frame"),
    "a huge number": ('{"op": "read", "conversation": "x", "seq": 1e999}', "bad_json"),
    "a lone surrogate": ('{"op": "subscribe", "topic": "\\ud800"}', "bad_json"),
    "too large": ('{"op": "send", "body": "' + "x" * 70_000 + '"}', "too_large"),
    "a topic nobody has": ('{"op": "subscribe", "topic": "secrets:1"}', "not_found"),
}


async def test_hostile_frames_get_a_code_and_the_socket_lives(server, conversation, cookies):
    async with phone(server.port, cookies["mei"]) as mei:
        await mei.until("hello")
        for name, (raw, code) in HOSTILE.items():
            await mei.socket.send(raw)
            assert (await mei.until("error"))["code"] == code, name
        await mei.socket.send(b"\x00\x01")
        assert (await mei.until("error"))["code"] == "bad_frame"
        for body in ("a\x00b", "   ", "好" * 4001):
            await mei.say(**text(conversation, body))
            assert (await mei.until("error"))["client_id"]
        await mei.say(**text(conversation, "还在"))
        assert (await mei.until("ack"))["seq"] == 1
    assert await Message.objects.filter(conversation=conversation).acount() == 1


async def test_too_fast_is_told_when_to_go_on(server, conversation, cookies):
    async with phone(server.port, cookies["mei"]) as mei:
        for n in range(30):
            await mei.say(**text(conversation, str(n)))
        refused = await mei.until("error")
    assert refused["code"] == "too_fast"
    assert refused["retry_ms"] > 0


async def test_a_note_never_enters_the_messages(server, conversation, cookies, bo):
    await Note.objects.acreate(
        conversation=conversation,
        after_seq=0,
        author=bo,
        body="客人在气头上",
        written_at=timezone.now(),
    )
    async with phone(server.port, cookies["mei"]) as mei:
        await on(mei, conversation)
        await mei.say(op="sync", conversations={conversation.public_key: 0})
        assert (await mei.until("synced"))["conversations"][conversation.public_key] == 0
