"""What is said about the socket is true: the description is valid, complete, and its walk happens."""

import copy
import gzip
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from asgiref.sync import sync_to_async
from django.utils import timezone
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from websockets.exceptions import ConnectionClosed

from accounts.actions import issue_socket_ticket, sign_in_device
from config.openapi.refusals import OWN
from tests.tickets.live import LiveProcess, cookie_of, phone
from tickets.actions.ownership import accept_conversation
from tickets.consumers import base, frames
from tickets.consumers.operations import OPS
from tickets.models import Conversation

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DESCRIPTION = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text("utf-8"))
MESSAGES = DESCRIPTION["components"]["messages"]
EXAMPLES = {
    example["name"]: (name, example["payload"])
    for name, message in MESSAGES.items()
    for example in message["examples"]
}
CLIENT = ("hello", "subscribe", "unsubscribe", "send", "receipt", "typing", "viewing", "recall",
          "queue", "sync", "ping")  # fmt: skip
# Moments and guesses differ from run to run; their form is in the schemas.
VOLATILE = {"at", "now", "wait_seconds", "user", "message"}


def validator(message: str) -> Draft202012Validator:
    schema = {
        "$ref": f"#/components/messages/{message}/payload",
        "components": DESCRIPTION["components"],
    }
    return Draft202012Validator(schema, format_checker=FormatChecker())


def ops_of(message: str) -> set[str]:
    op = MESSAGES[message]["payload"]["properties"]["op"]
    return {op["const"]} if "const" in op else set(op["enum"])


def test_the_description_is_valid_asyncapi():
    official = json.loads(gzip.decompress((HERE / "asyncapi-3.0.0.json.gz").read_bytes()))
    assert [error.message for error in Draft7Validator(official).iter_errors(DESCRIPTION)] == []


def test_a_wrong_description_would_be_noticed():
    official = json.loads(gzip.decompress((HERE / "asyncapi-3.0.0.json.gz").read_bytes()))
    wrong = copy.deepcopy(DESCRIPTION)
    wrong["operations"]["say"]["action"] = "shout"
    assert list(Draft7Validator(official).iter_errors(wrong))


def test_every_op_of_the_server_is_described_and_no_other():
    assert set().union(*map(ops_of, CLIENT)) == set(OPS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_what_its_schema_says(name):
    message, payload = EXAMPLES[name]
    assert [error.message for error in validator(message).iter_errors(payload)] == []


def test_every_example_is_walked():
    walked = set()
    for step in DESCRIPTION["x-walk"]:
        walked |= {step.get("says"), *step.get("hears", [])}
        for heard in step.get("heard_by", {}).values():
            walked |= set(heard)
    # The bus does not break on request: tests/tickets/test_bus.py breaks it. A ticket works once:
    # the walk ends with one of its own.
    assert set(EXAMPLES) - walked == {"resync", "helloWithTicket"}


def said_by(*folders: str, pattern: str) -> set[str]:
    """Return what the code of ``folders`` says where ``pattern`` has its group."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {found[1] for file in files for found in re.finditer(pattern, file.read_text("utf-8"))}


def test_every_code_of_the_socket_is_described():
    described = set(MESSAGES["error"]["payload"]["properties"]["code"]["examples"])
    said = said_by("tickets/consumers", pattern=r'(?:Refused|_refuse)\(\s*(?:frame, )?"([a-z_]+)"')
    said |= set(frames.BAD_FRAME_CODES) | {"internal", "busy"}
    asked = (
        OWN["postMessage"][409] + OWN["recallMessage"][409] + ("message.unknown_kind", "not_found")
    )
    assert described == said | set(asked)


def test_every_event_is_described():
    inside = r'[^()"]|\([^()]*\)|f"[^"]*"'
    calls = r"\b(?:push|push_many|announce|tell_channel|_tell)"
    words = calls + r"\((?:" + inside + r')*?"([a-z_]+\.[a-z_]+)"'
    apps = ("accounts", "workforce", "trade", "tickets", "radio")
    assert set(MESSAGES["event"]["x-events"]) == said_by(*apps, pattern=words)


def test_every_close_code_is_described():
    described = set(DESCRIPTION["channels"]["socket"]["x-close-codes"])
    codes = (base.SIGN_IN, base.ORIGIN, base.IDLE, base.TOO_MANY_BAD, base.TRY_LATER)
    assert described == set(codes)


@pytest.mark.parametrize("name", ["live.md", "api.md"])
def test_the_pages_about_it_name_nothing_that_is_not_described(name):
    page = (ROOT / "docs" / name).read_text("utf-8")
    described = set(DESCRIPTION["channels"]["socket"]["x-close-codes"])
    assert {int(code) for code in re.findall(r"\b(4\d\d\d|10\d\d)\b(?!,)", page)} <= described


def plain(frame: Any) -> Any:
    """Return ``frame`` without what differs from run to run."""
    match frame:
        case dict():
            # What the house says by itself has a client_id that nobody knows before.
            own = {"client_id"} if frame.get("kind") == "system" else set()
            left_out = VOLATILE | own
            return {key: plain(value) for key, value in frame.items() if key not in left_out}
        case list():
            return [plain(part) for part in frame]
        case _:
            return frame


class Party:
    """One side of the walk: everything it hears is checked against the description."""

    def __init__(self, line: Any) -> None:
        self.line = line
        self.heard: list[dict[str, Any]] = []

    async def hears(self, name: str) -> None:
        message, wanted = EXAMPLES[name]
        for frame in self.heard:
            if plain(frame) == plain(wanted):
                self.heard.remove(frame)
                return
        while True:
            try:
                frame = await self.line.next()
            except TimeoutError:
                raise AssertionError(f"{name} was not heard, but {self.heard}") from None
            kinds = [
                kind for kind in MESSAGES if kind not in CLIENT and frame["op"] in ops_of(kind)
            ]
            assert any(validator(kind).is_valid(frame) for kind in kinds), frame
            if plain(frame) == plain(wanted):
                assert validator(message).is_valid(frame)
                assert set(frame) == set(wanted)
                return
            self.heard.append(frame)


@pytest.fixture
def cookies(mei, bo):
    return {"member": cookie_of(mei), "agent": cookie_of(bo)}


@pytest.fixture
def conversation(mei, order, team):
    """The very conversation the examples are about, waiting in the queue."""
    key = EXAMPLES["read"][1]["conversation"]
    now = timezone.now()
    return Conversation.objects.create(
        id=uuid.UUID(key.removeprefix("cnv_")), member=mei.member, order=order, shop=order.shop,
        team=team, opened_at=now, queued_at=now,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_the_walk_happens_as_it_is_told(mei, bo, cookies, conversation):
    server = await sync_to_async(LiveProcess().start)()
    try:
        async with (
            phone(server.port, cookies["member"]) as one,
            phone(server.port, cookies["agent"]) as other,
        ):
            parties = {"member": Party(one), "agent": Party(other)}
            for step in DESCRIPTION["x-walk"]:
                if step.get("does") == "accept":
                    await sync_to_async(accept_conversation)(conversation, by=bo)
                if "says" in step:
                    await parties[step["who"]].line.say(**EXAMPLES[step["says"]][1])
                for name in step.get("hears", []):
                    await parties[step["who"]].hears(name)
                for who, names in step.get("heard_by", {}).items():
                    for name in names:
                        await parties[who].hears(name)
        async with phone(server.port, "") as app:
            # Who has neither cookie nor ticket says hello with one.
            _name, hello = EXAMPLES["helloWithTicket"]
            ticket = await sync_to_async(ticket_of)(mei)
            await app.say(**hello | {"ticket": ticket})
            greeting = await app.next()
            assert validator("greeting").is_valid(greeting), greeting
            await app.say(op="recall", conversation="nothing", seq=1)
            refused = await app.next()
            assert validator("error").is_valid(refused), refused
            assert "This frame" in refused["message"]
        async with phone(server.port, "") as late:
            await late.say(**hello | {"ticket": ticket})
            with pytest.raises(ConnectionClosed) as closed:
                await late.next()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code in DESCRIPTION["channels"]["socket"]["x-close-codes"]
    finally:
        await sync_to_async(server.stop)()


def ticket_of(user: Any) -> str:
    """Return a ticket as an app of ``user`` gets it."""
    now = timezone.now()
    tokens = sign_in_device(
        user, method="password", name="phone", platform="ios", app_version="1",
        address="127.0.0.1", now=now,
    )  # fmt: skip
    return issue_socket_ticket(user, now=now, device=tokens.device)
