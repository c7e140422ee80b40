"""A real ``live`` process and a small client for tests: real uvicorn, real sockets."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
from django.db import connection
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """Return the address of the test database for another process."""
    params = connection.get_connection_params()
    auth = params.get("user", "") + (f":{params['password']}" if params.get("password") else "")
    where = f"host={params.get('host', '')}&port={params.get('port', '') or 5432}"
    return f"postgresql://{auth}@/{params['dbname']}?{where}"


def free_port() -> int:
    """Return a port nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LiveProcess:
    """One ``live`` process over the test database."""

    def __init__(
        self, port: int | None = None, *, log: Path | None = None, **environment: str
    ) -> None:
        self.port = port or free_port()
        self.log = log
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "LiveProcess":
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "XIAOER_PROCESS": "live",
            "XIAOER_DEBUG": "1",
            **self.environment,
        }
        log = self.log.open("ab") if self.log else None
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(self.port),
                "--ws", "websockets-sansio", "--ws-max-size", "1048576", "--log-level", "warning",
                "--timeout-graceful-shutdown", "3",
            ],
            cwd=ROOT,
            env=environment,
            stderr=log,
        )  # fmt: skip
        if log:
            log.close()
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2)
                return self
            if self.process.poll() is not None:
                raise RuntimeError("live did not start")
            time.sleep(0.05)
        raise RuntimeError("live did not answer")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """End it as a supervisor would."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


class Phone:
    """A client: sends frames, keeps what it hears, waits for what it wants."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    async def say(self, **frame: Any) -> None:
        await self.socket.send(orjson.dumps(frame).decode())

    async def next(self, timeout: float = 20) -> dict[str, Any]:
        """Return the next frame, taking arrays apart."""
        if not self.heard:
            data = orjson.loads(await asyncio.wait_for(self.socket.recv(), timeout))
            self.heard.extend(data if isinstance(data, list) else [data])
        return self.heard.pop(0)

    async def until(self, op: str, timeout: float = 20, **wanted: Any) -> dict[str, Any]:
        """Return the next frame of ``op`` with the fields wanted; others are dropped."""
        async with asyncio.timeout(timeout):
            while True:
                frame = await self.next(timeout)
                if frame["op"] == op and all(frame.get(k) == v for k, v in wanted.items()):
                    return frame

    async def all_heard(self, seconds: float = 0.4) -> list[dict[str, Any]]:
        """Return what is heard until it has been quiet for a while."""
        frames = []
        with contextlib.suppress(TimeoutError):
            while True:
                frames.append(await self.next(seconds))
        return frames

    async def silent(self, seconds: float = 0.4) -> bool:
        """Tell whether nothing is heard for a while."""
        try:
            self.heard.append(await self.next(seconds))
        except TimeoutError:
            return True
        return False


def cookie_of(user: Any) -> str:
    """Return the cookie header of a signed-in browser."""
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


@contextlib.asynccontextmanager
async def phone(port: int, cookie: str, **headers: str) -> AsyncIterator[Phone]:
    """Open a socket as the browser with ``cookie`` and wait for the greeting."""
    async with connect(
        f"ws://127.0.0.1:{port}/ws/",
        additional_headers={"Cookie": cookie, **headers},
        compression=None,
        max_size=None,
    ) as socket:
        yield Phone(socket)
