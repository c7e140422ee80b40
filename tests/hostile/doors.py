"""Every door of the house, found in the URL resolver: nobody writes a list by hand.

``doors(world)`` yields each address with real rows in it where the world has some. A part that adds
an address with a new kind of argument puts a row into :mod:`tests.hostile.world`; until then the
address is still asked, with an argument that belongs to nothing.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import get_converters
from rest_framework.views import APIView

NOBODYS = {
    "UUIDConverter": UUID("01900000-0000-7000-8000-00000000dead"),
    "IntConverter": 999_999_999,
    "StringConverter": "nobody",
    "SlugConverter": "nobody",
    "PathConverter": "nobody",
}
MOST_OF_ONE = 6
_PART = re.compile(r"<(?:(\w+):)?(\w+)>")
_ADMIN = re.compile(r"admin/(\w+)/(\w+)/")
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Door:
    """One address: the pattern it comes from, and whether a row of the world stands in it."""

    route: str
    name: str
    url: str
    view: Any
    is_real: bool = True

    @property
    def is_admin(self) -> bool:
        return self.route.startswith("admin/")

    @property
    def api(self) -> type[APIView] | None:
        """The REST view behind it, or None."""
        view = getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)
        return view if view and issubclass(view, APIView) else None

    @property
    def methods(self) -> list[str]:
        """What it answers besides 405, as far as the code says so."""
        view = self.api
        return [m for m in METHODS if hasattr(view, m)] if view else ["get", "post"]


@cache
def patterns() -> tuple[tuple[str, URLPattern], ...]:
    """Return every pattern with its whole route."""
    return tuple(_walk(get_resolver(), ""))


def doors(world: Mapping[str, Sequence[Any]]) -> Iterator[Door]:
    """Yield every address; ``world`` has rows by argument name, or by ``app.model`` for the back office."""
    for route, pattern in patterns():
        if "(" in route or "^" in route:  # a catch-all of a package
            continue
        parts = _PART.findall(route)
        choices = [_values(route, kind, name, world) for kind, name in parts]
        for values in itertools.product(*choices):
            url = route
            for (kind, name), (value, _is_real) in zip(parts, values, strict=True):
                written = str(get_converters()[kind or "str"].to_url(value))
                url = url.replace(f"<{kind}:{name}>" if kind else f"<{name}>", written, 1)
            yield Door(
                route=route,
                name=pattern.name or "",
                url=f"/{url}",
                view=pattern.callback,
                is_real=all(is_real for _value, is_real in values),
            )


def _walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one, route)
        else:
            yield route, one


def _values(
    route: str, kind: str, name: str, world: Mapping[str, Sequence[Any]]
) -> list[tuple[Any, bool]]:
    """Return what may stand in one place, each with whether it is a row of the world."""
    if admin := _ADMIN.match(route):
        rows = world.get(f"{admin[1]}.{admin[2]}", ())
        if name == "object_id":
            return [(row, True) for row in rows[:1]] or [("nobody", False)]
    converter = type(get_converters()[kind or "str"])
    rows = [row for row in world.get(name, ()) if _fits(converter, kind, row)]
    if rows:
        return [(row, True) for row in rows[:MOST_OF_ONE]]
    return [(NOBODYS.get(converter.__name__, NOBODYS["UUIDConverter"]), False)]


def _fits(converter: type, kind: str, row: Any) -> bool:
    wants_key = "UUID" in converter.__name__ or hasattr(converter, "prefix")
    if wants_key != isinstance(row, UUID):
        return False
    return kind != "int" or isinstance(row, int)
