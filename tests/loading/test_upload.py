"""Brought files: looked at before anything is opened, read in whatever letters they came, or refused in words."""

import io
import json
import stat
import subprocess
import sys
import time
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from common.files import FileRefused as ArchiveRefused
from common.loading import FileRefused, workbook
from common.loading.upload import Brought, look_at, to_table

HEAD = "member_no,display_name,phone"
TABLE = f"{HEAD}\nM1,周小宁,13800000001\nM2,陈舟,13800000002\n"
NAMES = {"会员编号": "member_no", "member_no": "member_no", "姓名": "display_name"}
MOST = 50_000_000


@pytest.fixture
def put(tmp_path):
    def write(data: bytes | str, name: str = "file") -> Path:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


def read(path: Path, most_rows: int = 1_000) -> str:
    target = path.with_name("table.csv")
    to_table(path, target, look_at(path, most_bytes=MOST), NAMES, most_rows=most_rows)
    return target.read_text()


def sheet(rows, *, names=()) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for name in names:
        book.create_sheet(name)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(entries, **how) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **how) as packed:
        for name, data in entries:
            packed.writestr(name, data)
    return out.getvalue()


def refused(path: Path) -> str:
    with pytest.raises((FileRefused, ArchiveRefused)) as caught:
        look_at(path, most_bytes=MOST)
    assert len(caught.value.message) > 5
    return caught.value.code


@pytest.mark.parametrize(
    ("codec", "letters"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("gb18030", "GB18030"),
        ("gbk", "GB18030"),
    ],
)
def test_letters_are_recognised(codec, letters, put):
    path = put(TABLE.encode(codec))
    assert look_at(path, most_bytes=MOST) == Brought("csv", letters)
    assert read(path).splitlines()[1] == "M1,周小宁,13800000001"


def test_one_broken_line_does_not_make_another_encoding(put):
    path = put(TABLE.encode() + b"M3,\xb3\xc2\xd6\xdb,1\n")
    assert look_at(path, most_bytes=MOST).encoding == "UTF-8"


def test_a_file_in_no_letters_at_all_is_refused(put):
    assert refused(put(b"member_no,display_name\n" + b"M1,\xff\xff\x81\n" * 3)) == "import.letters"


def test_plain_names_of_columns_become_the_loaders(put):
    assert read(put("会员编号,姓名,备注\nM1,周小宁,x\n")).splitlines()[0] == (
        "member_no,display_name,备注"
    )


def test_a_workbook_is_read_as_text(put):
    rows = [
        ["会员编号", "姓名", "registered_at", "verified"],
        ["M1", "周小宁", datetime(2026, 3, 4, 5), True],  # noqa: DTZ001
        [7, 1.5, None, False],
    ]
    path = put(sheet(rows, names=["二"]))
    assert look_at(path, most_bytes=MOST).form == "xlsx"
    assert read(path).splitlines() == [
        "member_no,display_name,registered_at,verified",
        "M1,周小宁,2026-03-04 05:00:00,true",
        "7,1.5,,false",
    ]


def test_rows_keep_their_numbers(put):
    path = put(sheet([["member_no"], [], ["M1"], [], [], ["M2"]]))
    assert read(path).splitlines() == ["member_no", "", "M1", "", "", "M2"]


def test_a_formula_is_named_by_its_cell(put):
    path = put(sheet([["member_no", "display_name"], ["M1", "=1+1"]]))
    with pytest.raises(FileRefused, match=r"import\.formula") as caught:
        read(path)
    assert "2" in caught.value.message
    assert "B" in caught.value.message


def test_a_rounded_number_is_named_by_its_cell(put):
    with pytest.raises(FileRefused, match=r"import\.rounded"):
        read(put(sheet([["order_no"], [202611180001234567]])))


def test_too_many_rows_are_refused(put):
    lines = "member_no\n" + "M\n" * 11
    with pytest.raises(FileRefused, match=r"import\.too_many_rows"):
        read(put(lines), most_rows=10)
    assert len(read(put("member_no\n" + "M\n" * 10), most_rows=10).splitlines()) == 11
    with pytest.raises(FileRefused, match=r"import\.too_many_rows"):
        read(put(sheet([["member_no"], *([f"M{n}"] for n in range(11))])), most_rows=10)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "import.empty"),
        (b"\xef\xbb\xbf \r\n", "import.empty"),
        (b"\x1f\x8b\x08\x00" + b"x" * 40, "import.packed"),
        (b"7z\xbc\xaf\x27\x1c" + b"x" * 40, "import.packed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "import.old_excel"),
        (b"%PDF-1.7\n\x00\x01\x02" + b"\x05" * 90, "import.form"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x01" * 90, "import.form"),
        (b"\x7fELF\x02\x01\x01\x00" + b"\x02\x03" * 90, "import.form"),
        (b"<!DOCTYPE html><table></table>", "import.form"),
        (b'[{"member_no": "M1"}]', "import.json_list"),
    ],
)
def test_what_is_no_table_is_refused(data, code, put):
    assert refused(put(data)) == code


def test_a_large_file_is_refused_before_it_is_read(put):
    with pytest.raises(FileRefused, match=r"import\.too_large"):
        look_at(put(b"x" * 2_000), most_bytes=1_000)


def test_a_bomb_is_refused_by_its_directory(put):
    path = put(archive([("xl/workbook.xml", b"0" * 60_000_000), ("[Content_Types].xml", b"x")]))
    began = time.perf_counter()
    assert refused(path) == "file.bomb"
    assert time.perf_counter() - began < 0.5


def test_a_bomb_of_small_parts_is_refused(put):
    parts = [(f"xl/worksheets/sheet{n}.xml", b"<row/>" * 500_000) for n in range(20)]
    assert refused(put(archive([("[Content_Types].xml", b"x"), *parts]))) == "file.bomb"


def test_too_many_entries_are_a_bomb(put):
    assert refused(put(archive([(f"{n}.xml", b"x") for n in range(300)]))) == "file.bomb"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:/x", "..\\..\\x"]
)
def test_a_slip_is_refused(name, put):
    packed = archive([("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"x"), (name, b"x")])
    assert refused(put(packed)) == "file.broken"


def test_a_link_in_an_archive_is_refused(put):
    link = zipfile.ZipInfo("xl/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert (
        refused(put(archive([("xl/workbook.xml", b"x"), (link, b"/etc/passwd")]))) == "file.broken"
    )


def test_an_archive_of_something_else_is_refused(put):
    assert refused(put(archive([("members.csv", TABLE)]))) == "import.form"
    word = [("[Content_Types].xml", b"x"), ("word/document.xml", b"x")]
    assert refused(put(archive(word))) == "import.form"


def test_a_macro_is_refused(put):
    parts = [("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"x"), ("xl/vbaProject.bin", b"x")]
    assert refused(put(archive(parts))) == "file.active"


def test_a_damaged_workbook_is_refused_in_words(put):
    whole = sheet([["member_no"], ["M1"]])
    assert refused(put(whole[:-30])) == "file.broken"
    hollow = archive([("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"<no")])
    with pytest.raises(FileRefused, match=r"import\.workbook"):
        read(put(hollow))


def test_semicolons_are_named(put):
    with pytest.raises(FileRefused, match=r"import\.separator"):
        read(put("member_no;display_name\nM1;周\n"))


WEIGHED = """
import re, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    with open("/proc/self/status") as status:
        sys.stderr.write(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1])
"""
"""Runs a script and says its largest size in kB; what the system counts for children has their
parent's size in it."""


def test_a_heavy_workbook_meets_the_limits_of_its_process(put, tmp_path):
    """The guards let 45 MB of cells through; the child reads them in bounded memory."""
    row = "<row>" + '<c t="inlineStr"><is><t>x</t></is></c>' * 10 + "</row>"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    size = '<dimension ref="A1:J105000"/>'
    cells = f'<worksheet xmlns="{space}">{size}<sheetData>{row * 105_000}</sheetData></worksheet>'
    assert 40_000_000 < len(cells) < 50_000_000
    small = sheet([["member_no"]])
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(small)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, cells if entry.filename.endswith("sheet1.xml") else data)
    path = put(out.getvalue())
    command = [workbook.__file__, str(path), str(tmp_path / "out.csv"), "1000"]
    done = subprocess.run(
        [sys.executable, "-c", WEIGHED, *command], capture_output=True, timeout=70, check=False
    )
    assert json.loads(done.stdout)["problem"] == "rows"
    assert int(done.stderr) < 600_000
