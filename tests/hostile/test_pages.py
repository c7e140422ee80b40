"""Every page, for everyone: says what it may do, names nobody else's address, trusts no host it is told."""

import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from common import parameters
from common.rest.session import SessionSignIn
from tests.hostile.doors import doors

pytestmark = pytest.mark.django_db

OURS = {"testserver", "localhost", "127.0.0.1"}
NAMESPACES = re.compile(r"^http://www\.w3\.org/(2000/svg|1999/xlink|1999/xhtml|1998/Math/MathML)$")
ROLES = ["", "mei", "chen", "bo", "lin", "sen", "he", "wen", "qiao", "auditor", "ops", "root"]
STAFF = {"auditor", "ops", "root"}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
RELAXED = {"script-src": "'self' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"}


class Addresses(HTMLParser):
    """Collects every address that a page names, inline code, and handlers in attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.inline: list[str] = []
        self._script = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        kind = (given.get("type") or "").lower()
        self._script = tag == "script" and not given.get("src") and "json" not in kind
        for name, value in attrs:
            if (
                name.startswith("on")
                or name == "srcdoc"
                or (value or "").strip().lower().startswith("javascript:")
            ):
                self.inline.append(f"{tag} {name}")
            for found in re.findall(r"(?:https?:|wss?:)?//[^\s'\"<>]+", value or ""):
                host = urlsplit(found).hostname
                if host and host not in OURS and not NAMESPACES.match(found) and name != "value":
                    self.foreign.append(f"{tag} {name}={found[:80]}")

    def handle_data(self, data):
        if self._script and data.strip():
            self.inline.append(f"script {data.strip()[:60]}")


def policy(answer) -> dict[str, str]:
    header = answer.headers["Content-Security-Policy"]
    parts = (part.strip().partition(" ") for part in header.split(";"))
    return {name: words for name, _blank, words in parts if name}


def faults(door, answer) -> list[str]:
    """Return what is wrong with one answer."""
    wrong = [
        f"{name}: {answer.headers.get(name)}"
        for name, value in ALWAYS.items()
        if answer.headers.get(name) != value
    ]
    if "camera=()" not in answer.headers.get("Permissions-Policy", ""):
        wrong.append("Permissions-Policy")
    found = policy(answer)
    relaxed = door.url.startswith("/admin/")
    for name, words in found.items():
        if "unsafe" in words and not (relaxed and RELAXED.get(name) == words):
            wrong.append(f"{name} {words}")
        if re.search(r"(?:^|\s)(?:\*|https?:|wss?:)(?:\s|$)", words):
            wrong.append(f"{name} {words}: any host")
    # A file for download may do nothing at all; a page does what it needs.
    if "sandbox" not in found:
        for name in ("base-uri", "form-action", "frame-ancestors"):  # default-src is not for these
            if name not in found:
                wrong.append(f"no {name}")
        if found.get("default-src") != "'none'":
            wrong.append(f"default-src {found.get('default-src')}")
    if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming:
        page = Addresses()
        page.feed(answer.content.decode())
        wrong += page.foreign
        if not relaxed:
            wrong += page.inline
    for cookie in answer.cookies.values():
        if cookie.key in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME) and not (
            cookie["httponly"] and cookie["samesite"] == "Lax"
        ):
            wrong.append(f"cookie {cookie.key}")
    return wrong


@pytest.mark.parametrize("who", ROLES)
def test_every_page_is_closed_to_the_rest_of_the_world(who, world, browser_of):
    client = browser_of(world.people[who]) if who else Client()
    client.raise_request_exception = False
    wrong, seen = {}, Counter()
    for door in doors(world.rows):
        if door.is_admin and who not in STAFF and door.route.count("/") > 3:
            continue  # one refusal there is like another
        if "sign-out" in door.url:
            continue
        answer = client.get(door.url)
        seen[answer.status_code] += 1
        if answer.status_code >= 500 or (found := faults(door, answer)):
            wrong[door.url] = [answer.status_code] if answer.status_code >= 500 else found
    assert wrong == {}
    # The walk has seen pages, not only refusals.
    assert seen[200] >= (100 if who in {"ops", "root"} else 3), seen


def test_strict_pages_load_nothing_but_their_own(client, db):
    found = policy(client.get("/"))
    assert found["default-src"] == found["object-src"] == found["base-uri"] == "'none'"
    assert found["script-src"] == found["style-src"] == found["form-action"] == "'self'"
    assert found["connect-src"] == "'self' ws://testserver"


@override_settings(LIVE_PORT=8001)
def test_a_page_may_call_its_own_sockets_alone(client, db):
    found = policy(client.get("/", headers={"Host": "localhost:8000"}))
    assert found["connect-src"] == "'self' ws://localhost:8001"


# --- Hosts ----------------------------------------------------------------------------------------

FORGED = ["evil.example", "evil.example:80", "localhost.evil.example", "localhost@evil.example",
          "localhost, evil.example", "evil.example#localhost", "", " localhost", "[::1", "a" * 300]  # fmt: skip


@pytest.mark.parametrize("host", FORGED)
@pytest.mark.parametrize("path", ["/", "/healthz", "/admin/", "/api/v1/desk/", "/feeds/x/"])
def test_a_host_that_is_not_ours_is_a_bad_request(path, host, client, db):
    with override_settings(ALLOWED_HOSTS=["localhost", "testserver"]):
        answer = client.get(path, HTTP_HOST=host)
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-URL", "X-Rewrite-URL"]
)
def test_no_address_is_built_from_a_header_somebody_sends(header, world, browser_of):
    for who in ("", "he", "ops"):
        client = browser_of(world.people[who]) if who else Client()
        for path in (
            "/",
            "/radio/",
            "/radio/channels/",
            f"/feeds/{world.rows['secret'][0]}/",
            "/admin/",
        ):
            answer = client.get(path, headers={header: "evil.example"})
            assert b"evil.example" not in b"".join(answer)
            assert "evil" not in answer.headers.get("Location", "")


# --- Redirects ------------------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example",
    "https://evil.example", "https:evil.example", "https:/evil.example", "http:\\\\evil.example",
    "HTTPS://evil.example", "//evil.example/%2e%2e", "/%09/evil.example", "/\t/evil.example",
    "\thttps://evil.example", " //evil.example", "javascript:alert(1)", "data:text/html,x",
    "https://testserver@evil.example", "https://testserver.evil.example", "//testserver:80@evil.example",
    "/%5cevil.example", "//%65vil.example", "https://evil。example", "\x00//evil.example",
    "/..//evil.example", "https:///evil.example", "ftp://evil.example", "//[::ffff:1.2.3.4]/",
]  # fmt: skip


def leads_away(location: str) -> bool:
    """Tell whether a browser at our address would end up elsewhere (WHATWG: tabs go, ``\\`` is ``/``)."""
    seen = re.sub(r"[\t\r\n\x00]", "", location).strip().replace("\\", "/")
    if re.match(r"(?i)[a-z][a-z0-9+.-]*:", seen):
        return urlsplit(seen).hostname not in OURS
    return seen.startswith("//")


@pytest.mark.parametrize("there", ELSEWHERE)
def test_nobody_is_sent_elsewhere(there, client, mei, browser_of):
    from tests.conftest import PASSWORD

    asked = quote(there, safe="")
    answers = [
        client.get(f"/?next={asked}"),
        client.get(f"/admin/login/?next={asked}"),
        client.post(f"/?next={asked}", {"account": "mei", "password": PASSWORD, "next": there}),
        Client().post("/i18n/setlang/", {"language": "en", "next": there}),
        Client().post("/i18n/setlang/", {"language": "en"}, headers={"Referer": there}),
        browser_of(mei).get(f"/?next={asked}"),
        browser_of(mei).post(f"/sign-out/?next={asked}", {"next": there}),
        client.get(f"/{there}"),
        client.get(f"/{asked}"),
    ]
    for answer in answers:
        assert answer.status_code < 500
        location = answer.headers.get("Location", "")
        assert not leads_away(location), location


# --- Forms from elsewhere -------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["", "mei", "bo", "he", "ops"])
def test_no_change_without_a_token_of_ours(who, world):
    client = Client(enforce_csrf_checks=True)
    if who:
        client.force_login(world.people[who])
    let_through = []
    for door in doors(world.rows):
        if door.is_admin and (who != "ops" or not door.is_real):
            continue
        for method in door.methods:
            if method == "get":
                continue
            given = {"content_type": "application/json"} if "/api/" in door.url else {}
            answer = getattr(client, method)(
                door.url, headers={"Origin": "https://evil.example"}, **given
            )
            if answer.status_code < 400 and not answer.headers.get("Location", "").startswith(
                "/?next"
            ):
                let_through.append(f"{method} {door.url} {answer.status_code}")
    assert let_through == []


@pytest.mark.parametrize("token", [None, "", "x", "x" * 64])
@pytest.mark.parametrize("who", ["mei", "bo", "ops"])
def test_no_api_change_by_cookie_without_the_token_of_a_page(who, token, world):
    parameters.set_value("api.strangers_a_minute", 1_000_000, by=None, reason="测试")
    parameters.forget()
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people[who])
    # With the cookie of a page, as every browser that is signed in has it.
    client.get("/me/" if who == "mei" else "/profile/")
    assert settings.CSRF_COOKIE_NAME in client.cookies
    headers = {} if token is None else {"X-CSRFToken": token}
    asked, let_through = 0, []
    for door in doors(world.rows):
        if door.api is None or SessionSignIn not in door.api.authentication_classes:
            continue
        for method in set(door.methods) - {"get"}:
            asked += 1
            answer = getattr(client, method)(
                door.url, "{}", content_type="application/json", headers=headers
            )
            if (answer.status_code, answer.json()["code"]) != (403, "csrf"):
                let_through.append(f"{method} {door.url} {answer.status_code}")
    assert let_through == []
    assert asked > 50


# --- Production -----------------------------------------------------------------------------------


def test_production_is_https_alone(tmp_path):
    """``check --deploy`` finds nothing; cookies, HSTS and the redirect are on."""
    import json
    import os
    import subprocess
    import sys
    from pathlib import Path

    from tests.tickets.live import database_url

    program = (
        "import json, django; django.setup()\n"
        "from django.conf import settings\n"
        "from django.core.management import call_command\n"
        "from django.test import Client\n"
        "call_command('check', deploy=True, fail_level='WARNING')\n"
        # Nobody has collected the static files for this one page.
        "plain = 'django.contrib.staticfiles.storage.StaticFilesStorage'\n"
        "settings.STORAGES['staticfiles']['BACKEND'] = plain\n"
        "plain = Client().get('/', HTTP_HOST='xiaoer.example')\n"
        "page = Client().get('/', HTTP_HOST='xiaoer.example', secure=True)\n"
        "cookies = {c.key: [c['secure'], c['httponly'], c['samesite']] for c in page.cookies.values()}\n"
        "print('ANSWER ' + json.dumps([plain.status_code, plain['Location'], page.status_code,"
        " page['Strict-Transport-Security'], page['Content-Security-Policy'], cookies]))\n"
    )
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "XIAOER_HTTPS": "1",
        "XIAOER_DEBUG": "0",
        "XIAOER_DEMO": "0",
        "XIAOER_ALLOWED_HOSTS": "xiaoer.example",
        "XIAOER_SECRET_KEY": "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
        "XIAOER_LIVE_URL": "wss://xiaoer.example/ws/",
    }
    root = Path(settings.BASE_DIR)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = next(line for line in done.stdout.splitlines() if line.startswith("ANSWER "))
    status, location, shown, hsts, csp, cookies = json.loads(said.removeprefix("ANSWER "))
    assert (status, location, shown) == (301, "https://xiaoer.example/", 200)
    assert hsts == "max-age=31536000; includeSubDomains; preload"
    assert "upgrade-insecure-requests" in csp
    assert "connect-src 'self' wss://xiaoer.example" in csp
    assert all(cookie == [True, True, "Lax"] for cookie in cookies.values())
    assert cookies


def test_the_back_office_is_the_only_relaxed_address():
    assert reverse("admin:index") == "/admin/"
