"""Writing tables: CSV as a stream, Excel in constant memory."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import xlsxwriter

from common.sheets.cells import clean_cell, inert

BOM = "\ufeff"
MOST_ROWS = 1_048_575
"""Rows of an Excel sheet below its head."""


def csv_text(rows: Iterable[Sequence[str]], *, for_excel: bool) -> str:
    """Return ``rows`` as CSV; every cell is inert, every line ends with CRLF."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([inert(cell, for_excel=for_excel) for cell in row] for row in rows)
    return out.getvalue()


def write_xlsx(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> int:
    """Write a workbook of one sheet, every cell a string; return the number of rows.

    XlsxWriter keeps one row in memory (``constant_memory``), whatever their number.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "tmpdir": str(path.parent),
    }
    count = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(_sheet_name(name))
        bold = book.add_format({"bold": True, "text_wrap": False})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(head) - 1, 0), 18)
        for place, label in enumerate(head):
            sheet.write_string(0, place, clean_cell(label), bold)
        for count, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if cell:
                    sheet.write_string(count, place, clean_cell(cell))
    return count


def _sheet_name(name: str) -> str:
    # Excel takes no more than 31 characters, and none of these.
    kept = "".join(" " if letter in "[]:*?/\\'" else letter for letter in name).strip()
    return kept[:31] or "Sheet1"


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, one in memory at a time."""
    with path.open("rb") as file:
        yield from file
