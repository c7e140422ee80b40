"""The description of the REST as it is served, for the tests of it."""

from functools import cache
from typing import Any

import orjson

from config.openapi.views import JSON, description

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def openapi() -> Any:
    """Return the description, made once for all tests."""
    return orjson.loads(description(JSON))


def operations() -> dict[str, tuple[str, str, Any]]:
    """Return every operation by its name: method, path, description."""
    return {
        one["operationId"]: (method, path, one)
        for path, methods in openapi()["paths"].items()
        for method, one in methods.items()
    }
