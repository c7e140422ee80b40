"""Files of tables: what no spreadsheet computes."""

import csv
import io

import pytest
from openpyxl import load_workbook

from common.sheets.cells import inert
from common.sheets.writing import csv_text, write_xlsx


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+86",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        " =1",
        "\u3000=cmd|' /C calc'!A0",
        "\n=1",
    ],
)
def test_what_begins_a_formula_is_only_shown(text):
    assert inert(text).startswith("'")


@pytest.mark.parametrize("text", ["", "车厘子", "a=1", "¥168.00", "2026-11-18 09:00:00", "1234567"])
def test_other_text_stays_as_it_is(text):
    assert inert(text, for_excel=True) == text


def test_long_numbers_are_text_for_excel_alone():
    assert inert("202611180001234567", for_excel=True) == "'202611180001234567"
    assert inert("202611180001234567") == "202611180001234567"


def test_controls_are_left_out():
    assert inert("a\x00b\x0bc\ufffe") == "abc"


def test_csv_comes_back_as_it_went():
    rows = [["名", "言"], ['他说"好"', "a,b\n第二行"]]
    assert list(csv.reader(io.StringIO(csv_text(rows, for_excel=False)))) == rows


def test_a_workbook_holds_strings_only(tmp_path):
    path = tmp_path / "x.xlsx"
    cells = [["=1+1", "@x", "202611180001234567", "https://x.example", "-5", ""]]
    assert write_xlsx(path, list("abcdef"), cells, "订单 [2026]/11:*?" * 3) == 1
    sheet = load_workbook(path).active
    row = next(sheet.iter_rows(min_row=2))
    assert [cell.value for cell in row[:5]] == cells[0][:5]
    assert {cell.data_type for cell in row[:5]} == {"s"}
    assert row[3].hyperlink is None
