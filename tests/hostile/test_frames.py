"""Whatever is said on a socket: answered, refused with a code, or the end of that socket; the others live on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import yaml
from asgiref.sync import sync_to_async
from websockets.exceptions import ConnectionClosed

from tests.hostile.corpus import BODIES, KINDS, TEXTS, of_json
from tests.hostile.schemas import Path as Place
from tests.hostile.schemas import with_value
from tests.tickets.casts import answered
from tests.tickets.live import ROOT, LiveProcess, Phone, cookie_of, phone
from tickets.consumers.base import BAD_FRAMES_A_MINUTE
from tickets.consumers.frames import FRAME_BYTES
from tickets.consumers.operations import OPS
from tickets.models import Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

DESCRIPTION = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text("utf-8"))
MESSAGES = DESCRIPTION["components"]["messages"]
CLOSED = {int(code) for code in DESCRIPTION["channels"]["socket"]["x-close-codes"]}
OF_THE_PROTOCOL = 1009
"""A frame of more than a megabyte never reaches us: the protocol's own code ends the socket."""


@pytest.fixture(scope="module")
def server(django_db_setup: Any, tmp_path_factory: Any) -> Iterator[LiveProcess]:
    process = LiveProcess(log=tmp_path_factory.mktemp("live") / "live.log").start()
    yield process
    process.stop()


@pytest.fixture
def talk(mei, bo, team):
    return answered(mei.member, team, bo)


@pytest.fixture
def cookies(mei, bo):
    return {user.username: cookie_of(user) for user in (mei, bo)}


@pytest.fixture
def quiet(server) -> Iterator[None]:
    """No failure of ours may be written down while a test goes on."""
    log: Path = server.log
    before = log.stat().st_size
    yield
    said = log.read_bytes()[before:].decode("utf-8", "replace")
    assert "Traceback" not in said, said[-3_000:]


def frames_of(op: str, conversation: str) -> Iterator[dict[str, Any]]:
    """Yield each example of an operation that the description has, about ``conversation``."""
    for message in MESSAGES.values():
        for example in message["examples"]:
            frame = example["payload"]
            if frame.get("op") != op:
                continue
            text = orjson.dumps(frame).decode()
            for key in _keys_in(frame):
                text = text.replace(key, conversation)
            yield orjson.loads(text)


def _keys_in(thing: Any) -> set[str]:
    """Return the conversations that an example names."""
    words = orjson.dumps(thing).decode().replace(":", '"').split('"')
    return {word for word in words if word.startswith("cnv_")}


def spots(frame: Any, before: Place = ()) -> Iterator[Place]:
    """Yield each place of a frame, nested ones included."""
    for name, inner in frame.items():
        yield (*before, name)
        if isinstance(inner, dict):
            yield from spots(inner, (*before, name))


def crooked(op: str, conversation: str) -> Iterator[tuple[str, str]]:
    """Yield frames of an operation with something of another kind in each place, and without the place."""
    for number, frame in enumerate(frames_of(op, conversation)):
        for place in spots(frame):
            if place == ("op",) and op != "ping":
                continue  # the same for every operation
            for what, given in KINDS.items():
                if op == "send" and place == ("body",) and what in ("a text", "a number as text"):
                    continue
                crooked = with_value(frame, place, given)
                yield f"{op} {number} {place} {what}", of_json(crooked).decode()
        for name in frame:
            yield (
                f"{op} {number} no {name}",
                of_json({k: v for k, v in frame.items() if k != name}).decode(),
            )
        yield f"{op} {number} more", of_json(frame | {"__class__": 1, "id": 2**53}).decode()


async def after(client: Phone, raw: str | bytes) -> list[dict[str, Any]]:
    """Send a frame and return what is told up to the answer to a ping sent after it."""
    mark = str(uuid4())
    await client.socket.send(raw)
    await client.say(op="ping", id=mark)
    told = []
    while (one := await client.next())["op"] != "pong" or one.get("id") != mark:
        told.append(one)
    return told


@contextlib.asynccontextmanager
async def listening(server: LiveProcess, cookie: str, conversation: str) -> AsyncIterator[Phone]:
    async with phone(server.port, cookie) as client:
        await client.until("hello")
        for kind in ("conversation", "notes"):
            await client.say(op="subscribe", topic=f"{kind}:{conversation}", after=0)
        await after(client, '{"op": "ping"}')
        yield client


async def all_answered(
    server: LiveProcess, cookie: str, conversation: str, said: list[tuple[str, str | bytes]]
) -> tuple[list[str], int]:
    """Say everything, some on each socket; return what went wrong and how much was refused."""
    wrong, refused = [], 0
    for start in range(0, len(said), BAD_FRAMES_A_MINUTE - 10):
        async with listening(server, cookie, conversation) as client:
            for what, raw in said[start : start + BAD_FRAMES_A_MINUTE - 10]:
                try:
                    told = await after(client, raw)
                except ConnectionClosed:
                    wrong.append(f"{what}: closed with {client.socket.close_code}")
                    break
                for one in told:
                    if one["op"] != "error":
                        continue
                    refused += 1
                    if not one["code"] or one["code"] == "internal" or not one["message"]:
                        wrong.append(f"{what}: {one['code']}")
    return wrong, refused


async def still_talking(client: Phone, conversation: str) -> None:
    """Say something and have it acknowledged."""
    key = str(uuid4())
    await client.say(op="send", conversation=conversation, client_id=key, body="还在吗")
    assert (await client.until("ack"))["client_id"] == key


async def end_of(client: Phone, flood: list[str | bytes]) -> int | None:
    """Say everything without listening; return the code that the socket is closed with."""
    with contextlib.suppress(ConnectionClosed):
        for raw in flood:
            await client.socket.send(raw)
        while True:
            await client.next()
    return client.socket.close_code


@pytest.mark.parametrize("op", sorted(OPS))
async def test_every_field_of_every_operation(op, server, talk, cookies, quiet):
    key = talk.public_key
    assert list(frames_of(op, key)), "the description has an example of each operation"
    said = list(crooked(op, key))
    for who in ("mei", "bo"):
        wrong, _refused = await all_answered(server, cookies[who], key, said)
        assert wrong == []
    async with listening(server, cookies["mei"], key) as mei:
        await still_talking(mei, key)


async def test_what_is_no_frame(server, talk, cookies, quiet):
    key = talk.public_key
    texts = {what: one.decode("utf-8", "replace") for what, one in BODIES.items()}
    texts |= {what: one.encode("utf-8", "replace").decode() for what, one in TEXTS.items()}
    half = of_json(next(frames_of("send", key))).decode()
    texts |= {f"the first {n} of a frame": half[:n] for n in range(0, len(half), 7)}
    said: list[tuple[str, str | bytes]] = list(texts.items())
    said += [(f"{what} in bytes", one.encode()) for what, one in texts.items()]
    said += [("one too many", "x" * (FRAME_BYTES + 1)), ("a megabyte", "x" * 1_000_000)]
    wrong, refused = await all_answered(server, cookies["mei"], key, said)
    assert wrong == []
    assert refused == len(said)


async def test_who_says_nonsense_before_hello_is_sent_away(server, db, quiet):
    ends = {}
    raws: dict[str, str | bytes] = {**BODIES}
    raws |= {what: of_json({"op": "hello", "ticket": one}).decode() for what, one in KINDS.items()}
    raws |= {what: of_json({"op": "hello", "ticket": "x", "language": one}).decode()
             for what, one in KINDS.items()}  # fmt: skip
    for what, raw in raws.items():
        async with phone(server.port, "") as stranger:
            await stranger.socket.send(raw)
            ends[what] = await end_of(stranger, [])
    assert set(ends.values()) <= {4401, 1013}, ends


async def test_who_floods_goes_and_nobody_else_notices(server, talk, cookies, quiet):
    key = talk.public_key
    async with listening(server, cookies["bo"], key) as bo:
        ends = []
        for flood in (["{"] * 400, [b"\0" * 50_000] * 200, ["x" * 60_000] * 200, ["x" * 1_100_000]):
            async with listening(server, cookies["mei"], key) as mei:
                ends.append(await end_of(mei, flood))
            await asyncio.wait_for(still_talking(bo, key), 5)
        assert ends == [4429, 4429, 4429, OF_THE_PROTOCOL]
        assert set(ends) - {OF_THE_PROTOCOL} <= CLOSED
        # What is well-formed may be said as fast as one likes; what costs something has its measure.
        async with listening(server, cookies["mei"], key) as mei:
            for number in range(300):
                await mei.say(op="send", conversation=key, client_id=str(uuid4()), body=str(number))
                await mei.say(op="typing", conversation=key)
                await mei.say(op="sync", conversations={key: 0})
            await asyncio.wait_for(still_talking(bo, key), 10)
    kept = await sync_to_async(Message.objects.filter(conversation=talk).count)()
    assert kept < 100
