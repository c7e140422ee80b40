"""Every form of every page, with what nobody would type in each field: no failure, nothing comes back to run."""

from collections import Counter
from itertools import cycle, islice
from typing import Any
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from tests.hostile import forms
from tests.hostile.corpus import POLYGLOT, TEXTS, XSS
from tests.hostile.doors import doors
from tests.hostile.schemas import leads_to_its_kind

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
SAID = [POLYGLOT, *TEXTS.values(), *XSS[1:]]
FEW = 2
WHO = ["", "mei", "bo", "sen", "he", "ops"]
PARTS = 3


def as_they_came(client: Client) -> Client:
    """Return a browser with the same session, whatever becomes of it."""
    again = Client(raise_request_exception=False)
    name = settings.SESSION_COOKIE_NAME
    if name in client.cookies:
        again.cookies[name] = client.cookies[name].value
    return again


def html_of(answer: Any) -> str:
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.content.decode() if is_page and not answer.streaming else ""


class Clerk:
    """Hands in forms, and remembers what failed and what came back alive."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.asked = 0
        self.statuses: set[int] = set()

    def hand_in(self, client: Client, action: str, body: bytes, what: str) -> None:
        browser = as_they_came(client)
        with transaction.atomic():
            answer = browser.post(action, body, content_type=FORM)
            self.look_at(answer, action, what)
            if answer.status_code in (302, 303):
                there = urljoin(action, answer["Location"])
                if there.startswith("/"):
                    self.look_at(browser.get(there), there, what)
            transaction.set_rollback(True)
        self.asked += 1

    def look_at(self, answer: Any, url: str, what: str) -> None:
        self.statuses.add(answer.status_code)
        if answer.status_code >= 500:
            self.wrong.append(f"{url} {what}: {answer.status_code}")
        for code in forms.read(url, html_of(answer))[1]:
            self.wrong.append(f"{url} {what}: {code}")


@pytest.fixture
def clerk(caplog):
    clerk = Clerk()
    with caplog.at_level("ERROR"):
        yield clerk
    assert clerk.wrong == []
    assert [record.getMessage()[:200] for record in caplog.records if record.exc_info] == []


def browser_for(world: Any, who: str) -> Client:
    client = Client(raise_request_exception=False)
    if who:
        client.force_login(world.people[who])
    return client


def found_by(client: Client, all_doors: Any) -> list[forms.Form]:
    """Return the forms that somebody finds on the pages they may open, each kind once."""
    found: dict[Any, forms.Form] = {}
    for door in all_doors:
        answer = client.get(door.url)
        if answer.status_code == 200:
            for one in forms.read(door.url, html_of(answer))[0]:
                found.setdefault(one.kind, one)
    return list(found.values())


def is_page(door: Any) -> bool:
    return not (door.is_admin or door.api or door.url.startswith("/api/"))


def test_every_field_of_every_form(world, clerk):
    texts, seen = cycle(SAID), set()
    pages = [
        door
        for door in doors(world.rows)
        if is_page(door) and leads_to_its_kind(door.url, world.rows)
    ]
    for who in WHO:
        client = browser_for(world, who)
        for form in found_by(client, pages):
            if form.kind in seen:
                continue
            seen.add(form.kind)
            for name in [*form.fields, ""]:
                for text in islice(texts, FEW):
                    # The last time in all of them.
                    instead = {name: text} if name else dict.fromkeys(form.fields, text)
                    what = f"{name} {text[:20]!r}"
                    clerk.hand_in(client, form.action, form.filled(**instead), what)
    assert len(seen) > 10
    assert clerk.asked > 100


def names_in(view: Any) -> set[str]:
    """Return the words that stand in a view's code: what it reads of a form is among them."""
    found: set[str] = set()
    while view is not None:
        code = getattr(view, "__code__", None)
        if code is not None:
            found |= {one for one in code.co_consts if isinstance(one, str) and one.isidentifier()}
        view = getattr(view, "__wrapped__", None)
    return found


@pytest.mark.parametrize("who", ["mei", "sen"])
def test_every_page_that_takes_a_form_no_page_shows(who, world, clerk):
    """What scripts send is a form as well: each address gets every word its code could read."""
    client, texts = browser_for(world, who), cycle(SAID)
    seen: set[str] = set()
    for door in doors(world.rows):
        if not is_page(door) or door.route in seen:
            continue
        seen.add(door.route)
        names = sorted(names_in(door.view))
        for text in islice(texts, 2):
            form = forms.Form(door.url, {name: [text] for name in names})
            clerk.hand_in(client, door.url, form.filled(), f"{text[:20]!r}")
    assert clerk.asked > 50


@pytest.mark.parametrize("part", range(PARTS))
def test_every_form_of_the_back_office(part, world, clerk):
    client, texts = browser_for(world, "root"), cycle(SAID)
    asked: Counter[str] = Counter()
    everywhere = [door for door in doors(world.rows) if door.is_admin and door.is_real]
    for form in found_by(client, everywhere[part::PARTS]):
        for name in form.fields:
            # Lists have the same fields, which the same code reads.
            asked[name] += 1
            if asked[name] > FEW:
                continue
            text = next(texts)
            clerk.hand_in(client, form.action, form.filled(**{name: text}), f"{name} {text[:20]!r}")
        for text in islice(texts, 1):
            body = form.filled(**dict.fromkeys(form.fields, text))
            clerk.hand_in(client, form.action, body, f"all {text[:20]!r}")
    assert clerk.asked > 20
