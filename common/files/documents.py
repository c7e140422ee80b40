"""Look into documents without opening them: PDF, Word, Excel, text."""

import re
import stat
import struct
import zipfile
from io import BytesIO

from django.utils.translation import gettext_lazy as _

from common.files.refusal import FileRefused, broken, unwanted
from common.text import TextRefused, clean

MAX_UNPACKED = 50_000_000
MAX_RATIO = 100
MAX_ENTRIES = 200
_DIRECTORY_END = b"PK\x05\x06"
_DIRECTORY_BYTES = 1_000_000

# Scripts, programs and files inside a document; `#4a` spells a letter in a PDF name.
_ACTIVE_PDF = re.compile(
    rb"/(?:JavaScript|Launch|RichMedia|EmbeddedFiles?)(?![A-Za-z])|/JS\s{0,8}+(?:[(<]|[0-9])"
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE_OFFICE = re.compile(r"vbaproject|activex|oleobject|/macros?/", re.IGNORECASE)
_MARKUP = re.compile(
    r"<\s{0,8}+(?:!doctype|html|head|body|script|svg|iframe|object|embed|meta|\?xml|\?php|%)|\A#!",
    re.IGNORECASE,
)


def office_kind(data: bytes) -> str | None:
    """Return ``docx`` or ``xlsx``, or None for any other archive.

    Only the directory at the end is read. Raises ``FileRefused``: ``file.bomb``, ``file.active``,
    ``file.locked``, ``file.broken``.
    """
    _check_directory(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise broken() from error
    names = {entry.filename for entry in entries}
    _check_entries(entries, len(data))
    if "[Content_Types].xml" not in names:
        return None
    if any(_ACTIVE_OFFICE.search(name) for name in names):
        raise _active()
    if "word/document.xml" in names:
        return "docx"
    return "xlsx" if "xl/workbook.xml" in names else None


def check_pdf(data: bytes) -> None:
    """Refuse a PDF with scripts, programs or files inside, or an archive behind it.

    Raises ``FileRefused``: ``file.active``, ``file.broken``.
    """
    if b"%%EOF" not in data[-2048:]:
        raise broken()
    plain = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), data)
    if _ACTIVE_PDF.search(data) or _ACTIVE_PDF.search(plain) or _DIRECTORY_END in data[-66_000:]:
        raise _active()


def check_text(data: bytes) -> bytes:
    """Return a text file as UTF-8; UTF-16 with its mark and GB18030 are understood.

    Raises ``FileRefused``: ``file.kind`` when it is no text, or markup or a script.
    """
    try:
        text = _decoded(data)
        text = clean(text, max_chars=len(text), required=False)
    except (UnicodeDecodeError, TextRefused) as error:
        raise unwanted() from error
    if _MARKUP.search(text):
        raise unwanted()
    return text.encode()


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _check_directory(data: bytes) -> None:
    """Refuse a directory that is itself a bomb, before anything parses it."""
    at = data.rfind(_DIRECTORY_END, max(0, len(data) - 66_000))
    if at < 0 or len(data) < at + 22:
        raise broken()
    _here, total, size, offset = struct.unpack("<HHII", data[at + 8 : at + 20])
    if total > MAX_ENTRIES or size > _DIRECTORY_BYTES:
        raise _bomb()
    # Marks of the 64-bit form, or a directory somewhere else than just before its end.
    if 0xFFFFFFFF in (size, offset) or offset + size != at:
        raise broken()


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or packed > size:
        raise _bomb()
    if unpacked > MAX_RATIO * max(packed, 1):
        raise _bomb()
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if entry.flag_bits & 0x1:
            raise FileRefused("file.locked", _("The file is locked with a password."))
        if ".." in parts or not parts[0] or ":" in parts[0] or len(entry.filename) > 255:
            raise broken()
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise broken()
    if len({entry.filename for entry in entries}) != len(entries):
        raise broken()


def _active() -> FileRefused:
    return FileRefused(
        "file.active", _("The file contains a macro, a script or another file. Send it without.")
    )


def _bomb() -> FileRefused:
    return FileRefused("file.bomb", _("The file unpacks into too much."))
