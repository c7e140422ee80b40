"""What breaks for one person's message breaks nobody else's: writer, reader and socket go on."""

import asyncio
import json
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from common.hub import Hub
from tickets import reader as reading
from tickets.actions.posting import draft, post_message
from tickets.consumers.identity import identity_of
from tickets.consumers.socket import TRY_LATER, ClientSocket
from tickets.consumers.subscriptions import Subscription
from tickets.reader import Reader
from tickets.writer import Writer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
async def reader():
    reader = Reader()
    reader.start()
    yield reader
    await reader.stop()


async def test_a_row_that_cannot_be_told_fails_its_askers_and_not_the_reader(
    reader, conversation, mei, monkeypatch
):
    await sync_to_async(post_message)(conversation, by=mei, author_kind="member", body="在吗")

    def broken(row):
        raise ValueError("a payload nobody foresaw")

    with monkeypatch.context() as patched:
        patched.setattr(reading, "stored_frame", broken)
        with pytest.raises(ValueError, match="foresaw"):
            await asyncio.wait_for(reader.after(conversation.pk, 0), 10)
    page = await asyncio.wait_for(reader.after(conversation.pk, 0), 10)
    assert [seq for seq, _frame in page.messages] == [1]


async def test_a_batch_that_cannot_be_told_leaves_the_writer_writing(
    conversation, mei, monkeypatch
):
    hub, answers, answered = Hub(), [], asyncio.Event()
    writer = Writer(hub, reopened=lambda _key: None)
    writer.start()

    def answer(frame):
        answers.append(frame)
        answered.set()

    def say(client_id):
        writer.submit(
            draft(
                conversation.pk,
                by=mei,
                author_kind="member",
                body="在吗",
                client_id=client_id,
                max_chars=100,
            ),
            answer,
        )

    def broken(*_args):
        raise ValueError("a listener nobody foresaw")

    key = uuid.uuid4()
    with monkeypatch.context() as patched:
        seen = asyncio.Event()
        patched.setattr(hub, "listened", lambda topic: seen.set() or broken())
        say(key)
        await asyncio.wait_for(seen.wait(), 10)
    assert answers == []
    # The client heard nothing and sends again with the same id: it was stored once.
    say(key)
    await asyncio.wait_for(answered.wait(), 10)
    await writer.stop()
    assert [(a["op"], a["seq"], a["duplicate"]) for a in answers] == [("ack", 1, True)]


async def test_a_socket_that_cannot_catch_up_is_closed_and_not_deaf(conversation, monkeypatch):
    closed = []

    async def send(message):
        closed.append((message["type"], message.get("code")))

    async def away(_conversation, _seq):
        raise ValueError("nothing to read from")

    socket = ClientSocket()
    socket.base_send = send
    monkeypatch.setattr(socket.live.reader, "after", away)
    subscription = Subscription(
        socket, "conversation:x", "conversation.x", conversation=conversation.pk, side="member"
    )
    subscription.hear(1, b'{"seq":1}')
    subscription.hear(5, b'{"seq":5}')
    await asyncio.sleep(0)
    while not socket.closed:
        await asyncio.sleep(0)
    await socket.flusher
    assert closed[-1] == ("websocket.close", TRY_LATER)


async def test_a_topic_that_cannot_be_asked_for_closes_the_socket_so_that_it_comes_back(
    conversation, monkeypatch, mei
):
    closed = []

    async def send(message):
        closed.append((message["type"], message.get("code")))

    async def away(*_args):
        raise OperationalError("the database is away")

    socket = ClientSocket()
    socket.base_send, socket.user = send, identity_of(mei)
    monkeypatch.setattr(socket.live, "in_pool", away)
    frame = {"op": "subscribe", "topic": f"conversation:{conversation.public_key}"}
    await socket.websocket_receive({"text": json.dumps(frame)})
    await socket.flusher
    assert closed == [("websocket.close", TRY_LATER)]
