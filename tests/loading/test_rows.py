"""Every line of a file is taken or rejected with its number and a reason: no database."""

from pathlib import Path

import pytest
from django.utils import translation

from accounts.loading import MemberLoader
from common.loading import FileRefused, RowReader
from common.loading.files import Source
from trade.loading import OrderLoader

HEAD = "order_no,member_no,shop_no,paid_amount,paid_at,product,quantity,status"
GOOD = "A1,M1,S1,168.00,2026-11-20 10:00:00,车厘子,1,signed"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def read(path: Path, loader=OrderLoader) -> tuple[str, list[tuple[int, str, str]]]:
    """Return the copy text of a file and its rejects."""
    rejects: list[tuple[int, str, str]] = []
    with Source(path) as source:
        reader = RowReader(source, loader.columns, loader.key, lambda *r: rejects.append(r))
        text = "".join(reader.copy_text(block) for block in source.blocks()) + reader.end()
    return text, rejects


def rows(*lines: str) -> str:
    return "\n".join([HEAD, *lines]) + "\n"


def test_everyday_lines_are_handed_on_as_they_are(write):
    text, rejects = read(write("o.csv", rows(GOOD, GOOD.replace("A1", "A2"))))
    assert text == f"2,{GOOD}\n3,{GOOD.replace('A1', 'A2')}\n"
    assert rejects == []


@pytest.mark.parametrize(
    ("field", "bad", "reason"),
    [
        ("168.00", "-5.00", "paid_amount is negative; what was paid back is a refund, not an order."),
        ("168.00", "1.999", "paid_amount has more than two decimals."),
        ("168.00", "NaN", "paid_amount is not an amount: write digits with a point, like 168.00."),
        ("168.00", "1e5", "paid_amount is not an amount: write digits with a point, like 168.00."),
        ("168.00", "９９", "paid_amount is not an amount: write digits with a point, like 168.00."),
        ("168.00", "9" * 13, "paid_amount is too large."),
        ("168.00", "9" * 500, "paid_amount is not an amount: write digits with a point, like 168.00."),
        ("168.00", "", "paid_amount is empty."),
        ("A1", "", "order_no is empty."),
        ("A1", "   ", "order_no is empty."),
        ("A1", "A" * 41, "order_no is longer than 40 characters."),
        ("2026-11-20 10:00:00", "yesterday", "paid_at is not a time: write it like 2026-11-20 09:00:00."),
        ("2026-11-20 10:00:00", "now", "paid_at is not a time: write it like 2026-11-20 09:00:00."),
        ("2026-11-20 10:00:00", "2026-02-30 10:00:00", "paid_at is not a time: write it like 2026-11-20 09:00:00."),
        ("2026-11-20 10:00:00", "20-11-2026", "paid_at is not a time: write it like 2026-11-20 09:00:00."),
        ("2026-11-20 10:00:00", "1969-12-31 23:00:00", "paid_at lies outside the years 1990 to 2099."),
        ("2026-11-20 10:00:00", "9999-12-31 23:59:59", "paid_at lies outside the years 1990 to 2099."),
        (",1,", ",0,", "quantity must be at least 1."),
        (",1,", ",-3,", "quantity must be at least 1."),
        (",1,", ",2.5,", "quantity is not a whole number."),
        (",1,", ",99999999999,", "quantity is too large."),
        ("signed", "lost", "status is none of paid, shipped, signed, finished, closed."),
        ("车厘子", "长" * 201, "product is longer than 200 characters."),
        ("车厘子", "a\x00b", "product: The text contains a character that cannot be stored."),
        ("车厘子", "a\x1bb", "product: The text contains a control character. Remove it and send again."),
        (",signed", "", "The line has 7 fields, the header has 8."),
        (",signed", ",signed,more", "The line has 9 fields, the header has 8."),
        ("车厘子", 'a"b', None),
        ("车厘子", '"open', "A quote in this line is not closed."),
        ("车厘子", '"a"b', "The line cannot be read as CSV."),
    ],
)  # fmt: skip
def test_a_bad_line_is_rejected_alone_with_its_reason(write, field, bad, reason):
    line = GOOD.replace(field, bad, 1)
    after = GOOD.replace("A1", "A3")
    text, rejects = read(write("o.csv", rows(GOOD.replace("A1", "A0"), line, after)))
    assert [(number, why) for number, _key, why in rejects] == ([(3, reason)] if reason else [])
    assert f"4,{after}\n" in text
    assert "2,A0" in text


def test_a_line_that_is_not_utf8_is_rejected_alone(write):
    data = rows(GOOD, "A2,M1,S1,1.00,2026-11-20,", GOOD.replace("A1", "A3")).encode()
    broken = data.replace(b"2026-11-20,\n", b"2026-11-20,\xff\xfe,1,signed\n")
    text, rejects = read(write("o.csv", broken))
    assert [(number, key) for number, key, _why in rejects] == [(3, "A2")]
    assert "4,A3" in text


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le"])
def test_another_encoding_is_refused_whole_and_says_how_to_convert(write, encoding):
    text = rows(GOOD, GOOD.replace("A1", "A2"), GOOD.replace("A1", "A3"))
    with pytest.raises(FileRefused, match="iconv") as refused:
        read(write("o.csv", text.encode(encoding)))
    assert refused.value.code == ("import.not_utf8" if encoding == "gb18030" else "import.utf16")


def test_a_byte_order_mark_and_windows_line_ends_are_taken(write):
    data = b"\xef\xbb\xbf" + rows(GOOD).replace("\n", "\r\n").encode()
    assert read(write("o.csv", data)) == (f"2,{GOOD}\n", [])


def test_gzip_is_known_by_its_bytes_not_its_name(write):
    path = write("o.csv.gz", rows(GOOD))
    path = path.rename(path.with_name("o.csv"))
    assert read(path) == (f"2,{GOOD}\n", [])


def test_a_cut_off_gzip_is_refused(write):
    path = write("o.csv.gz", rows(*[GOOD] * 500))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileRefused) as refused:
        read(path)
    assert refused.value.code == "import.broken_gzip"


def test_missing_required_columns_are_refused_by_name(write):
    with pytest.raises(FileRefused, match=r"shop_no, paid_at") as refused:
        read(write("o.csv", "order_no,member_no,paid_amount\nA1,M1,1\n"))
    assert refused.value.code == "import.column_missing"


def test_a_column_named_twice_is_refused(write):
    with pytest.raises(FileRefused) as refused:
        read(write("o.csv", HEAD + ",order_no\n"))
    assert refused.value.code == "import.column_twice"


def test_unknown_columns_are_ignored_whatever_they_hold(write):
    path = write("o.csv", f"mood,{HEAD}\nfine,{GOOD}\na\x00b,{GOOD}\n")
    text, rejects = read(path)
    assert rejects == []
    assert text.splitlines()[0] == f"2,fine,{GOOD}"
    assert text.splitlines()[1].startswith('3,,"A1"')


def test_a_quoted_line_break_becomes_a_blank_and_later_lines_keep_their_numbers(write):
    path = write(
        "o.csv", rows(GOOD.replace("车厘子", '"车厘子\n大果"'), GOOD, "A9,M1,S1,x,2026-11-20,,,")
    )
    text, rejects = read(path)
    assert '"车厘子 大果"' in text
    assert f"4,{GOOD}" in text
    assert [(number, key) for number, key, _why in rejects] == [(5, "A9")]


def test_decomposed_text_is_composed_and_spaces_are_folded(write):
    text, _rejects = read(write("o.csv", rows(GOOD.replace("车厘子", "Cafe\u0301  au   lait "))))
    assert '"Caf\u00e9 au lait"' in text


def test_times_without_an_offset_are_shanghai_and_odd_spellings_are_understood(write):
    odd = ["2026/1/5 9:30", "2024-02-29 08:00:00", "2026-11-20", "2026-11-20T02:00:00.5Z"]
    lines = [GOOD.replace("2026-11-20 10:00:00", moment) for moment in odd]
    text, rejects = read(write("o.csv", rows(*lines)))
    assert rejects == []
    assert "2026-01-05T01:30:00+00:00" in text
    assert "2024-02-29T00:00:00+00:00" in text
    assert "2026-11-19T16:00:00+00:00" in text
    assert "2026-11-20T02:00:00.5Z" in text


def test_records_across_blocks_are_read_whole(write, monkeypatch):
    monkeypatch.setattr("common.loading.files.BLOCK_BYTES", 64)
    lines = [GOOD.replace("A1", f"A{n}").replace("车厘子", '"车\n厘\n子"') for n in range(50)]
    text, rejects = read(write("o.csv", rows(*lines)))
    assert rejects == []
    assert [line.split(",")[1] for line in text.splitlines()] == [f'"A{n}"' for n in range(50)]


def test_json_lines_are_taken(write):
    lines = [
        '{"member_no": "M1", "display_name": "小宁", "real_name_verified": true, "age": 3}',
        "",
        "[1]",
        '{"member_no": 77}',
        '{"member_no": ["M2"]}',
        '{"member_no": "M3",',
        '{"display_name": "nobody"}',
    ]
    text, rejects = read(write("m.jsonl", "\n".join(lines)), MemberLoader)
    assert text.splitlines()[0] == '1,"M1","小宁",,,"true",'
    assert text.splitlines()[1] == '4,"77",,,,,'
    assert [number for number, _key, _why in rejects] == [3, 5, 6, 7]


def test_a_json_list_is_refused_with_a_hint(write):
    with pytest.raises(FileRefused) as refused:
        read(write("m.json", '[{"member_no": "M1"}]'), MemberLoader)
    assert refused.value.code == "import.json_list"


def test_an_empty_file_is_refused(write):
    with pytest.raises(FileRefused) as refused:
        read(write("o.csv", ""))
    assert refused.value.code == "import.empty"


def test_the_quick_check_never_takes_what_the_careful_one_refuses(write):
    """Lines with odd fields in every column: the copy text must hold only what ``take`` allows."""
    odd = ["", " ", "0", "-1", "１", "1e9", "2026-13-01 00:00:00", "2026-11-31 00:00:00", "a  b", " a",
           "a ",
           "\u200b", "\x7f", "=1+1", '"', "''", "\\N", "\\.", "NULL", "infinity", "2019-06-01 24:00:00"]  # fmt: skip
    names = HEAD.split(",")
    columns = {column.name: column for column in OrderLoader.columns}
    for place, name in enumerate(names):
        for value in odd:
            fields = GOOD.split(",")
            fields[place] = value
            text, rejects = read(write("o.csv", rows(",".join(fields))))
            if rejects or not text:
                continue
            taken = text.rstrip("\n").split(",")[place + 1].strip('"')
            columns[name].take(taken)  # would raise
