"""What is said about the socket is true: the description is valid, complete, and its walk happens."""

import copy
import gzip
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from asgiref.sync import sync_to_async
from django.utils import timezone
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

from tests.tickets.live import LiveProcess, cookie_of, phone
from tickets.actions.ownership import accept_conversation
from tickets.consumers.socket import _OPS
from tickets.models import Conversation

HERE = Path(__file__).parent
DESCRIPTION = yaml.safe_load((HERE.parents[1] / "docs" / "asyncapi.yaml").read_text("utf-8"))
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
    assert set().union(*map(ops_of, CLIENT)) == set(_OPS)


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
    # The bus does not break on request; tests/tickets/test_bus.py breaks it.
    assert set(EXAMPLES) - walked == {"resync"}


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
async def test_the_walk_happens_as_it_is_told(bo, cookies, conversation):
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
    finally:
        await sync_to_async(server.stop)()
