"""What breaks for one person's message breaks nobody else's: writer, reader and socket go on."""

import asyncio
import json
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from accounts.actions import user_topic
from common.hub import Hub
from tickets import reader as reading
from tickets.actions.posting import draft, post_message
from tickets.consumers.base import TRY_LATER
from tickets.consumers.identity import Arrival, arrival_by, identity_of
from tickets.consumers.socket import ClientSocket
from tickets.consumers.subscriptions import Subscription
from tickets.reader import Page, Reader
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


async def test_what_a_client_has_by_now_is_not_masked_again(conversation, pat, monkeypatch):
    """What was said while a partner's person catches up waits, and is in the missed pages as well."""
    asked, sent = [], []

    async def mask(_function, _conversation, frames):
        asked.append(frames)
        return [frame.upper() for frame in frames]

    socket = ClientSocket()
    socket.user = identity_of(pat)
    monkeypatch.setattr(socket.live, "in_pool", mask)
    monkeypatch.setattr(socket, "offer", sent.append)
    subscription = Subscription(
        socket, "conversation:x", "conversation.x", conversation=conversation.pk, side="staff"
    )
    subscription.held = [(2, b"two"), (None, b"typing"), (3, b"three"), (4, b"four"), (4, b"four")]
    await subscription.hand_over(Page([(1, b"one"), (2, b"two"), (3, b"three")], {}))
    assert asked == [[b"one", b"two", b"three"], [b"typing", b"four"]]
    assert sent == [b"ONE", b"TWO", b"THREE", b"TYPING", b"FOUR"]


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


class Questions:
    """A pool whose questions are answered when, and in the order in which, the test says."""

    def __init__(self):
        self.open = []

    async def ask(self, function, *_args):
        answer = asyncio.get_running_loop().create_future()
        self.open.append((function, answer))
        return await answer

    async def answer(self, place, user):
        function, answer = self.open.pop(place)
        assert function is arrival_by
        answer.set_result(Arrival(user, "session", None))
        await asyncio.sleep(0)


@pytest.fixture
async def asked(monkeypatch):
    async def send(message):
        sent.append(message["text"])

    questions, sent = Questions(), []
    socket = ClientSocket()
    socket.base_send = send
    monkeypatch.setattr(socket.live, "in_pool", questions.ask)
    return socket, questions, sent


async def test_an_answer_from_before_a_change_does_not_settle_the_change(asked, bo, mei):
    socket, questions, sent = asked
    socket.user = identity_of(bo)
    socket.ask_again()
    frame = asyncio.ensure_future(socket.websocket_receive({"text": '{"op": "ping"}'}))
    while len(questions.open) < 2:
        await asyncio.sleep(0)
    await questions.answer(0, bo)
    # Rights change while the frame still waits for an answer that was read before.
    socket.ask_again()
    await asyncio.sleep(0)
    await questions.answer(0, bo)
    await asyncio.sleep(0)
    socket.hear(user_topic(mei), None, b'{"op":"event"}')
    await asyncio.sleep(0)
    assert (sent, frame.done()) == ([], False)
    for _question in range(2):
        await questions.answer(0, mei)
    await frame
    await asyncio.sleep(0)
    assert socket.user == identity_of(mei)
    assert [json.loads(told)["op"] for told in sent] == ["event", "pong"]


async def test_a_late_answer_does_not_bring_old_rights_back(asked, bo, mei):
    socket, questions, _sent = asked
    socket.user = identity_of(bo)
    for _change in range(2):
        socket.ask_again()
        await asyncio.sleep(0)
    await questions.answer(1, mei)
    await questions.answer(0, bo)
    assert socket.user == identity_of(mei)


async def test_a_topic_closed_while_its_frames_were_on_their_way_is_heard_no_more(
    asked, conversation, pat, monkeypatch
):
    socket, _questions, sent = asked
    socket.user = identity_of(pat)
    monkeypatch.setattr(socket, "offer", sent.append)
    topic = f"conversation.{conversation.pk}"
    subscription = Subscription(
        socket, f"conversation:{conversation.public_key}", topic,
        conversation=conversation.pk, side="member",
    )  # fmt: skip
    socket.subscriptions[topic] = subscription
    socket.hear(topic, None, b"before")
    subscription.held = []
    subscription.hear(1, b"held back while the missed ones were read")
    del socket.subscriptions[topic]
    subscription.end()
    socket.hear(topic, 2, b"on its way")
    await subscription.hand_over(Page([(1, b"missed")], {}))
    socket.hear(user_topic(pat), None, b"of oneself")
    assert sent == [b"before", b"of oneself"]
