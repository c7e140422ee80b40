"""Frames as clients send them: what is well-formed, and what is said when it is not."""

from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.ids import parse_key

FRAME_BYTES = 65_536
VIEWING_STATES = frozenset({"viewing", "typing", "away", "left"})
BAD_FRAME_CODES = frozenset({"bad_json", "bad_frame", "unknown_op", "bad_text", "too_large"})

BAD_JSON = _("This frame is not JSON.")
BAD_FRAME = _("This frame lacks a field or has one of the wrong kind.")
UNKNOWN = _("There is no such operation.")
TOO_LARGE = _("This frame is larger than 64 KiB.")
TOO_FAST = _("Too fast. Please wait a moment.")
TOO_MANY = _("This connection already listens to too many topics.")
BUSY = _("Very busy right now. Your message is kept and sent again in a moment.")
GONE = _("No such thing, or it is not yours to see.")
OUT_OF_SCOPE = _("This token lacks the scope for this operation.")
INTERNAL = _("This did not work; nothing was stored. Please try again.")


class Refused(DomainError):
    """A frame that cannot be used; the socket lives on."""


def parse(message: dict[str, Any]) -> dict[str, Any]:
    text = message.get("text")
    if text is None:
        raise Refused("bad_frame", BAD_FRAME)
    if len(text) > FRAME_BYTES or len(text) * 3 > FRAME_BYTES < len(
        text.encode("utf-8", "replace")
    ):
        raise Refused("too_large", TOO_LARGE)
    try:
        frame = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise Refused("bad_json", BAD_JSON) from None
    if not isinstance(frame, dict) or not isinstance(frame.get("op"), str):
        raise Refused("bad_frame", BAD_FRAME)
    return frame


def echo(frame: dict[str, Any]) -> dict[str, Any]:
    given = frame.get("id")
    return (
        {"id": given}
        if isinstance(given, int) or (isinstance(given, str) and len(given) <= 80)
        else {}
    )


def uuid_of(frame: dict[str, Any], key: str) -> UUID:
    """Return a bare UUID: what a client made itself. Raises ``bad_frame``."""
    try:
        return UUID(frame[key])
    except (KeyError, ValueError, AttributeError, TypeError):
        raise Refused("bad_frame", BAD_FRAME) from None


def conversation_of(frame: dict[str, Any]) -> UUID:
    """Return the conversation a frame names. Raises ``bad_frame``."""
    try:
        return parse_key("cnv", frame["conversation"])
    except (KeyError, ValueError):
        raise Refused("bad_frame", BAD_FRAME) from None


def number_of(frame: dict[str, Any], key: str) -> int:
    """Return a whole number that fits a message number. Raises ``bad_frame``."""
    given = frame.get(key)
    if not is_number(given):
        raise Refused("bad_frame", BAD_FRAME)
    return int(given)  # type: ignore[arg-type]


def is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
