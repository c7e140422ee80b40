"""What each door takes, read from its code: the serializers that a handler names are its fields."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from django.test import Client
from rest_framework import serializers

from tests.hostile.doors import Door, doors
from tests.hostile.schemas import leads_to_its_kind
from tests.hostile.world import World

SIGNED_IN = ("mei", "bo", "sen", "he", "ops", "root")


def sent_by(door: Door, method: str) -> list[type[serializers.Serializer]]:
    """Return the serializers that ``door`` reads in ``method``, helpers of its class included."""
    view = door.api
    found: dict[str, type[serializers.Serializer]] = {}
    seen, left = set(), [getattr(view, method, None)]
    while left:
        function = inspect.unwrap(left.pop()) if left[-1:] != [None] else left.pop()
        code = getattr(function, "__code__", None)
        if code is None or code in seen:
            continue
        seen.add(code)
        for name in code.co_names:
            thing = function.__globals__.get(name)
            if isinstance(thing, type) and issubclass(thing, serializers.Serializer):
                found[name] = thing
            elif hasattr(view, name) and name not in ("get", "post", "put", "patch", "delete"):
                left.append(getattr(view, name))
    return list(found.values())


def fields_of(sent: type[serializers.Serializer]) -> dict[str, serializers.Field]:
    return dict(sent().fields)


def value_for(field: serializers.Field, text: Any, rows: Mapping[str, list[Any]]) -> Any:
    """Return something of the right kind, with ``text`` wherever text may stand."""
    match field:
        case serializers.UUIDField():
            return str(rows["key"][0])
        case serializers.ChoiceField():
            return next(iter(field.choices), "")
        case serializers.ListField() | serializers.ManyRelatedField():
            return [value_for(field.child, text, rows)]
        case serializers.BooleanField():
            return True
        case serializers.IntegerField():
            return 1
        case serializers.DateTimeField():
            return "2026-11-29T00:00:00Z"
        case serializers.DictField() | serializers.JSONField():
            return {"key": text}
        case serializers.Serializer():
            return {name: value_for(one, text, rows) for name, one in field.fields.items()}
        case _:
            prefix = getattr(field, "prefix", "")
            return f"{prefix}_{rows['key'][0].hex}" if prefix else text


class Doorman:
    """Sends as the first person whom a door lets in, and remembers what broke."""

    def __init__(self, people: Mapping[str, Any]) -> None:
        self.clients: dict[str, Client] = {}
        for name in SIGNED_IN:
            client = Client(raise_request_exception=False)
            client.force_login(people[name])
            self.clients[name] = client
        self.broken: list[str] = []
        self.asked = 0
        # So much a test must have asked: one that found no doors has shown nothing.
        self.least = 100
        self._lets_in: dict[tuple[str, str], Client] = {}

    def send(self, door: Door, method: str, what: str, **given: Any) -> Any:
        client = self._lets_in.get((door.url, method))
        if client is None:
            client = self._find(door, method, given)
        answer = getattr(client, method)(door.url, **given)
        self.asked += 1
        if answer.status_code >= 500:
            self.broken.append(f"{method.upper()} {door.url} · {what} · {answer.status_code}")
        return answer

    def _find(self, door: Door, method: str, given: Any) -> Client:
        for client in self.clients.values():
            answer = getattr(client, method)(door.url, **given)
            if answer.status_code not in (302, 401, 403, 404):
                break
        self._lets_in[door.url, method] = client
        return client


def api_doors(world: World) -> Iterator[tuple[Door, str]]:
    """Yield each REST address with each method that changes something, and a row of its kind in it."""
    found: dict[tuple[str, str], list[Door]] = {}
    for door in doors(world.rows):
        if door.api is None or not door.url.startswith("/api/"):
            continue
        for method in door.methods:
            if method not in ("get", "delete"):
                found.setdefault((door.route, method), []).append(door)
    for (_route, method), same in found.items():
        # Where the world has no such row, one of another kind is as good as the next.
        yield next((one for one in same if leads_to_its_kind(one.url, world.rows)), same[0]), method
