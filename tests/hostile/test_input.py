"""Whatever is sent to the API is refused in words or stored as it is: never a failure of ours."""

import itertools
from collections.abc import Iterable, Iterator

import pytest
from django.test import RequestFactory
from django.urls import Resolver404, URLPattern, resolve

from tests.hostile.corpus import BODIES, TEXTS, XSS, of_json
from tests.hostile.doors import patterns
from tests.hostile.senders import api_doors, fields_of, sent_by, value_for

pytestmark = pytest.mark.django_db

JSON = "application/json"


def test_the_fields_of_a_door_are_found_in_its_code(world):
    found = {
        (door.name, method): {name for sent in sent_by(door, method) for name in fields_of(sent)}
        for door, method in api_doors(world)
    }
    assert {"medium", "body", "subject"} <= found["api-conversations", "post"]
    assert {"url", "events", "description"} <= found["api-webhooks", "post"]
    assert {"headline", "channels"} <= found["api-case-selection", "post"]
    assert sum(bool(names) for names in found.values()) >= 15


def test_hostile_text_in_every_field(world, doorman):
    for door, method in api_doors(world):
        for sent in sent_by(door, method):
            fields = fields_of(sent)
            for what, text in [*TEXTS.items(), *((one[:30], one) for one in XSS)]:
                body = {n: value_for(f, text, world.rows) for n, f in fields.items()}
                doorman.send(door, method, what, data=of_json(body), content_type=JSON)


def test_a_field_nobody_asked_for_is_refused(world, doorman):
    doorman.least = 20
    extra = ("is_superuser", "role", "owner", "state", "amount", "is_internal", "id", "pk")
    let_in = []
    for door, method in api_doors(world):
        for sent in sent_by(door, method):
            good = {n: value_for(f, "x", world.rows) for n, f in fields_of(sent).items()}
            names = {name: True for name in extra if name not in good}
            answer = doorman.send(
                door, method, "extra", data=of_json(good | names), content_type=JSON
            )
            if answer.status_code < 400:
                let_in.append(f"{method} {door.url}")
    assert let_in == []


def test_what_is_no_json(world, doorman):
    for door, method in api_doors(world):
        for what, body in BODIES.items():
            doorman.send(door, method, what, data=body, content_type=JSON)
        for kind in ("text/xml", "application/x-www-form-urlencoded", "multipart/form-data", "x"):
            doorman.send(door, method, kind, data=b"a=b", content_type=kind)


def test_ten_megabytes_are_refused(world, doorman):
    doorman.least = 20
    body = b'{"body": "' + b"x" * 10_000_000 + b'"}'
    taken = []
    for door, method in api_doors(world):
        if not sent_by(door, method):
            continue  # it reads no body at all
        answer = doorman.send(door, method, "10 MB", data=body, content_type=JSON)
        if answer.status_code < 400:
            taken.append(door.url)
    assert taken == []


KEYS = (
    "%00", "..%2f..%2fetc%2fpasswd", "%ff%fe", "%ed%a0%80", "a" * 3_000, "'", "%2e%2e", "💥", "-1",
    "9" * 60, "cnv_" + "f" * 32, "CNV_" + "0" * 32, "%0d%0aX:y", "<script>", "__class__",
)  # fmt: skip


def in_turn(pattern: URLPattern, turns: Iterator[str]) -> Iterable[str]:
    """Return the keys to ask an address of the back office for.

    Each list reads a key in its own way, and its page of a row takes them all. What else it has for a
    row is one code for all lists: each key is sent to each of them on some lists.
    """
    if (pattern.name or "").endswith("_change"):
        return KEYS
    return itertools.islice(turns, 4)


def is_known(url: str) -> bool:
    """Tell whether an address leads to a page at all; where none is, nobody is told more than that."""
    try:
        resolve(RequestFactory().get(url).path_info)
    except Resolver404:
        return False
    return True


def test_hostile_keys_in_every_address(world, doorman):
    turns, sent = itertools.cycle(KEYS), set()
    doorman.least = 3_000
    for route, pattern in patterns():
        if "<" not in route or "(" in route:
            continue
        is_admin = route.startswith("admin/")
        for key in in_turn(pattern, turns) if is_admin else KEYS:
            url = "/" + "/".join(key if part.startswith("<") else part for part in route.split("/"))
            sent.add((is_admin, (pattern.name or "").rpartition("_")[2], key))
            # Mei is stopped at the door of the back office: tests/rights/test_back_office_door.py.
            for name in ("mei", "ops") if not is_admin and is_known(url) else ("ops",):
                answer = doorman.clients[name].get(url)
                doorman.asked += 1
                if answer.status_code >= 500:
                    doorman.broken.append(f"GET {url[:80]} ({pattern.name})")
    for act in ("change", "delete", "history", "act"):
        assert {key for is_admin, name, key in sent if is_admin and name == act} == set(KEYS)
