"""Reading a file as numbered blocks of lines: plain or gzip, UTF-8 or a clear refusal."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError

BLOCK_BYTES = 1 << 16
"""Blocks that the processor's caches hold are dealt with in three quarters of the time."""
LONGEST_LINE = 8 << 20


class FileRefused(DomainError):
    """The whole file cannot be loaded: its form, its encoding or its columns."""


@dataclass
class Block:
    """Some whole lines (the last ends with a newline too) and the number of the first."""

    first: int
    data: bytes


def is_gzip(path: Path) -> bool:
    """Tell by its first bytes whether the file is gzip, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of the file's bytes as they lie on disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Source:
    """A file that is being read; ``position`` is how far, in bytes on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._disk = path.open("rb")
        packed = is_gzip(path)
        self._file = cast(BinaryIO, gzip.GzipFile(fileobj=self._disk)) if packed else self._disk
        self.next_line = 1
        self._held: bytes | None = self._head()

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._disk.close()

    @property
    def position(self) -> int:
        return self._disk.tell()

    def line(self) -> bytes:
        """Return the next line, empty at the end of the file."""
        if self._held is not None:
            line, self._held = self._held, None
        else:
            line = self._readline()
        self.next_line += bool(line)
        return line

    def put_back(self, line: bytes) -> None:
        """Let ``line``, just read, be the next one again."""
        self._held = line
        self.next_line -= 1

    def skip(self, lines: int) -> None:
        """Read past ``lines`` lines."""
        for _number in range(lines):
            if not self.line():
                return

    def blocks(self) -> Iterator[Block]:
        """Yield the rest of the file in blocks of about ``BLOCK_BYTES``."""
        while True:
            first = self.next_line
            held, self._held = self._held or b"", None
            try:
                data = held + self._file.read(BLOCK_BYTES)
            except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
                raise _broken() from error
            if not data:
                return
            if not data.endswith(b"\n"):
                data += self._readline()
                if not data.endswith(b"\n"):
                    data += b"\n"
            self.next_line += data.count(b"\n")
            yield Block(first, data)

    def _readline(self) -> bytes:
        try:
            line = self._file.readline(LONGEST_LINE + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
            raise _broken() from error
        if len(line) > LONGEST_LINE:
            raise FileRefused("import.long_line", _("A line is longer than 8 MB."))
        return line

    def _head(self) -> bytes | None:
        line = self._readline()
        if not line:
            raise FileRefused("import.empty", _("The file is empty."))
        if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in line[:200]:
            raise FileRefused(
                "import.utf16",
                _(
                    "The file is UTF-16. Save it as UTF-8, or convert it: "
                    "iconv -f UTF-16 -t UTF-8 OLD > NEW"
                ),
            )
        line = line.removeprefix(b"\xef\xbb\xbf")
        self._refuse_other_encoding(line)
        return line if line.endswith(b"\n") else line + b"\n"

    def _refuse_other_encoding(self, line: bytes) -> None:
        try:
            line.decode()
        except UnicodeDecodeError:
            raise _not_utf8() from None


def _broken() -> FileRefused:
    return FileRefused("import.broken_gzip", _("The file ends too early or is damaged (gzip)."))


def _not_utf8() -> FileRefused:
    return FileRefused(
        "import.not_utf8",
        _(
            "The file is not UTF-8; it looks like GB18030 (GBK). Save it as UTF-8, or convert it: "
            "iconv -f GB18030 -t UTF-8 OLD > NEW"
        ),
    )


def refuse_gb18030(data: bytes) -> None:
    """Refuse the file when lines that are no UTF-8 are common Chinese text in GB18030.

    A single broken line is a rejected row; a file in another encoding is refused whole.
    Raises :class:`FileRefused`.
    """
    broken = 0
    for line in data.split(b"\n", 200)[:200]:
        if line.isascii():
            continue
        try:
            line.decode()
        except UnicodeDecodeError:
            broken += 1
        else:
            return
    if broken >= 2:
        raise _not_utf8()
