"""``fields=``: only the fields a client wants, of one thing or of every row of a page."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from common.rest.sent import BadQuery

_LONGEST = 1_000


def wanted_fields(raw: str, known: Collection[str]) -> list[str]:
    """Return the names in ``raw``. Raises ``BadQuery`` for one that is not ``known``."""
    names = list(dict.fromkeys(name.strip() for name in raw[:_LONGEST].split(",")))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadQuery(
            {"fields": [_("There is no field “%(name)s” here.") % {"name": unknown[0][:80]}]},
            code="unknown",
        )
    return names


def known_fields(shape: type[serializers.BaseSerializer[Any]]) -> frozenset[str]:
    """Return the names of the fields of an answer's shape."""
    return frozenset(shape().fields) if issubclass(shape, serializers.Serializer) else frozenset()


def only(data: Any, names: list[str]) -> Any:
    """Return ``data`` (a thing, or a page of them) with nothing but ``names``."""
    if isinstance(data, list):
        return [_pick(row, names) for row in data]
    if isinstance(data, dict) and isinstance(data.get("data"), list):
        return {**data, "data": [_pick(row, names) for row in data["data"]]}
    return _pick(data, names)


def _pick(row: Any, names: list[str]) -> Any:
    return {name: row[name] for name in names if name in row} if isinstance(row, dict) else row
