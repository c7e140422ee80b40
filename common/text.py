"""The one gate through which text enters the product, whichever door it came to.

Sockets, REST, imports, mail and webhooks all call :func:`clean`, :func:`clean_json` or
:func:`clean_filename` before anything is stored. What passes can be stored in PostgreSQL, sent as
JSON, written into a feed and shown on one screen. Everything here is linear in its input.
"""

import math
import re
import sys
import unicodedata
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError

MARKS_IN_A_ROW = 8
INTEGER_BITS = 63


class TextRefused(DomainError):
    """What was typed or sent cannot be stored as it is."""


def _marks() -> str:
    """Return a character class body: everything that stacks on the character before it."""
    # Marks live below U+1E950 and in the variation selector supplement; scanning only there keeps
    # the import under ten milliseconds.
    points = [*range(0x300, 0x1E950), *range(0xE0100, 0xE01F0)]
    marks = (
        chr(point)
        for point in points
        if unicodedata.category(chr(point)) in ("Mn", "Me") or unicodedata.combining(chr(point))
    )
    return "".join(marks)


_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_JOINERS = "\u200c\u200d"
_STACKING = f"{_marks()}{_JOINERS}\u200b\u2060\ufeff"

# Line breaks of other systems are folded, not refused: word processors put a vertical tab on the
# clipboard for a soft break.
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_FORBIDDEN_ASCII = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# A class is a table up to U+FFFF but a list beyond, and a list of hundreds is slow on every
# character. So ordinary text is asked with everything beyond as one range, and only what may be
# a long run is asked exactly.
_STACKING_OR_BEYOND = "".join(c for c in _STACKING if ord(c) < 0x10000) + "\U00010000-\U0010ffff"
_LONG_RUN = re.compile(f"[{_STACKING_OR_BEYOND}]{{{MARKS_IN_A_ROW + 1}}}")
_MARK_RUN = re.compile(f"([{_STACKING}]{{{MARKS_IN_A_ROW}}})[{_STACKING}]+")
_HIDDEN = re.compile(f"[{_INVISIBLE}{_BIDI}]")
_UNSEEN = re.compile(f"[{_INVISIBLE}{_BIDI}{_JOINERS}\ufe00-\ufe0f\\s]+")
_FOLDED_AWAY = re.compile(f"[{_INVISIBLE}{_BIDI}{_JOINERS}\ufe00-\ufe0f]")
_SPACES = re.compile(r"\s+")


def clean(
    value: object,
    *,
    max_chars: int,
    max_bytes: int | None = None,
    single_line: bool = False,
    required: bool = True,
) -> str:
    """Return ``value`` as text that may be stored and shown: NFC, trimmed, line breaks as ``\\n``.

    ``max_chars`` counts code points after cleaning, ``max_bytes`` UTF-8 bytes. ``single_line``
    is for names and titles: runs of white space become one space, and direction overrides and
    invisible characters are dropped. Runs of more than 8 combining marks are cut to 8.
    Cleaning clean text changes nothing.

    Raises ``TextRefused``: ``text.type``, ``text.nul``, ``text.surrogate``, ``text.control``,
    ``text.too_long`` (details ``limit`` and ``unit``), and with ``required`` ``text.empty``.
    """
    if not isinstance(value, str):
        raise TextRefused("text.type", _("This is not text."))
    # Far too long is refused before any work is done on it; the margin leaves room for what
    # trimming and composing may still take away.
    if len(value) > 4 * max_chars + 1024:
        raise _too_long(max_chars, "characters")
    text = _admit(value, single_line=single_line)
    if single_line:
        text = _SPACES.sub(" ", text)
    text = text.strip()
    if len(text) > max_chars:
        raise _too_long(max_chars, "characters")
    if max_bytes is not None and len(text.encode()) > max_bytes:
        raise _too_long(max_bytes, "bytes")
    if required and (not text or _UNSEEN.fullmatch(text)):
        raise TextRefused("text.empty", _("Please write something first."))
    return text


def clean_json(value: object, *, max_depth: int = 8, max_bytes: int = 65_536) -> Any:
    """Return a copy of parsed JSON whose every string, key and number may be stored as jsonb.

    ``max_depth`` counts nested lists and objects (a bare string has depth 0); ``max_bytes`` is
    about the size of the value written out. Strings are composed (NFC) but not trimmed.

    Raises ``TextRefused``: the codes of :func:`clean` for strings and keys, ``text.too_long``,
    ``text.too_deep``, ``text.number`` (NaN, infinity, beyond 64 bits), ``text.key`` (a key that
    is not text, or two keys that are the same text), ``text.type`` for anything JSON has not.
    """
    return _JsonGate(max_depth, max_bytes).admit(value, 0)


def parse_json(raw: str | bytes, *, max_depth: int = 8, max_bytes: int = 65_536) -> Any:
    """Parse JSON that came from outside and clean it as :func:`clean_json` does.

    Raises ``TextRefused``: ``text.json`` when it is not JSON, else the codes of ``clean_json``.
    """
    try:
        data = raw.encode() if isinstance(raw, str) else raw
        if len(data) > max_bytes:
            raise _too_long(max_bytes, "bytes")
        value = orjson.loads(data)
    except UnicodeEncodeError as error:
        raise _surrogate() from error
    except orjson.JSONDecodeError as error:
        raise TextRefused("text.json", _("This could not be read as JSON.")) from error
    # The walk reckons two bytes for every comma; the exact size is known here already.
    return clean_json(value, max_depth=max_depth, max_bytes=2 * max_bytes)


def clean_filename(name: str, *, max_bytes: int = 180) -> str:
    """Return ``name`` as a file name that is safe to store, to show and to download.

    Path parts, control, invisible and direction characters, and characters some systems refuse
    are removed; names reserved on Windows get a leading ``_``; the length is cut to ``max_bytes``
    of UTF-8 (at least 32) while the extension stays. Never raises: what leaves nothing becomes
    ``file``. Cleaning a clean name changes nothing.
    """
    name = _without_controls(name[-4096:])
    # Compatibility folding turns full-width slashes and dots into real ones, so it comes first.
    name = _cap_marks(unicodedata.normalize("NFKC", _cap_marks(name)))
    name = re.split(r"[/\\]", name.rstrip("/\\ ."))[-1]
    name = _SPACES.sub(" ", re.sub(r'[<>:"|?*]', "_", name)).strip(" .")
    if re.match(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9])\s*(\.|$)", name):
        name = f"_{name}"
    return _cut_name(name, max(max_bytes, 32)) or "file"


def fold(text: str) -> str:
    """Return ``text`` in the form in which two texts are compared; never shown to anyone.

    Full width becomes half width, case and compatibility forms are folded, zero-width and
    direction characters disappear. Folding folded text changes nothing.
    """
    if text.isascii():
        return text.lower()
    for _round in range(2):
        text = _cap_marks(_FOLDED_AWAY.sub("", text))
        text = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", text)


def _admit(value: str, *, single_line: bool = False) -> str:
    if value.isascii():
        if found := _FORBIDDEN_ASCII.search(_LINE_BREAK.sub("\n", value)):
            raise _forbidden(found[0])
        return _LINE_BREAK.sub("\n", value)
    value = _LINE_BREAK.sub("\n", value)
    if found := _FORBIDDEN.search(value):
        raise _forbidden(found[0])
    if single_line:
        value = _HIDDEN.sub("", value)
    # Before composing, because CPython sorts a run of marks by insertion, which is quadratic;
    # after it, because composing may take one mark apart into two.
    value = unicodedata.normalize("NFC", _cap_marks(value))
    return _cap_marks(value)


def _without_controls(text: str) -> str:
    refused = ("Cc", "Cf", "Cn", "Co", "Cs")
    return "".join(c for c in text if unicodedata.category(c) not in refused)


def _cap_marks(text: str) -> str:
    return _MARK_RUN.sub(r"\1", text) if _LONG_RUN.search(text) else text


def _forbidden(character: str) -> TextRefused:
    if character == "\x00":
        return TextRefused("text.nul", _("The text contains a character that cannot be stored."))
    if "\ud800" <= character <= "\udfff":
        return _surrogate()
    return TextRefused(
        "text.control",
        _("The text contains a control character. Remove it and send again."),
        character=f"U+{ord(character):04X}",
    )


def _surrogate() -> TextRefused:
    return TextRefused("text.surrogate", _("The text contains half a character."))


def _too_long(limit: int, unit: str) -> TextRefused:
    return TextRefused("text.too_long", _("This is too long."), limit=limit, unit=unit)


class _JsonGate:
    """One walk over one value; the depth is capped, so recursion is safe."""

    def __init__(self, max_depth: int, max_bytes: int) -> None:
        self.max_depth = min(max_depth, sys.getrecursionlimit() // 8)
        self.max_bytes = max_bytes
        self.left = max_bytes

    def admit(self, value: object, depth: int) -> Any:
        self.spend(2)
        match value:
            case str():
                return self.text(value)
            case None | bool():
                return value
            case int() | float():
                return self.number(value)
            case dict() | list() if depth >= self.max_depth:
                raise TextRefused(
                    "text.too_deep", _("This is nested too deeply."), limit=self.max_depth
                )
            case dict():
                return self.mapping(value, depth)
            case list():
                return [self.admit(item, depth + 1) for item in value]
        raise TextRefused("text.type", _("This is not text."))

    def mapping(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        cleaned: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise TextRefused("text.key", _("A key is not text."))
            key = self.text(key)
            if key in cleaned:
                raise TextRefused("text.key", _("Two keys are the same."))
            cleaned[key] = self.admit(item, depth + 1)
        return cleaned

    def text(self, value: str) -> str:
        self.spend(len(value) + 2)
        value = _admit(value)
        if not value.isascii():
            self.spend(len(value.encode()) - len(value))
        return value

    def number(self, value: int | float) -> int | float:
        if isinstance(value, float):
            refused = not math.isfinite(value)
        else:
            refused = value.bit_length() > INTEGER_BITS
        if refused:
            raise TextRefused("text.number", _("A number is out of range."))
        self.spend(len(repr(value)) - 1)
        return value

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise _too_long(self.max_bytes, "bytes")


def _cut_name(name: str, max_bytes: int) -> str:
    if len(name.encode()) <= max_bytes:
        return name
    stem, dot, extension = name.rpartition(".")
    # Something of seventeen bytes after a dot is a sentence, not an extension.
    if not stem or len(extension.encode()) > 16:
        stem, dot, extension = name, "", ""
    room = max_bytes - len((dot + extension).encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    return f"{stem}{dot}{extension}"
