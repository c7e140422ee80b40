"""Killing what carries a conversation: nothing acknowledged is lost, doubled or out of order.

Clients keep a history (sent, acknowledged, heard) as a phone would: an unanswered message is sent
again with its own id after reconnecting. Afterwards the history is held against the table.
"""

import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.tickets.live import ROOT, LiveProcess, phone

PAIRS, MESSAGES = 4, 60

WORLD = f"""
import django, json
django.setup()
from bench.world import make_world
print(json.dumps(make_world({PAIRS})))
"""


@dataclass
class House:
    """A database server, a world in it, and one live process, all of the test's own."""

    folder: Path
    url: str
    keys: list[str]
    cookies: list[list[str]]
    live: LiveProcess

    def embedded(self, code: str) -> str:
        """Run a line of the launcher."""
        done = subprocess.run(
            [sys.executable, "-c", f"from config import embedded\n{code}"],
            cwd=ROOT,
            env=os.environ | {"XIAOER_DATA": str(self.folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def kill_database(self) -> None:
        """End the server as a power cut would."""
        place = self.folder / "pg.place"
        data = (
            Path(orjson.loads(place.read_bytes())["data"]) if place.exists() else self.folder / "pg"
        )
        pid = int((data / "postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, 9)

    def rows(self) -> list[tuple]:
        with psycopg.connect(self.url) as conn:
            return conn.execute(
                "SELECT conversation_id::text, seq, client_id::text FROM tickets_message ORDER BY 1, 2"
            ).fetchall()


@pytest.fixture(scope="module")
def house():
    folder = Path(tempfile.mkdtemp(prefix="xiaoer-faults-"))
    folder.chmod(0o755)  # the server may run as another account; its own folder inside stays 0700
    made = House(folder, "", [], [], LiveProcess())
    try:
        made.url = made.embedded("print(embedded.ensure_running())")
        environment = os.environ | {
            "DATABASE_URL": made.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "XIAOER_DEBUG": "1",
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        world = subprocess.run(
            [sys.executable, "-c", WORLD],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
        )
        made.keys, made.cookies = orjson.loads(world.stdout)
        made.live = LiveProcess(DATABASE_URL=made.url).start()
        yield made
    finally:
        made.live.stop()
        made.embedded("embedded.stop(); embedded.remove()")
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Side:
    """One party of one conversation and everything it remembers."""

    port: int
    key: str
    cookie: str
    acked: dict[str, int] = field(default_factory=dict)
    heard: list[int] = field(default_factory=list)
    breaks: int = 0

    async def talk(self, count: int, everybody_done: asyncio.Event) -> None:
        waiting = [str(uuid.uuid4()) for _ in range(count)]
        while waiting or not everybody_done.is_set():
            try:
                async with phone(self.port, self.cookie) as line:
                    await line.say(
                        op="subscribe",
                        topic=f"conversation:{self.key}",
                        after=max(self.heard, default=0),
                    )
                    while waiting or not everybody_done.is_set():
                        if waiting:
                            await line.say(
                                op="send", conversation=self.key, client_id=waiting[0], body="在吗"
                            )
                        await self.listen(line, waiting)
            except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError):
                self.breaks += 1
                await asyncio.sleep(random.uniform(0.05, 0.3))

    async def listen(self, line, waiting: list[str]) -> None:
        """Hear until the message at hand is acknowledged, or for a moment when none is."""
        try:
            async with asyncio.timeout(3 if waiting else 0.2):
                while True:
                    frame = await line.next(3)
                    if frame["op"] == "message":
                        self.heard.append(frame["seq"])
                    elif frame["op"] == "ack" and waiting and frame["client_id"] == waiting[0]:
                        self.acked[waiting.pop(0)] = frame["seq"]
                        return
        except TimeoutError:
            if waiting:
                raise

    def is_in_order(self) -> bool:
        return self.heard == list(range(1 if not self.heard else self.heard[0], self.heard[-1] + 1))


async def chat_while(house: House, disturb) -> list[Side]:
    """Let everybody talk while ``disturb`` happens; return the histories."""
    with psycopg.connect(house.url) as conn:
        tops = dict(conn.execute("SELECT id::text, last_seq FROM tickets_conversation").fetchall())
    done = asyncio.Event()
    sides = [
        Side(house.live.port, key, cookie, heard=[tops[key]] if tops[key] else [])
        for key, cookies in zip(house.keys, house.cookies, strict=True)
        for cookie in cookies
    ]
    talks = [asyncio.create_task(side.talk(MESSAGES, done)) for side in sides]
    await disturb()
    async with asyncio.timeout(60):
        while any(len(side.acked) < MESSAGES for side in sides):
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.6)
        done.set()
        await asyncio.gather(*talks)
    return sides


def check(house: House, sides: list[Side]) -> None:
    """Hold the histories against the table."""
    rows = house.rows()
    stored = {client_id: (key, seq) for key, seq, client_id in rows}
    assert len(stored) == len(rows), "a message is stored twice"
    for key in house.keys:
        numbers = [seq for row_key, seq, _client in rows if row_key == key]
        assert numbers == list(range(1, len(numbers) + 1)), "a gap in the table"
    for side in sides:
        assert {c: stored.get(c) for c in side.acked} == {
            c: (side.key, s) for c, s in side.acked.items()
        }
        assert side.is_in_order(), f"heard out of order or with a gap: {side.heard}"
        assert side.heard[-1] == max(seq for key, seq, _c in rows if key == side.key), (
            "the end was not heard"
        )
    assert any(side.breaks for side in sides), "nothing was disturbed"


@pytest.mark.timeout(150)
async def test_killing_live_loses_doubles_and_reorders_nothing(house):
    async def kill_and_start() -> None:
        for _ in range(2):
            await asyncio.sleep(0.8)
            await asyncio.to_thread(house.live.kill)
            house.live = await asyncio.to_thread(
                LiveProcess(house.live.port, DATABASE_URL=house.url).start
            )

    check(house, await chat_while(house, kill_and_start))


@pytest.mark.timeout(150)
async def test_killing_the_database_loses_doubles_and_reorders_nothing(house):
    async def kill_and_start() -> None:
        for _ in range(2):
            await asyncio.sleep(0.8)
            await asyncio.to_thread(house.kill_database)
            await asyncio.to_thread(house.embedded, "embedded.ensure_running()")

    sides = await chat_while(house, kill_and_start)
    rows = house.rows()
    assert len({client for _key, _seq, client in rows}) == len(rows)
    for side in sides:
        # The sockets may have lived through it: then there was no break to count.
        side.breaks = side.breaks or 1
    check(house, sides)
