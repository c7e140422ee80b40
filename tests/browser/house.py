"""The running house of the browser tests: ``web`` and ``live`` by the lines of the Procfile."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Page

from config.supervisor import die_with_parent
from tests.tickets.live import ROOT, database_url, free_port

PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def chromium() -> str | None:
    """Return the browser to drive, or None."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    return next((place for place in PLACES if Path(place).exists()), None) or shutil.which(
        "chromium"
    )


class House:
    """The running ``web`` and ``live`` of one test process."""

    def __init__(self, data: Path) -> None:
        self.data = self.logs = data
        self.port, self.live_port = free_port(), free_port()
        # Where a test may let a push service of browsers listen: addresses inside are refused else.
        self.push_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"],
            cwd=ROOT,
            env=self._surroundings(),
            check=True,
        )
        self._spawn("web")
        self._await("web", lambda: _answers(f"{self.url}/healthz"))
        if (ROOT / "config/asgi.py").exists():
            self.live_up()

    def live_up(self) -> None:
        """Start the socket process and wait until it listens."""
        self._spawn("live")
        self._await("live", lambda: _listens(self.live_port))

    def live_down(self, number: int = signal.SIGKILL) -> None:
        """End the socket process: by default as a crash would."""
        self._end("live", number)

    def up(self, name: str) -> None:
        """Start one more process of the Procfile (``clock``, ``worker``); ``down`` ends it."""
        self._spawn(name)

    def down(self, name: str) -> None:
        """End a process as the supervisor does."""
        self._end(name, signal.SIGTERM)

    def stop(self) -> None:
        for name in list(self.running):
            self._end(name, signal.SIGTERM)
        # The test database can only be dropped when nobody is left in it. Under Playwright's loop
        # Django opens a second set of connections in this process; nobody else would close it.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
        connections.close_all()

    def sign_in(self, page: Page, user: object) -> None:
        """Give the browser of ``page`` a session of ``user``."""
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": self.url}]
        )

    def _spawn(self, name: str) -> None:
        line = next(
            line.split(":", 1)[1].strip()
            for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
            if line.startswith(f"{name}:")
        )
        surroundings = self._surroundings()
        command = shlex.split(_fill(line, surroundings))
        log = open(self.logs / f"{name}.log", "ab")  # noqa: SIM115  the child keeps it
        self.running[name] = subprocess.Popen(
            command,
            cwd=ROOT,
            env=surroundings,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        log.close()

    def _surroundings(self) -> dict[str, str]:
        return os.environ | {
            "BIND": "127.0.0.1",
            "PORT": str(self.port),
            "LIVE_PORT": str(self.live_port),
            "XIAOER_LIVE_PORT": str(self.live_port),
            "WEB_WORKERS": "1",
            "WEB_THREADS": "4",
            # As in production: hashed static files, our own error pages.
            "XIAOER_DEBUG": "0",
            "XIAOER_DEMO": "0",
            "XIAOER_CODE_SENDER": "simulated",
            "XIAOER_DATA": str(self.data),
            "XIAOER_PUSH_OWN_HOSTS": f"127.0.0.1:{self.push_port}",
            "XIAOER_SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": database_url(),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def _await(self, name: str, ready: Callable[[], bool], patience: float = 120) -> None:
        end = time.monotonic() + patience
        while not ready():
            if self.running[name].poll() is not None or time.monotonic() > end:
                said = (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"{name} did not start:\n{said[-4000:]}")
            time.sleep(0.1)

    def _end(self, name: str, number: int) -> None:
        process = self.running.pop(name, None)
        if process is None:
            return
        os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        # Its own workers may outlive it and hold its port.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=15)


def _fill(line: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: values.get(found[1], ""), line)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
