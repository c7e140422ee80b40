"""Turn an Excel workbook into CSV, in a process of its own with little memory and little time.

Run as a script (``python workbook.py IN OUT ROWS``), so that nothing but openpyxl is loaded; says on
one line of JSON what came of it. Row N of the sheet is line N of the CSV.
"""

import csv
import json
import resource
import sys
from datetime import date, datetime, time
from typing import Any

MEMORY = 512 << 20
SECONDS = 60
MOST_COLUMNS = 200
EXACT = 10**15
"""Excel keeps fifteen digits: a longer number has been rounded before we saw it."""


class Odd(Exception):
    """A cell that cannot be taken as it is."""


def text_of(value: Any) -> str:
    """Return a cell's value as the CSV holds it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            if abs(value) >= EXACT:
                raise Odd("rounded")
            return str(value)
        case float():
            if abs(value) >= EXACT:
                raise Odd("rounded")
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M:%S")
        case _:
            return " ".join(str(value).split("\n"))


def convert(source: str, target: str, most: int) -> dict[str, Any]:
    """Write the first sheet of ``source`` as CSV to ``target``."""
    from openpyxl import load_workbook

    # A file without a name: openpyxl goes by endings, we have looked at the bytes.
    file = open(source, "rb")  # noqa: SIM115  (the process ends with it)
    book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    sheet = book.worksheets[0]
    written = 0
    with open(target, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        blank = 0
        for number, row in enumerate(sheet.iter_rows(), 1):
            if len(row) > MOST_COLUMNS:
                return {"problem": "columns", "row": number}
            cells = []
            for cell in row:
                if getattr(cell, "data_type", "n") == "f":
                    return {"problem": "formula", "row": number, "column": cell.column_letter}
                try:
                    cells.append(text_of(cell.value))
                except Odd:
                    return {"problem": "rounded", "row": number, "column": cell.column_letter}
            if not any(cells):
                blank += 1
                if blank > 10_000:
                    break
                continue
            if number - 1 > most:
                return {"problem": "rows", "row": number}
            # Line and row keep the same number, and a sheet's empty foot is left away.
            out.write("\n" * blank)
            blank = 0
            writer.writerow(cells)
            written += 1
    return {"rows": written, "sheets": len(book.worksheets), "sheet": sheet.title}


def main() -> None:
    """Set the limits, convert, say what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    source, target, most = sys.argv[1:]
    try:
        found = convert(source, target, int(most))
    except MemoryError:
        found = {"problem": "memory"}
    except Exception as error:
        found = {"problem": "broken", "error": type(error).__name__}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
