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

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.house import House, chromium
from tests.browser.pages import PATIENCE_MS, noises_of, watch
from tests.merchants.casts_penalties import judge, staff, third  # noqa: F401  (fixtures)
from tests.merchants.casts_rulebook import (  # noqa: F401
    draft,
    lingshan,
    lu,
    reviewed,
    rule,
    zhao,
)
from tests.tickets.live import ROOT
from tickets.models import CannedReply, Disposition

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
DESK, PHONE = (1440, 900), (375, 812)
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
        watch(page)
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
