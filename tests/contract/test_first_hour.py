"""docs/api.md happens as it is told: its commands run in order, its answers are what comes back.

An expected answer names what a reader needs: further fields may come. ``…`` stands for any text, ids
and moments for any of their kind. ``<!-- … -->`` are notes to this test: what to keep of an answer,
and what people do meanwhile.
"""

import json
import os
import re
import subprocess
from contextlib import ExitStack
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image
from websockets.sync.client import ClientConnection, connect

from accounts.actions import issue_integration_token
from common.ids import parse_key
from tests.contract.conftest import with_password
from tickets.actions.ownership import accept_conversation
from tickets.actions.posting import post_message
from tickets.models import AuthorKind, Conversation

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
STEP = re.compile(r"^```(sh|json|http|ws)\n(.*?)^```$|^<!-- (.*?) -->$", re.M | re.S)
KEY = re.compile(r"[a-z]{3,4}_[0-9a-f]{32}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def fits(wanted: Any, found: Any) -> bool:
    """Tell whether an answer is what the page shows of it."""
    match wanted:
        case dict():
            return isinstance(found, dict) and all(
                name in found and fits(one, found[name]) for name, one in wanted.items()
            )
        case list():
            return (
                isinstance(found, list)
                and len(wanted) == len(found)
                and all(map(fits, wanted, found))
            )
        case str() if isinstance(found, str):
            if KEY.fullmatch(wanted):
                return bool(KEY.fullmatch(found)) and wanted[:4] == found[:4]
            if MOMENT.fullmatch(wanted):
                return bool(MOMENT.fullmatch(found))
            shape = ".*".join(map(re.escape, wanted.split("…")))
            return bool(re.fullmatch(shape, found, re.S))
    return bool(wanted == found)


class Reader:
    """Who goes through the page: has a shell, keeps what answers hold, opens the socket."""

    def __init__(self, host: str, place: Path, people: dict[str, Any]) -> None:
        self.place, self.people = place, people
        self.kept = {"HOST": host}
        self.answer: tuple[int, dict[str, str], Any] = (0, {}, None)
        self.socket: ClientConnection | None = None
        self.heard: list[dict[str, Any]] = []
        self.open = ExitStack()

    def sh(self, command: str) -> None:
        """Run a command; its answer is what the next block is compared with."""
        shell = 'set -eu\ncurl() { command curl --silent --show-error --include "$@"; }\n'
        done = subprocess.run(
            ["bash", "-c", shell + command],
            cwd=self.place,
            env=os.environ | self.kept,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        head, _line, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
        first, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        named = {name.lower(): value for name, value in headers.items()}
        self.answer = (int(first.split()[1]), named, json.loads(body) if body else None)

    def json(self, wanted: str) -> None:
        status, _headers, found = self.answer
        assert status == 200, found
        if not fits(json.loads(wanted), found):
            raise AssertionError(found)

    def http(self, wanted: str) -> None:
        head, _line, body = wanted.partition("\n\n")
        first, *lines = head.strip().splitlines()
        status, headers, found = self.answer
        assert status == int(first.split()[1]), found
        for line in lines:
            name, value = line.split(": ", 1)
            assert fits(value, headers.get(name.lower(), "")), (line, headers)
        if body.strip() and not fits(json.loads(body), found):
            raise AssertionError(found)

    def ws(self, lines: str) -> None:
        if self.socket is None:
            ways = ["xiaoer.v1", f"ticket.{self.kept['TICKET']}"]
            opened = connect(self.kept["SOCKET"], subprotocols=ways, compression=None)
            self.socket = self.open.enter_context(opened)
        for line in lines.splitlines():
            said = line[2:].replace("$CONVERSATION", self.kept["CONVERSATION"])
            if line.startswith("→"):
                self.socket.send(said)
            else:
                self.hears(json.loads(said))

    def hears(self, wanted: dict[str, Any]) -> None:
        """Wait for a frame; others may come before it."""
        assert self.socket is not None
        while True:
            for frame in self.heard:
                if fits(wanted, frame):
                    self.heard.remove(frame)
                    return
            try:
                data = json.loads(self.socket.recv(timeout=20))
            except TimeoutError:
                raise AssertionError(f"{wanted} was not heard, but {self.heard}") from None
            self.heard += data if isinstance(data, list) else [data]

    def note(self, words: str) -> None:
        """Keep what the answer holds, or let somebody do something."""
        if words.startswith("keep "):
            _status, headers, found = self.answer
            for pair in words.removeprefix("keep ").split():
                name, _equals, where = pair.partition("=")
                self.kept[name] = headers["etag"] if where == "ETag" else found[where]
        elif words.startswith("bo answers "):
            bo, key = self.people["bo"], parse_key("cnv", self.kept["CONVERSATION"])
            accept_conversation(Conversation.objects.get(pk=key), by=bo)
            said = words.removeprefix("bo answers ")
            post_message(key, by=bo, author_kind=AuthorKind.AGENT, body=said)
        elif words.startswith("token of lin: "):
            _token, self.kept["PARTNER"] = issue_integration_token(
                name="CRM",
                owner=self.people["lin"],
                scopes=words.removeprefix("token of lin: ").split(),
                expires_at=timezone.now() + timedelta(days=30),
                by=self.people["ops"],
                reason="测试",
            )
        else:
            raise AssertionError(f"a note that nobody understands: {words}")


@pytest.fixture
def reader(served, tmp_path, mei, bo, lin, ops, order, product):
    with_password(mei)
    picture = BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    (tmp_path / "cherries.png").write_bytes(picture.getvalue())
    reader = Reader(served.url, tmp_path, {"bo": bo, "lin": lin, "ops": ops})
    with reader.open:
        yield reader


def test_the_first_hour_happens_as_it_is_told(reader):
    text = PAGE.read_text("utf-8")
    steps, untrue = list(STEP.finditer(text)), []
    assert sum(step[1] == "sh" for step in steps) > 20
    for step in steps:
        line = text.count("\n", 0, step.start()) + 1
        try:
            getattr(reader, step[1] or "note")(step[2] or step[3])
        except AssertionError as error:
            untrue.append(f"docs/api.md:{line}: {error}")
        except Exception as error:
            untrue.append(f"docs/api.md:{line}: {error!r}")
            break
    if untrue:
        pytest.fail("\n\n".join(untrue), pytrace=False)
