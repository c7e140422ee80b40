"""What the description says each address takes: a good value of every field, and where fields are."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from common.ids import public_key
from tests.contract.description import openapi, operations
from tests.hostile.doors import Door

Path = tuple[str | int, ...]

JSON = "application/json"
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
_KEY = re.compile(r"/([a-z]{3})_([0-9a-f]{32})/")
_DEEPEST = 3
_TEXTS = {
    "date-time": "2026-11-29T00:00:00Z",
    "date": "2026-11-29",
    "email": "mei@example.com",
    "uri": "https://hooks.example.com/x",
    "uuid": "01900000-0000-7000-8000-00000000dead",
}


@cache
def bodies() -> dict[tuple[str, str], tuple[str, Any]]:
    """Return the operation's name and the schema of its JSON body, by method and path."""
    found = {}
    for name, (method, path, one) in operations().items():
        content = one.get("requestBody", {}).get("content", {})
        if JSON in content:
            found[method, path] = (name, content[JSON]["schema"])
    return found


def path_of(door: Door) -> str:
    """Write a door's route as the description writes it."""
    return "/" + _ARGUMENT.sub(r"{\1}", door.route)


def resolved(schema: Any) -> Any:
    """Follow references; of several possible shapes the first that is not null."""
    while True:
        if "$ref" in schema:
            schema = openapi()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            continue
        for word in ("allOf", "oneOf", "anyOf"):
            if word in schema:
                some = [one for one in schema[word] if one.get("type") != "null"]
                schema = {**{k: v for k, v in schema.items() if k != word}, **some[0]}
                break
        else:
            return schema


def fits(schema: Any, given: Any) -> bool:
    """Tell whether the description allows ``given``."""
    whole = {**schema, "components": openapi()["components"]}
    return bool(Draft202012Validator(whole, format_checker=FormatChecker()).is_valid(given))


def rows_by_prefix(rows: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return a row of the world for each prefix of a key."""
    return dict(zip(("cnv", "cas", "edn", "whk"), rows["key"], strict=False))


def leads_to_its_kind(url: str, rows: Mapping[str, list[Any]]) -> bool:
    """Tell whether the key in an address, if there is one, belongs to a row of that kind."""
    found = _KEY.search(url)
    if found is None:
        return True
    row = rows_by_prefix(rows).get(found[1])
    return row is None or row.hex == found[2]


def good(schema: Any, rows: Mapping[str, list[Any]]) -> Any:
    """Return something the description allows, with a row of the world where a key is asked for."""
    schema = resolved(schema)
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "string")
    kind = next(one for one in ([kinds] if isinstance(kinds, str) else kinds) if one != "null")
    match kind:
        case "object":
            inner = schema.get("properties", {})
            return {name: good(one, rows) for name, one in inner.items()}
        case "array":
            return [good(schema["items"], rows)]
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 1)
    prefix = re.match(r"\^([a-z]{3})_", schema.get("pattern", ""))
    if prefix:
        return public_key(prefix[1], rows_by_prefix(rows).get(prefix[1], rows["key"][0]))
    return _TEXTS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))


def places(schema: Any, before: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield where a body has fields, nested ones included, each with its own schema."""
    inner = resolved(schema)
    for name, one in inner.get("properties", {}).items():
        yield (*before, name), one
        if len(before) < _DEEPEST:
            yield from places(one, (*before, name))
    if "items" in inner and before:
        yield (*before, 0), inner["items"]
        if len(before) < _DEEPEST:
            yield from places(inner["items"], (*before, 0))


def with_value(body: Any, path: Path, given: Any) -> Any:
    """Return ``body`` with ``given`` in the place that ``path`` leads to."""
    if not path:
        return given
    copy = list(body) if isinstance(body, list) else dict(body)
    copy[path[0]] = with_value(copy[path[0]], path[1:], given)  # type: ignore[index]
    return copy
