"""The bus, the writer's bounds, and readers that do not read."""

import asyncio
import shutil
import socket
import subprocess
import uuid

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from common.hub import Hub
from common.layer import INLINE_BYTES, RESYNC, PostgresChannelLayer, conninfo
from common.models import BusPayload
from common.parameters import set_value
from common.push import push
from tests.tickets.live import LiveProcess, cookie_of, free_port, phone
from tickets import writer as writing
from tickets.actions.posting import draft
from tickets.live import REFRESH_SECONDS
from tickets.models import Conversation, Message
from tickets.writer import Busy, Writer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
async def layers():
    pair = PostgresChannelLayer(), PostgresChannelLayer()
    for layer in pair:
        await layer.listening()
    yield pair
    for layer in pair:
        await layer.close()


async def test_a_group_is_heard_once_by_each_member_in_every_process(layers):
    here, there = layers
    names = [await here.new_channel(), await there.new_channel(), await there.new_channel()]
    for layer, name in zip((here, there, there), names, strict=True):
        await layer.group_add("g", name)
    for n in range(50):
        await here.group_send("g", {"type": "x", "n": n})
    for layer, name in zip((here, there, there), names, strict=True):
        heard = [(await asyncio.wait_for(layer.receive(name), 5))["n"] for _ in range(50)]
        assert heard == list(range(50))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(layer.receive(name), 0.1)


async def test_a_message_too_large_for_a_notification_goes_by_reference(layers):
    here, there = layers
    name = await there.new_channel()
    await there.group_add("g", name)
    body = "长" * INLINE_BYTES
    await here.group_send("g", {"type": "x", "body": body})
    assert (await asyncio.wait_for(there.receive(name), 5))["body"] == body
    assert await BusPayload.objects.acount() == 1


async def test_whoever_was_cut_off_is_told_to_sync(layers):
    here, there = layers
    heard: asyncio.Queue = asyncio.Queue()
    there.tap(lambda group, message: heard.put_nowait(group))
    async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as conn:
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%%' AND pid <> pg_backend_pid()"
        )
    assert await asyncio.wait_for(heard.get(), 5) == RESYNC
    await here.group_send("g", {"type": "x"})
    assert await asyncio.wait_for(heard.get(), 5) == "g"


async def test_a_push_leaves_after_the_commit_and_not_at_all_after_a_rollback(layers):
    _here, there = layers
    name = await there.new_channel()
    await there.group_add("user.1", name)
    await sync_to_async(push)("user.1", "case.selected", case=7)
    heard = await asyncio.wait_for(there.receive(name), 5)
    assert (heard["event"], heard["ids"]) == ("case.selected", {"case": "7"})


async def test_own_connections_are_as_safe_as_djangos(monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "sslmode", "verify-full")
    known = psycopg.conninfo.conninfo_to_dict(conninfo())
    assert known["sslmode"] == "verify-full"
    assert known["dbname"] == connection.settings_dict["NAME"]
    assert "options" not in known


async def test_strange_notifications_make_nobody_deaf(layers):
    here, there = layers
    name = await there.new_channel()
    await there.group_add("g", name)
    async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as conn:
        for strange in ("", "@nobody", "{", "[]", '["g"]', '["g", 7]', '[["g"], {}]', "null"):
            await conn.execute("SELECT pg_notify('xiaoer_bus', %s)", [strange])
    await here.group_send("g", {"type": "x", "n": 1})
    assert (await asyncio.wait_for(there.receive(name), 10))["n"] == 1


async def test_a_full_writer_answers_busy_and_loses_nothing(conversation, mei, monkeypatch):
    monkeypatch.setattr(writing, "QUEUE_LIMIT", 3)
    writer, answers = Writer(Hub(), reopened=lambda _key: None), []

    def say() -> None:
        one = draft(conversation.pk, by=mei, author_kind="member", body="在吗", max_chars=100)
        writer.submit(one, answers.append)

    for _ in range(3):
        say()
    with pytest.raises(Busy) as busy:
        say()
    assert busy.value.details["retry_ms"] > 0
    writer.start()
    await writer.stop()
    assert [answer["op"] for answer in answers] == ["ack"] * 3
    assert await Message.objects.acount() == 3


async def test_a_message_the_database_refuses_spoils_no_other(conversation, mei):
    writer, answers = Writer(Hub(), reopened=lambda _key: None), []
    good = draft(conversation.pk, by=mei, author_kind="member", body="在吗", max_chars=100)
    poison = draft(conversation.pk, by=mei, author_kind="member", body="在吗", max_chars=100)
    object.__setattr__(poison, "payload", "{not json")
    for one in (
        good,
        poison,
        draft(conversation.pk, by=mei, author_kind="member", body="还在吗", max_chars=100),
    ):
        writer.submit(one, answers.append)
    writer.start()
    await writer.stop()
    assert sorted(answer["op"] for answer in answers) == ["ack", "ack", "error"]
    assert [m.body async for m in Message.objects.order_by("seq")] == ["在吗", "还在吗"]


@pytest.fixture(scope="module")
def server(django_db_setup):
    process = LiveProcess().start()
    yield process
    process.stop()


async def test_a_reader_that_does_not_read_is_dropped_and_resumes(server, conversation, mei, bo):
    for limit in ("chat.socket_rate", "chat.socket_burst"):
        await sync_to_async(set_value)(limit, 100_000, by=None, reason="a fast talker")
    cookies = await sync_to_async(cookie_of)(mei), await sync_to_async(cookie_of)(bo)
    await asyncio.sleep(REFRESH_SECONDS + 0.5)
    deaf = deaf_socket(server.port, cookies[1], conversation)
    count, size = 600, 3 * 3900
    async with phone(server.port, cookies[0]) as talker:
        for start in range(0, count, 50):
            for _ in range(50):
                await talker.say(
                    op="send",
                    conversation=conversation.public_key,
                    client_id=str(uuid.uuid4()),
                    body="长" * 3900,
                )
            await talker.until("ack", seq=start + 50, timeout=20)
    assert len(await asyncio.to_thread(read_to_end, deaf)) < count * size
    async with phone(server.port, cookies[1]) as back:
        await back.say(op="subscribe", topic=f"conversation:{conversation.public_key}", after=0)
        heard = [(await back.until("message", timeout=20))["seq"] for _ in range(count)]
    assert heard == list(range(1, count + 1))


def deaf_socket(port: int, cookie: str, conversation: Conversation) -> socket.socket:
    """Open a socket with the smallest buffer, listen to the conversation, and read nothing."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", port))
    deaf.sendall(
        f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Cookie: {cookie}\r\n\r\n".encode()
    )
    deaf.recv(4096)
    subscribe = f'{{"op":"subscribe","topic":"conversation:{conversation.pk}","after":0}}'.encode()
    deaf.sendall(b"\x81" + bytes([0x80 | len(subscribe)]) + b"\0\0\0\0" + subscribe)
    return deaf


def read_to_end(deaf: socket.socket) -> bytes:
    """Read what still comes; the server has closed its side."""
    deaf.settimeout(20)
    pieces = []
    while piece := deaf.recv(65_536):
        pieces.append(piece)
    deaf.close()
    return b"".join(pieces)


@pytest.fixture
def redis_url():
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server on PATH; on Debian: apt-get install redis-server")
    port = free_port()
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait()


async def test_with_redis_two_processes_are_one_house_too(redis_url, conversation, mei, bo):
    cookies = await sync_to_async(cookie_of)(mei), await sync_to_async(cookie_of)(bo)
    first, second = [
        await sync_to_async(LiveProcess(REDIS_URL=redis_url).start)() for _ in range(2)
    ]
    try:
        async with phone(first.port, cookies[0]) as one, phone(second.port, cookies[1]) as other:
            for line in (one, other):
                await line.say(
                    op="subscribe", topic=f"conversation:{conversation.public_key}", after=0
                )
                await line.until("subscribed")
            for n in range(10):
                await one.say(
                    op="send",
                    conversation=conversation.public_key,
                    client_id=str(uuid.uuid4()),
                    body=str(n),
                )
            assert [(await other.until("message"))["seq"] for _ in range(10)] == list(range(1, 11))
            await other.say(op="read", conversation=conversation.public_key, seq=10)
            assert (await one.until("read"))["side"] == "staff"
    finally:
        await sync_to_async(first.stop)()
        await sync_to_async(second.stop)()
