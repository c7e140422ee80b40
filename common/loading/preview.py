"""The first lines of a file as its loader would take them, with what is wrong marked in its cell."""

import csv
from pathlib import Path
from typing import Any

import orjson

from common.loading.columns import Column, Refused
from common.loading.files import Source
from common.loading.rows import json_text
from common.loading.runs import Loader

SHOWN = 20
LONGEST_CELL = 120


def preview(path: Path, loader: Loader, labels: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of the file and its first rows, ready for JSON.

    ``columns`` say what the file calls them and what they are to us (empty: not used); ``rows``
    hold line, cells and what is wrong with each. Raises :class:`FileRefused` where the loader
    would: columns missing or twice.
    """
    with Source(path) as source:
        reader = loader.reader(source, loader.columns, loader.key, lambda *_refused: None)
        by_name = {column.name: column for column in loader.columns}
        used = [
            {
                "name": name,
                "label": str(labels.get(name, name)),
                "used": name in by_name,
                "required": name in by_name and by_name[name].required,
            }
            for name in reader.header
        ]
        lines = _text_of(source)
        if reader.is_json:
            rows = [_json_row(number, line, reader.header, by_name) for number, line in lines]
        else:
            rows = _csv_rows(lines, reader.header, by_name)
    return {"columns": used, "rows": rows[:SHOWN], "is_json": reader.is_json}


def _text_of(source: Source) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    while len(lines) < SHOWN * 4:
        number = source.next_line
        line = source.line()
        if not line:
            break
        if line.strip():
            lines.append((number, line.decode(errors="replace")))
    return lines


def _csv_rows(
    lines: list[tuple[int, str]], header: list[str], by_name: dict[str, Column]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, line in lines:
        fields = next(csv.reader([line]), [])
        cells = [_cell(text, by_name.get(name)) for name, text in zip(header, fields, strict=False)]
        cells += [{"text": "", "problem": ""} for _more in header[len(fields) :]]
        rows.append({"line": number, "cells": cells, "uneven": len(fields) != len(header)})
    return rows


def _json_row(
    number: int, line: str, header: list[str], by_name: dict[str, Column]
) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        return {"line": number, "cells": [], "uneven": True}
    cells = [_cell(json_text(found.get(name)), by_name.get(name)) for name in header]
    return {"line": number, "cells": cells, "uneven": False}


def _cell(text: str, column: Column | None) -> dict[str, str]:
    problem = ""
    if column is not None:
        try:
            column.take(text)
        except Refused as refusal:
            problem = str(refusal)
    shown = text.replace("\x00", "")[:LONGEST_CELL]
    return {"text": shown, "problem": problem}
