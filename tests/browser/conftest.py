"""Browser tests: a real Chromium against the real ``web`` and ``live`` processes on a test database.

    def test_a_member_asks(new_page, house, mei):
        page = new_page(mei, phone=True)               # signed in; or new_page() for a stranger
        page.goto(house.url + "/me/")
        page.get_by_role("button", name="发送").click()
        expect(page.get_by_text("已读")).to_be_visible()  # Playwright waits; never sleep
        wait_until(page, "document.title !== ''")      # for what no locator can see
        assert_fits(page)                              # nothing is wider than the screen
        shot(page, "me-phone")                         # screenshots/me-phone.png, not committed

* ``new_page(user=None, *, dark=False, phone=False, size=(1440, 900), language="", touch=None)`` opens
  a page in its own browser context: as many people at once as a test needs. ``page``, ``dark_page`` and
  ``phone_page`` are strangers' pages for short tests; ``house.sign_in(page, user)`` lets one in.
* When the test ends every page must have been quiet: no console error or warning, no uncaught
  exception, no request to another machine. A test that provokes one says so before:
  ``page.expected.append("409")`` (a part of the line).
* ``house.live_down()`` kills the socket process as a crash would (SIGKILL), ``house.live_up()`` starts
  it again; ``cut_off(page)`` cuts one browser off, ``page.context.set_offline(False)`` lets it back.
* Tests here are ``transaction=True``: rows are really committed, the database is emptied afterwards.
  The fixtures of the cast (``mei``, ``bo``, …) work as everywhere.
* The browser is CHROMIUM, or the first of the usual places. Without one these tests are left out with
  one line that says how to get it; where ``CI`` is set they fail instead.
* The servers start once per test process, by the lines of the Procfile, on free ports.
"""

import contextlib
import json
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
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.supervisor import die_with_parent
from tickets.models import CannedReply, Disposition

ROOT = Path(__file__).resolve().parents[2]
# Beside the data when the checkout is somebody else's.
SHOTS = (ROOT if os.access(ROOT, os.W_OK) else Path(os.environ["XIAOER_DATA"])) / "screenshots"
PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
DESK, PHONE = (1440, 900), (375, 812)
# How long a page may take to show what it must: a machine under load is slow, not wrong.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
HOW = "no Chromium found: apt-get install chromium, or set CHROMIUM to one"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # One worker runs them all, so that the servers start once.
            item.add_marker(pytest.mark.xdist_group("browser"))
            if "house" not in item.fixturenames:
                # The servers need the test database even where the test itself has no rows.
                item.add_marker(pytest.mark.django_db)


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
        self.port, self.live_port = _free_port(), _free_port()
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
            "WEB_THREADS": "4",
            # As in production: hashed static files, our own error pages.
            "XIAOER_DEBUG": "0",
            "XIAOER_DEMO": "0",
            "XIAOER_DATA": str(self.data),
            "XIAOER_SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": _database_url(),
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


@pytest.fixture(scope="session")
def _servers(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[House]:
    with django_db_blocker.unblock():
        running = House(tmp_path_factory.mktemp("house"))
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture
def house(transactional_db, _servers) -> House:
    """The running house, on an empty database that this test fills."""
    if "live" not in _servers.running and (ROOT / "config/asgi.py").exists():
        _servers.live_up()
    return _servers


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium per file: its event loop must be gone before other files' async tests run."""
    path = chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(HOW)
        pytest.skip(HOW)
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # Playwright's greenlets look like an event loop to Django; nothing here is really async.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
            yield opened
            opened.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest, browser: Browser, _servers: House
) -> Iterator[Callable[..., Page]]:
    """Open pages; see the top of this file. Tests with rows of their own take ``house`` as well."""
    # Pages close before the database is emptied, hence after the house has opened.
    house = request.getfixturevalue("house") if "house" in request.fixturenames else _servers
    opened: list[Page] = []

    def open_page(
        user: object | None = None,
        *,
        dark: bool = False,
        phone: bool = False,
        size: tuple[int, int] | None = None,
        language: str = "",
        touch: bool | None = None,
    ) -> Page:
        width, height = size or (PHONE if phone else DESK)
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=phone if touch is None else touch,
            is_mobile=phone,
            locale="en-US" if language == "en" else "zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        if language:
            context.add_cookies(
                [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": house.url}]
            )
        page = context.new_page()
        _watch(page)
        opened.append(page)
        if user is not None:
            house.sign_in(page, user)
        return page

    yield open_page
    noises = [noise for page in opened for noise in noises_of(page)]
    for page in opened:
        page.context.close()
    assert noises == []


@pytest.fixture
def outcomes(transactional_db):
    return [
        Disposition.objects.create(code=code, name=name, position=place)
        for place, (code, name) in enumerate([("solved", "解决了"), ("refunded", "退了款")])
    ]


@pytest.fixture
def canned(transactional_db):
    return [
        CannedReply.objects.create(
            shortcut="hi", title="问好", body="{greeting}，{name}您好，我是{agent}。", folder="开场"
        ),
        CannedReply.objects.create(
            shortcut="wait", title="稍等", body="我看一下，一分钟。", folder="过程"
        ),
    ]


@pytest.fixture
def page(new_page) -> Page:
    return new_page()


@pytest.fixture
def dark_page(new_page) -> Page:
    return new_page(dark=True)


@pytest.fixture
def phone_page(new_page) -> Page:
    return new_page(phone=True)


def _watch(page: Page) -> None:
    page.expected = []
    page.noises = []
    page.on(
        "console",
        lambda said: (
            said.type in {"error", "warning"}
            and page.noises.append(
                f"console {said.type}: {said.text} ({said.location.get('url', '')})"
            )
        ),
    )
    page.on("pageerror", lambda error: page.noises.append(f"uncaught: {error}"))
    page.on("request", lambda request: _stays_here(page, request.url))
    page.on("websocket", lambda line: _stays_here(page, line.url))


def _stays_here(page: Page, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
        page.noises.append(f"left the machine: {url}")


def noises_of(page: Page) -> list[str]:
    """Return what a page said or did that the test had not announced."""
    return [noise for noise in page.noises if not any(part in noise for part in page.expected)]


def cut_off(page: Page) -> None:
    """Take the page's line away; what it says about that is no noise."""
    page.expected += ["ERR_INTERNET_DISCONNECTED", "WebSocket", "没连上"]
    page.context.set_offline(True)


def shot(page: Page, name: str, *, full: bool = False) -> Path:
    """Keep a picture under ``screenshots/``, which git ignores."""
    SHOTS.mkdir(exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=full)
    return path


def wait_until(page: Page, script: str, patience_seconds: float = PATIENCE_MS / 1000) -> None:
    """Wait until ``script`` is true in the page (the content policy forbids wait_for_function)."""
    end = time.monotonic() + patience_seconds
    while not page.evaluate(script):
        assert time.monotonic() < end, f"never true: {script}"
        page.wait_for_timeout(50)


def heard_by(page: Page) -> list[str]:
    """Collect every frame the socket brings to ``page``."""
    frames: list[str] = []
    page.on(
        "websocket",
        lambda line: line.on("framereceived", lambda frame: frames.append(str(frame))),
    )
    return frames


def has_subscribed(frames: list[str], topic: str) -> bool:
    """Tell whether the socket has confirmed that it brings ``topic``."""
    told = [json.loads(frame) for frame in frames]
    return any(it["op"] == "subscribed" and it["topic"] == topic for it in told)


def wait_for(
    true: Callable[[], bool], page: Page, patience_seconds: float = PATIENCE_MS / 1000
) -> None:
    """Wait for what no page shows, while ``page`` goes on hearing."""
    end = time.monotonic() + patience_seconds
    while not true():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def assert_fits(page: Page) -> None:
    """Nothing is wider than the screen."""
    wide = page.evaluate(
        """() => {
          const root = document.documentElement;
          if (root.scrollWidth <= window.innerWidth) return [];
          return [`page ${root.scrollWidth} > ${window.innerWidth}`,
            ...[...document.querySelectorAll("body *")]
              .filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1)
              .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))];
        }"""
    )
    assert wide == []


def assert_touchable(page: Page, least: int = 44) -> None:
    """On a phone everything to press is at least 44 px high or wide enough to hit."""
    small = page.evaluate(
        """(least) => [...document.querySelectorAll("button, a.btn, input, select, textarea, [role=button]")]
          .filter((e) => e.checkVisibility() && !e.closest(".sr-only, .skip-links"))
          .filter((e) => !["checkbox", "radio", "hidden"].includes(e.type))
          .map((e) => [e.getBoundingClientRect().height, e.outerHTML.slice(0, 100)])
          .filter(([height]) => height < least - 0.5)""",
        least,
    )
    assert small == []


def _database_url() -> str:
    """Return the suite's DATABASE_URL with the name of this process's test database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = quote(connection.settings_dict["NAME"])
    return f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")


def _fill(line: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: values.get(found[1], ""), line)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
