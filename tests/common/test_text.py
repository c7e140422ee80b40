import json
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import TextRefused, clean, clean_filename, clean_json, fold, parse_json

ANY = st.text(st.characters(exclude_categories=[]), max_size=200)
HOSTILE = st.text(
    st.sampled_from(
        "a周é\u0301\u0323\u0344\u0f73\u200b\u200d\u202e\u2066\u00ad \t\n\r\x0b\u2028"
        "가ᄀ각\ufb2c𝅗𝅥𝅥️①Å．／"
    ),
    max_size=60,
)


def refusal(value, clean=clean, **options):
    with pytest.raises(TextRefused) as caught:
        clean(value, **options)
    return caught.value.code


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("亲，在吗？", "亲，在吗？"),
        ("  在吗 \n", "在吗"),
        ("一\r\n二\r三\u2028四\x0b五", "一\n二\n三\n四\n五"),
        ("e\u0301", "é"),
        ("👨‍👩‍👧 𠮷 ❤️ 1️⃣", "👨‍👩‍👧 𠮷 ❤️ 1️⃣"),  # joined emoji, CJK extension B, selectors
        ("مرحبا", "مرحبا"),
        ("a\tb", "a\tb"),
        ("z" + "\u0323" * 9, "ẓ" + "\u0323" * 7),  # eight marks, the first joins the letter
    ],
)
def test_it_keeps_what_people_write(given, kept):
    assert clean(given, max_chars=50) == kept


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\x00b", "text.nul"),
        ("\ud83d", "text.surrogate"),
        ("x\udc00y", "text.surrogate"),
        ("a\x08b", "text.control"),
        ("周\x1b[31m", "text.control"),
        ("周\x9f", "text.control"),
        ("\uffff", "text.control"),
        ("", "text.empty"),
        (" \n\t　", "text.empty"),
        ("\u200b\u200d\ufeff", "text.empty"),
        ("x" * 51, "text.too_long"),
        ("x" * 10_000, "text.too_long"),
        (None, "text.type"),
        (b"bytes", "text.type"),
    ],
)
def test_it_refuses_what_cannot_be_stored_or_seen(value, code):
    assert refusal(value, max_chars=50) == code


def test_it_counts_after_trimming_and_composing():
    assert len(clean(" " + "e\u0301" * 50 + " ", max_chars=50)) == 50


def test_it_caps_bytes():
    assert clean("周" * 3, max_chars=10, max_bytes=9) == "周周周"
    assert refusal("周" * 4, max_chars=10, max_bytes=9) == "text.too_long"


def test_it_allows_nothing_when_nothing_is_required():
    assert clean("  ", max_chars=5, required=False) == ""


def test_a_name_is_one_line_without_tricks():
    given = "周\u202e小\u2066宁\n\t 旗\u200b舰店"
    assert clean(given, max_chars=20, single_line=True) == "周小宁 旗舰店"
    assert "\u202e" in clean("a\u202eb", max_chars=20)


@given(ANY | HOSTILE, st.booleans())
def test_cleaning_twice_is_cleaning_once(value, single_line):
    with suppress(TextRefused):
        once = clean(value, max_chars=300, single_line=single_line)
        assert clean(once, max_chars=300, single_line=single_line) == once
        assert unicodedata.is_normalized("NFC", once)
        json.dumps(once).encode()
        once.encode()


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "周a" * (n // 2),
        lambda n: "a" + "\u0301\u0323" * (n // 2),  # quadratic when composed uncapped
        lambda n: "\u0f73\u0344" * (n // 2),
        lambda n: " " * n,
        lambda n: "\r\n\r" * (n // 3),
        lambda n: "\u200d\u200b" * (n // 2),
    ],
    ids=["plain", "marks", "split marks", "blank", "breaks", "joiners"],
)
@pytest.mark.parametrize(
    "gate",
    [lambda t: clean(t, max_chars=len(t), required=False), clean_filename, fold],
    ids=["clean", "clean_filename", "fold"],
)
def test_a_million_characters_take_linear_time(growth, gate, make):
    assert growth(gate, make, 60_000) < 10


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 1.5, "周", [], {}, {"a": [1, {"b": None}]}, {"亲": "在\n吗 "}, 2**63 - 1],
)
def test_json_passes_unchanged(value):
    assert clean_json(value) == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"a": "\x00"}, "text.nul"),
        ({"\x00": 1}, "text.nul"),
        ([["\ud800"]], "text.surrogate"),
        ({"a": "\x07"}, "text.control"),
        (float("nan"), "text.number"),
        ([float("inf")], "text.number"),
        ({"a": 10**5000}, "text.number"),
        ({1: 2}, "text.key"),
        ({"é": 1, "e\u0301": 2}, "text.key"),
        ({"a": {1, 2}}, "text.type"),
        ({"a": b"x"}, "text.type"),
        ([[[[[[[[[1]]]]]]]]], "text.too_deep"),
        ("x" * 70_000, "text.too_long"),
        ("周" * 30_000, "text.too_long"),
        ([0] * 70_000, "text.too_long"),
        ([[]] * 70_000, "text.too_long"),
    ],
)
def test_json_is_refused_like_text(value, code):
    assert refusal(value, clean_json) == code


def test_json_of_any_depth_is_answered():
    value = []
    for _ in range(100_000):
        value = [value]
    assert refusal(value, clean_json) == "text.too_deep"
    assert refusal(value, clean_json, max_depth=10**9) == "text.too_deep"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "text.json"),
        (b"{", "text.json"),
        (b"[" * 50_000, "text.json"),
        (b"NaN", "text.json"),
        (b"\xff", "text.json"),
        (b'"\\ud800"', "text.json"),
        ('"\ud800"', "text.surrogate"),
        (b'{"a": "\\u0000"}', "text.nul"),
        (b"[[[[[[[[[1]]]]]]]]]", "text.too_deep"),
        (b'"' + b"x" * 70_000 + b'"', "text.too_long"),
    ],
)
def test_raw_json_is_refused(raw, code):
    assert refusal(raw, parse_json) == code


def test_raw_json_is_parsed():
    assert parse_json('{"op": "send", "n": [1, 2]}') == {"op": "send", "n": [1, 2]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_clean_json_can_be_written(value):
    with suppress(TextRefused):
        once = clean_json(value)
        json.dumps(once, allow_nan=False).encode()
        assert clean_json(once) == once


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("发票 2026.pdf", "发票 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.png", "a.png"),
        ("..／..／a.png", "a.png"),  # full-width slashes
        ("photo\u202egnp.exe", "photognp.exe"),
        ("a\u200b.p\u200dng", "a.png"),
        ("a\x00b\n.txt", "ab.txt"),
        (".htaccess", "htaccess"),
        ("a.txt. . ", "a.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com¹.log", "_com1.log"),
        ("ＡＢＣ．ＴＸＴ", "ABC.TXT"),
        ('a<b>"c|?*.png', "a_b__c___.png"),
        ("", "file"),
        ("..", "file"),
        ("\ud800", "file"),
        ("dir/", "dir"),
    ],
)
def test_a_file_name_is_made_safe(given, kept):
    assert clean_filename(given) == kept


def test_a_long_file_name_keeps_its_extension():
    name = clean_filename("图" * 200 + ".jpeg")
    assert name.endswith("图.jpeg")
    assert 175 < len(name.encode()) <= 180
    assert len(clean_filename("a." + "b" * 300).encode()) == 180


@given(ANY | HOSTILE, st.integers(32, 255))
def test_a_file_name_is_always_usable(value, max_bytes):
    name = clean_filename(value, max_bytes=max_bytes)
    assert 0 < len(name.encode()) <= max_bytes
    assert not set(name) & set('/\\\x00\n\r<>:"|?*')
    assert not name.startswith(".")
    assert clean_filename(name, max_bytes=max_bytes) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＶＩＰ８８", "vip88"),
        ("退\u200b款", "退款"),
        ("Straße", "STRASSE"),
        ("①", "1"),
        ("a\u202eb", "ab"),
        ("É", "e\u0301"),
    ],
)
def test_texts_that_mean_the_same_fold_to_the_same(one, other):
    assert fold(one) == fold(other)


@given(ANY | HOSTILE)
def test_folding_twice_is_folding_once(value):
    assert fold(fold(value)) == fold(value)
