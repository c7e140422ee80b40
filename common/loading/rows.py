"""From lines to rows that the staging table takes, with the lines that cannot be taken named.

Everyday lines are recognised a block at a time by one regular expression made from the columns and
are handed on as they are; every other line is taken apart and checked field by field.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.loading.columns import PLAIN, Column, Refused
from common.loading.files import Block, FileRefused, Source, refuse_gb18030

LINES_PER_RECORD = 200
Rejected = Callable[[int, str, str], None]
"""Called with line number, natural key and reason."""


class RowReader:
    """Turns the lines of one file into CSV text for ``COPY``, one field per column of ``header``.

    The staging table has a first column for the line number. ``taken`` counts rows handed on,
    ``records`` all rows, ``done`` is the last line that has been dealt with.
    """

    def __init__(
        self, source: Source, columns: Sequence[Column], key: str, rejected: Rejected
    ) -> None:
        self.source = source
        self.columns = columns
        self.key = key
        self.rejected = rejected
        self.taken = 0
        self.records = 0
        self.done = 0
        head = source.line()
        self.is_json = head.lstrip().startswith(b"{")
        if head.lstrip().startswith(b"["):
            raise FileRefused(
                "import.json_list",
                gettext_lazy("Write one JSON object per line (JSONL), not one list."),
            )
        if self.is_json:
            source.put_back(head)
            self.header = [column.name for column in columns]
        else:
            self.header = self._header_of(head.decode())
        self.staged: list[tuple[str, Column | None]] = self._staged()
        self._by_place = [column for _name, column in self.staged]
        self._loose = self._lines(strict=False)
        self._strict = self._lines(strict=True)
        self._carried, self._carried_lines = "", 0

    @property
    def known(self) -> set[str]:
        """The names of the columns that the file gives (every one of a JSON file's)."""
        return {column.name for _name, column in self.staged if column}

    def copy_text(self, block: Block) -> str:
        """Return the block as CSV text for the staging table, rejected lines left out."""
        lines = block.data.count(b"\n")
        self.done = block.first + lines - 1
        if self.is_json:
            return self._json_block(block)
        text, first = self._carried + self._decoded(block.data), block.first - self._carried_lines
        self._carried, self._carried_lines = "", 0
        copied = "".join(self._csv_block(text, first))
        self.done -= self._carried_lines
        return copied

    def end(self) -> str:
        """Return what was still held back at the end of the file."""
        if not self._carried:
            return ""
        text, lines = self._carried, self._carried_lines
        self._carried, self._carried_lines = "", 0
        self.done += lines
        return "".join(self._csv_block(text, self.source.next_line - lines, at_end=True))

    def _header_of(self, line: str) -> list[str]:
        names = [name.strip().lower() for name in next(csv.reader([line]), [])]
        doubled = sorted({name for name in names if name and names.count(name) > 1})
        if doubled:
            raise FileRefused(
                "import.column_twice",
                gettext_lazy("The header names a column twice: %(names)s.")
                % {"names": ", ".join(doubled)},
                columns=doubled,
            )
        missing = [c.name for c in self.columns if c.required and c.name not in names]
        if missing:
            raise FileRefused(
                "import.column_missing",
                gettext_lazy("The header lacks required columns: %(names)s.")
                % {"names": ", ".join(missing)},
                columns=missing,
            )
        return names

    def _staged(self) -> list[tuple[str, Column | None]]:
        by_name = {column.name: column for column in self.columns}
        # Unknown columns are staged under names of ours: nothing from a file becomes SQL.
        return [
            (name if name in by_name else f"ignored_{place}", by_name.get(name))
            for place, name in enumerate(self.header)
        ]

    def _lines(self, *, strict: bool) -> re.Pattern[str]:
        ignored = f'(?:"[ ,{PLAIN}]*"|[ {PLAIN}]*)'
        fields = ",".join(
            column.field(strict=strict) if column else ignored for _name, column in self.staged
        )
        return re.compile(f"(?>{fields}\n)*+")

    def _decoded(self, data: bytes) -> str:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            refuse_gb18030(data)
            # Surrogates mark the broken bytes; the text gate refuses them, line by line.
            text = data.decode("utf-8", "surrogateescape")
        return text.replace("\r\n", "\n") if b"\r" in data else text

    def _csv_block(self, text: str, number: int, *, at_end: bool = False) -> Iterator[str]:
        pattern = self._strict if "  " in text else self._loose
        offset = 0
        while offset < len(text):
            matched = pattern.match(text, offset)
            assert matched is not None
            if (end := matched.end()) > offset:
                lines = text[offset : end - 1].split("\n")
                yield "\n".join([f"{n},{line}" for n, line in enumerate(lines, number)]) + "\n"
                self.taken += len(lines)
                self.records += len(lines)
                number, offset = number + len(lines), end
                continue
            used, end, line = self._odd_record(text, offset, number, at_end=at_end)
            if not used:
                self._carried, self._carried_lines = text[offset:], text.count("\n", offset)
                return
            yield line
            number, offset = number + used, end

    def _odd_record(
        self, text: str, offset: int, number: int, *, at_end: bool
    ) -> tuple[int, int, str]:
        """Return how many lines the record at ``offset`` takes, where it ends, and its text.

        No lines: it goes on in the next block.
        """
        used, end, first_end = 0, offset, text.index("\n", offset) + 1

        def feed() -> Iterator[str]:
            nonlocal used, end
            while end < len(text) and used < LINES_PER_RECORD:
                start, end = end, text.index("\n", end) + 1
                used += 1
                yield text[start:end]

        if not text[offset:first_end].strip():
            return 1, first_end, ""
        try:
            fields = next(csv.reader(feed(), strict=True))
        except csv.Error as error:
            # The module has no other sign of a quote that is still open.
            if "unexpected end of data" not in str(error):
                self.reject(number, "", _("The line cannot be read as CSV."))
                return 1, first_end, ""
            if end == len(text) and used < LINES_PER_RECORD and not at_end:
                return 0, offset, ""
            # Only the line with the open quote is lost, not everything after it.
            self.reject(number, "", _("A quote in this line is not closed."))
            return 1, first_end, ""
        return used, end, self._row_text(number, fields)

    def _row_text(self, number: int, fields: list[str]) -> str:
        if len(fields) != len(self.staged):
            found = dict(zip(self.header, fields, strict=False))
            self.reject(
                number,
                found.get(self.key, ""),
                _("The line has %(fields)s fields, the header has %(columns)s.")
                % {"fields": len(fields), "columns": len(self.staged)},
            )
            return ""
        return self._checked(number, fields, fields[self.header.index(self.key)])

    def _json_block(self, block: Block) -> str:
        out = []
        for number, line in enumerate(block.data.split(b"\n"), block.first):
            if not line or line.isspace():
                continue
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                self.reject(number, "", _("The line is not JSON."))
                continue
            if not isinstance(record, dict):
                self.reject(number, "", _("The line is not a JSON object."))
                continue
            out.append(self.record_text(number, record))
        return "".join(out)

    def record_text(self, number: int, record: dict[str, Any]) -> str:
        """Return one JSON object as a line for the staging table, empty when it is rejected."""
        key = json_text(record.get(self.key))
        values = [record.get(name) for name in self.header]
        if any(isinstance(value, dict | list) for value in values):
            self.reject(number, key, _("A field holds a list or an object."))
            return ""
        return self._checked(number, [json_text(value) for value in values], key)

    def _checked(self, number: int, fields: list[str], key: str) -> str:
        try:
            values = [
                column.take(field) if column else None
                for column, field in zip(self._by_place, fields, strict=True)
            ]
        except Refused as refusal:
            self.reject(number, key, str(refusal))
            return ""
        return self.line(number, values)

    def line(self, number: int, values: Sequence[str | None]) -> str:
        """Return the line of the staging table for checked ``values``."""
        self.taken += 1
        self.records += 1
        return ",".join([str(number), *map(_csv_field, values)]) + "\n"

    def reject(self, number: int, key: str, reason: str) -> None:
        """Leave out the row at line ``number`` and say why."""
        self.records += 1
        self.rejected(number, key, reason)


def json_text(value: Any) -> str:
    """Return a JSON value as the text a CSV would hold."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case _:
            return str(value)


def _csv_field(value: str | None) -> str:
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"'
