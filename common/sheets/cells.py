"""Cells that a spreadsheet shows and never computes."""

import re

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What begins a formula in some spreadsheet (OWASP, CSV injection), half and full width."""

# Excel turns more than eleven digits into 1.23E+17 and loses those after the fifteenth.
_LONG_NUMBER = re.compile(r"[0-9]{12,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
LONGEST_CELL = 32_767


def inert(text: str, *, for_excel: bool = False) -> str:
    """Return ``text`` as a CSV cell that is shown as it is.

    What a spreadsheet would compute gets a ``'`` in front, also behind leading spaces; with
    ``for_excel`` long numbers do too, so that no digit of an order number is lost.
    """
    text = clean_cell(text)
    if text.lstrip(" \u00a0\u3000\n").startswith(DANGEROUS):
        return f"'{text}"
    if for_excel and _LONG_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def clean_cell(text: str) -> str:
    """Return ``text`` without what no file of a spreadsheet may hold, cut to a cell's length."""
    return _CONTROL.sub("", text)[:LONGEST_CELL]
