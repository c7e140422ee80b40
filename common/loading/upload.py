"""Files that people bring through the back office: looked at before anything opens them.

What comes out lies on disk as UTF-8 with the loaders' own names of columns, so that from there on
the loaders of the commands do the work.
"""

import codecs
import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.files import documents
from common.loading import workbook
from common.loading.files import LONGEST_LINE, FileRefused

CSV, JSONL, XLSX = "csv", "jsonl", "xlsx"
UTF8, UTF16, GB18030 = "UTF-8", "UTF-16", "GB18030"
_HEAD = 65_536
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, UTF16), (codecs.BOM_UTF16_BE, UTF16))


@dataclass(frozen=True)
class Brought:
    """What a file is: its form (csv, jsonl, xlsx) and its letters."""

    form: str
    encoding: str


def look_at(path: Path, *, most_bytes: int) -> Brought:
    """Return what the file at ``path`` is, by its bytes and not by its name.

    Nothing is unpacked: of an archive only the directory is read. Raises :class:`FileRefused`:
    ``import.empty``, ``import.too_large``, ``import.packed``, ``import.old_excel``,
    ``import.form``, ``import.letters``, ``import.json_list``, and what
    ``common.files.documents`` says of archives (``file.bomb``, ``file.broken``, …).
    """
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("import.empty", _("The file is empty."))
    if size > most_bytes:
        raise FileRefused(
            "import.too_large",
            _("The file is larger than %(size)s MB. Cut it into parts.")
            % {"size": most_bytes // 1_000_000},
        )
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK"):
        return Brought(_workbook(path.read_bytes()), UTF8)
    if head.startswith(_OLD_OFFICE):
        raise FileRefused(
            "import.old_excel",
            _("This is an old Excel file (.xls). Save it as .xlsx or as CSV, then bring it again."),
        )
    if head.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")):
        raise FileRefused("import.packed", _("The file is packed. Unpack it, then bring it again."))
    encoding = _letters(path, head)
    first = _decoded_head(head, encoding).lstrip("\ufeff \t\r\n")
    if not first:
        raise FileRefused("import.empty", _("The file is empty."))
    if first.startswith("<"):
        raise FileRefused(
            "import.form",
            _("This is a web page, not a table. Bring CSV, JSONL or Excel (.xlsx)."),
        )
    if first.startswith("["):
        raise FileRefused(
            "import.json_list", _("Write one JSON object per line (JSONL), not one list.")
        )
    return Brought(JSONL if first.startswith("{") else CSV, encoding)


def _workbook(data: bytes) -> str:
    if documents.office_kind(data) != "xlsx":
        raise FileRefused(
            "import.form",
            _("This archive is no Excel workbook. Bring CSV, JSONL or Excel (.xlsx), not packed."),
        )
    return XLSX


def _letters(path: Path, head: bytes) -> str:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    sample = head[:2_000]
    if b"\x00" in sample:
        # Text of two bytes a letter has a NUL beside each plain one; anything else is no text.
        zeros = max(sample[0::2].count(0), sample[1::2].count(0))
        if zeros * 4 >= len(sample) // 2 and min(sample[0::2].count(0), sample[1::2].count(0)) == 0:
            return UTF16
        raise _no_table()
    if any(byte < 9 or 13 < byte < 27 for byte in sample):
        raise _no_table()
    broken = 0
    with path.open("rb") as file:
        for line in file:
            if line.isascii():
                continue
            try:
                line.decode()
            except UnicodeDecodeError:
                broken += 1
            else:
                # One whole line of Chinese in UTF-8 is no accident; broken lines are rejected singly.
                return UTF8
            if broken >= 200:
                break
    if not broken:
        return UTF8
    try:
        for _text in _decoded_lines(path, GB18030):
            pass
    except UnicodeDecodeError:
        raise FileRefused(
            "import.letters",
            _("The file is neither UTF-8, UTF-16 nor GB18030 (GBK). Save it as UTF-8."),
        ) from None
    return GB18030


def _no_table() -> FileRefused:
    return FileRefused(
        "import.form", _("This is no table. Bring CSV, JSONL or an Excel workbook (.xlsx).")
    )


def _codec(path: Path, encoding: str) -> str:
    if encoding == GB18030:
        return "gb18030"
    if encoding == UTF8:
        return "utf-8-sig"
    with path.open("rb") as file:
        head = file.read(2_000)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"


def _decoded_head(head: bytes, encoding: str) -> str:
    codec = {UTF8: "utf-8", UTF16: "utf-16", GB18030: "gb18030"}[encoding]
    return head[: len(head) & ~1].decode(codec, "ignore")[:2_000]


def _decoded_lines(path: Path, encoding: str) -> Iterator[str]:
    # Broken bytes of a UTF-8 file go through: the loader rejects their lines, one by one.
    errors = "surrogateescape" if encoding == UTF8 else "strict"
    with path.open("r", encoding=_codec(path, encoding), errors=errors, newline="") as file:
        while line := file.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise FileRefused("import.long_line", _("A line is longer than 8 MB."))
            yield line


def to_table(
    source: Path, target: Path, brought: Brought, names: dict[str, str], *, most_rows: int
) -> int:
    """Write ``source`` as UTF-8 with the loader's names of columns; return the number of lines.

    ``names`` maps what people call a column (lower case) to its name. Raises
    :class:`FileRefused`: ``import.too_many_rows``, ``import.formula``, ``import.rounded``,
    ``import.workbook``, ``import.letters``.
    """
    if brought.form == XLSX:
        middle = target.with_suffix(".sheet")
        _from_workbook(source, middle, most_rows)
        try:
            return _copied(middle, target, Brought(CSV, UTF8), names, most_rows)
        finally:
            middle.unlink(missing_ok=True)
    try:
        return _copied(source, target, brought, names, most_rows)
    except UnicodeDecodeError:
        raise FileRefused(
            "import.letters",
            _("The file begins as %(letters)s but goes on in other letters. Save it as UTF-8.")
            % {"letters": brought.encoding},
        ) from None


def _copied(
    source: Path, target: Path, brought: Brought, names: dict[str, str], most_rows: int
) -> int:
    count = 0
    with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as out:
        for count, line in enumerate(_decoded_lines(source, brought.encoding), 1):
            if count - 1 > most_rows:
                raise too_many(most_rows)
            if count == 1 and brought.form == CSV:
                out.write(_head(line, names))
            else:
                out.write(line)
    return count


def _head(line: str, names: dict[str, str]) -> str:
    """Return the head of the table under the loader's names; a semicolon or tab is no comma."""
    line = line.rstrip("\r\n")
    for mark, word in ((";", _("semicolons")), ("\t", _("tabs"))):
        if mark in line and "," not in line:
            raise FileRefused(
                "import.separator",
                _("The columns are separated by %(mark)s. Save the file with commas.")
                % {"mark": word},
            )
    fields = next(csv.reader([line]), [])
    out = io.StringIO()
    plain = [field.strip().lower() for field in fields]
    csv.writer(out, lineterminator="\n").writerow([names.get(word, word) for word in plain])
    return out.getvalue()


def _from_workbook(source: Path, target: Path, most_rows: int) -> None:
    command = [sys.executable, workbook.__file__, str(source), str(target), str(most_rows)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=workbook.SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise _heavy() from None
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        # Ended by a limit, before it could say anything.
        raise _heavy() from None
    where = {"row": found.get("row", 0), "column": found.get("column", "")}
    match found.get("problem"):
        case None:
            if not found["rows"]:
                raise FileRefused("import.empty", _("The first sheet of the workbook is empty."))
        case "formula":
            raise FileRefused(
                "import.formula",
                _(
                    "Row %(row)s, column %(column)s holds a formula. Copy the sheet, paste it as "
                    "values, then bring it again."
                )
                % where,
            )
        case "rounded":
            raise FileRefused(
                "import.rounded",
                _(
                    "Row %(row)s, column %(column)s holds a number of more than 15 digits, which "
                    "Excel has rounded. Format the column as text and fill it anew."
                )
                % where,
            )
        case "rows":
            raise too_many(most_rows)
        case "columns":
            raise FileRefused(
                "import.workbook",
                _("Row %(row)s has more than %(most)s columns.")
                % (where | {"most": workbook.MOST_COLUMNS}),
            )
        case "memory":
            raise _heavy()
        case _:
            raise FileRefused("import.workbook", _("The workbook is damaged and cannot be read."))


def _heavy() -> FileRefused:
    return FileRefused(
        "import.heavy",
        _("The workbook is too heavy to be opened. Save the sheet as CSV, then bring it again."),
    )


def too_many(most: int) -> FileRefused:
    """Return the refusal of a file of more than ``most`` rows."""
    return FileRefused(
        "import.too_many_rows",
        _("The file has more than %(most)s rows. Cut it into parts.") % {"most": f"{most:,}"},
        most=most,
    )
