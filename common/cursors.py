"""Cursors of keyset pages: where the next page begins, opaque to clients."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError

_LONGEST = 400


def encode_cursor(values: Sequence[Any]) -> str:
    """Return ``values`` (numbers, strings, UUIDs, aware moments) as one opaque word."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


def decode_cursor(raw: str, *shape: Callable[[Any], Any]) -> list[Any]:
    """Return what :func:`encode_cursor` was given; ``shape`` names the types, in order.

    Raises ``cursor.bad`` for anything this product did not hand out.
    """
    try:
        if len(raw) > _LONGEST:
            raise ValueError
        parts = orjson.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
        if not isinstance(parts, list) or len(parts) != len(shape):
            raise ValueError
        return [as_type(part) for as_type, part in zip(shape, parts, strict=True)]
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise DomainError(
            "cursor.bad", _("This page does not exist. Start from the first one.")
        ) from None


def as_moment(raw: Any) -> datetime:
    """Parse an aware moment of a cursor. Raises ``ValueError``."""
    moment = datetime.fromisoformat(raw)
    if moment.tzinfo is None:
        raise ValueError("naive")
    return moment


def as_uuid(raw: Any) -> UUID:
    """Parse a UUID of a cursor. Raises ``ValueError``."""
    return UUID(str(raw))


def as_number(raw: Any) -> int:
    """Parse a whole number of a cursor. Raises ``ValueError``."""
    if type(raw) is not int:
        raise ValueError("no number")
    return raw
