"""Normalising, pairs and pinyin: tables."""

import pytest
from django.db import connection

from common.search.query import parse
from common.search.snippets import snippet_of
from common.search.words import grams, normalise, simplified, sounds_of
from common.text import TextRefused

TEXTS = [
    "签收就坏了一半，怎么办？",
    "後臺軟件裏的頭髮",
    "Ｎｉｋｅ Air  Max\n2026",
    "乾隆皇帝 乾燥",
    "订单2611200341700001和S3001",
    "😀👍🏽 emoji 𠮷野家",
    "שלום עולם مرحبا",
    "a",
    "",
    "！！！？？",
]


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("後臺", "后台"),
        ("乾隆", "干隆"),  # by character: the word keeps it, its part would not
        ("乾燥", "干燥"),
        ("裏 裡 里", "里 里 里"),  # Hong Kong's and Taiwan's too
        ("ＪＪ級", "jj级"),
        (" a\u200b\n\tb ", "a b"),
    ],
)
def test_traditional_becomes_simplified_character_by_character(text, searched):
    assert normalise(text) == searched


@pytest.mark.parametrize("text", TEXTS)
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


def test_the_table_leads_to_its_end():
    assert not {ord(to) for to in simplified().values()} & set(simplified())


@pytest.mark.parametrize("text", TEXTS)
def test_the_index_holds_every_part_that_may_be_asked_for(db, text):
    line = normalise(text)
    with connection.cursor() as cursor:
        cursor.execute("SELECT common_grams(%s, '', '')", [line])
        stored = set(cursor.fetchone()[0])
    for low in range(len(line)):
        for high in range(low + 1, len(line) + 1):
            for word in line[low:high].split():
                assert set(grams(word)) <= stored, (line, word)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("周小宁", ["zhouxiaoning", "zhou", "xiaoning", "zxn", "zx", "ning"]),
        ("重庆火锅", ["chongqing", "chongqinghuoguo", "cq", "cqhg", "huoguo"]),
        ("单田芳", ["shantianfang", "stf"]),
        ("曾国藩", ["zengguofan", "zgf"]),
        ("尉迟恭", ["yuchigong", "ycg"]),
        ("解珍", ["xiezhen", "xz"]),
        ("吕布", ["lvbu", "lb"]),
        ("Nike旗舰店", ["nike", "nikeqijiandian", "nqjd", "qijian"]),
        ("劉備", ["liubei", "lb"]),
    ],
)
def test_names_are_typed_by_pinyin_and_initials(name, typed):
    sounds = sounds_of(name, is_person=len(name) < 4)
    assert [word for word in typed if f" {word}" not in sounds] == []


def test_a_sound_begins_at_a_syllable():
    assert " hang" not in sounds_of("张安娜丹")
    assert " hou" not in sounds_of("周小宁")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("字" * 10_000, "text.too_long"),
        ("a\x00b", "text.control"),
        ("\ud800", "text.surrogate"),
        (None, "text.type"),
    ],
)
def test_what_cannot_be_text_is_refused(text, code):
    with pytest.raises(TextRefused) as refused:
        parse(text)
    assert refused.value.code in {code, "text.nul"}


@pytest.mark.parametrize(
    ("text", "asked", "shown", "marked"),
    [
        ("签收就坏了一半", "坏了", "签收就坏了一半", ["坏了"]),
        ("簽收就壞了一半", "坏了", "簽收就壞了一半", ["壞了"]),
        ("ＪＪ級 車厘子", "jj 车厘", "ＪＪ級 車厘子", ["ＪＪ", "車厘"]),
        ("<b>坏果</b>", "坏果", "<b>坏果</b>", ["坏果"]),
        ("没有", "坏果", "没有", []),
        ("㎏一公斤", "kg", "㎏一公斤", ["㎏"]),
    ],
)
def test_a_snippet_says_where_the_words_stand(text, asked, shown, marked):
    snippet = snippet_of(text, parse(asked))
    assert snippet.text == shown
    assert [snippet.text[low:high] for low, high in snippet.marks] == marked


def test_a_snippet_is_cut_around_the_find():
    snippet = snippet_of("前" * 500 + "坏果" + "后" * 500, parse("坏果"))
    assert snippet.text.startswith("…前")
    assert snippet.text.endswith("后…")
    assert [snippet.text[low:high] for low, high in snippet.marks] == ["坏果"]
    assert "".join(text for text, _marked in snippet.parts) == snippet.text
