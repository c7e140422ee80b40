"""What a test asks of a page: that it is quiet, fits, can be touched, and shows something in time."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.tickets.live import ROOT

# Beside the data when the checkout is somebody else's.
SHOTS = (ROOT if os.access(ROOT, os.W_OK) else Path(os.environ["XIAOER_DATA"])) / "screenshots"
# How long a page may take to show what it must: a machine under load is slow, not wrong.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


def watch(page: Page) -> None:
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
