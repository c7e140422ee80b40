"""The gate for uploaded files: what a file is, is read from its bytes, never from its name.

Images are drawn again, so that nothing but pixels survives; other kinds are kept as they are,
after a look for what makes them dangerous. Nothing here trusts a name, a header or a length that
came with the upload.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

import puremagic
from django.utils.translation import gettext_lazy as _

from common.files.documents import check_pdf, check_text, office_kind
from common.files.images import redraw
from common.files.refusal import FileRefused, unwanted
from common.text import clean_filename

__all__ = ["ALL_KINDS", "IMAGE_KINDS", "AdmittedFile", "FileRefused", "admit_file", "too_large"]

MAX_BYTES = 20_000_000
IMAGE_KINDS = frozenset({"jpeg", "png", "webp", "gif"})
ALL_KINDS = IMAGE_KINDS | {"pdf", "txt", "docx", "xlsx"}

_OFFICE = "application/vnd.openxmlformats-officedocument"
_CONTENT_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": "text/plain; charset=utf-8",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
}
_EXTENSIONS = {"jpeg": "jpg"}
_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
)
_TEXT_NAMES = ("txt", "log")


@dataclass(frozen=True, slots=True)
class AdmittedFile:
    """A file that may be stored: a safe name, a true type, and the bytes to keep."""

    name: str
    kind: str  # image or file
    content_type: str
    content: bytes
    sha256: str  # of `content`
    width: int | None = None
    height: int | None = None

    @property
    def size(self) -> int:
        """Bytes of ``content``."""
        return len(self.content)


def admit_file(
    source: bytes | BinaryIO,
    *,
    name: str,
    max_bytes: int = MAX_BYTES,
    allow: Collection[str] = ALL_KINDS,
) -> AdmittedFile:
    """Return an uploaded file as it may be stored, or refuse it.

    ``source`` is read no further than ``max_bytes``. ``allow`` are kinds of ``ALL_KINDS``. Images
    come back upright, at most 2,560 pixels long, without metadata; a GIF becomes a PNG of its
    first picture. Text comes back as UTF-8. The name gets the extension of what the file is.

    Raises ``FileRefused``: ``file.empty``, ``file.too_large``, ``file.kind`` (not allowed, or not
    what it pretends to be), ``file.broken``, ``file.pixels``, ``file.active`` (macros, scripts,
    attachments inside), ``file.bomb`` (unpacks into too much), ``file.locked``.
    """
    data = source if isinstance(source, bytes) else source.read(max_bytes + 1)
    if not data:
        raise FileRefused("file.empty", _("The file is empty."))
    if len(data) > max_bytes:
        raise too_large(max_bytes)
    kind = _sniff(data, name)
    if kind is None or kind not in allow:
        raise unwanted(_looks_like(data))
    if kind in IMAGE_KINDS:
        image = redraw(data, kind)
        return _admitted(name, image.kind, image.content, image.width, image.height)
    if kind == "pdf":
        check_pdf(data)
    elif kind == "txt":
        data = check_text(data)
    return _admitted(name, kind, data)


def too_large(limit: int) -> FileRefused:
    """Return the refusal of a file of more than ``limit`` bytes."""
    message = _("The file is larger than %(size)s MB.") % {"size": limit // 1_000_000}
    return FileRefused("file.too_large", message, limit=limit)


def _sniff(data: bytes, name: str) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return office_kind(data) if kind == "zip" else kind
    # Text has no signature: the name must not claim to be something that runs.
    _stem, dot, extension = clean_filename(name).rpartition(".")
    return "txt" if not dot or extension.lower() in _TEXT_NAMES else None


def _looks_like(data: bytes) -> str:
    try:
        return str(puremagic.from_string(data[:4096]))
    except (puremagic.PureError, ValueError):
        return ""


def _admitted(
    name: str, kind: str, content: bytes, width: int | None = None, height: int | None = None
) -> AdmittedFile:
    return AdmittedFile(
        name=_named(name, _EXTENSIONS.get(kind, kind)),
        kind="image" if width else "file",
        content_type=_CONTENT_TYPES[kind],
        content=content,
        sha256=sha256(content).hexdigest(),
        width=width,
        height=height,
    )


def _named(name: str, extension: str) -> str:
    name = clean_filename(name)
    stem, _dot, old = name.rpartition(".")
    if old.lower() in (extension, "jpeg" if extension == "jpg" else extension, "log") and stem:
        return name
    # A picture may have changed its kind, and whatever else was claimed is not what it is.
    stem = stem if stem and len(old) <= 5 else name
    return clean_filename(f"{stem}.{extension}")
