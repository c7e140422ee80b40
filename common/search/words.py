"""The form in which texts are searched: the same for what is stored and for what is asked.

Characters are mapped one by one and never by words: OpenCC turns 乾 into 干 or leaves it, by the word
around it, and a part of a word would then not be found in the whole. Mapped one by one, two texts
that differ only in traditional and simplified characters always become the same text.
"""

import re
from functools import cache, lru_cache
from itertools import islice, product

import opencc
from pypinyin import Style, lazy_pinyin, pinyin

from common.text import fold

LONGEST_LINE = 8_000
"""Characters of one thing that are searched; what comes after is not."""
SYLLABLES = 12
READINGS = 8
LONGEST_PERSON = 5
SURNAMES = {
    "万俟": "mo qi", "尉迟": "yu chi", "单于": "chan yu", "长孙": "zhang sun", "澹台": "tan tai",
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "任": "ren", "区": "ou",
    "朴": "piao", "盖": "ge", "乐": "yue", "华": "hua", "黑": "he", "缪": "miao", "翟": "zhai",
    "员": "yun", "覃": "qin", "召": "shao", "种": "chong", "繁": "po", "秘": "bi", "冼": "xian",
    "洗": "xian", "折": "she", "祭": "zhai", "隗": "kui", "那": "na", "能": "nai", "宓": "mi",
    "令狐": "ling hu", "鲜于": "xian yu", "宿": "su", "尹": "yin", "纪": "ji", "应": "ying",
}  # fmt: skip
"""Surnames that are read otherwise than their characters usually are."""
_RUN = re.compile("[0-9a-z]{4,}")
_PLAIN = re.compile("[0-9a-z]+")
_HAN = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x2A6E0))


@cache
def simplified() -> dict[int, str]:
    """Return the table of single characters, traditional (also Hong Kong's and Taiwan's) to simplified."""
    characters = [chr(point) for low, high in _HAN for point in range(low, high)]
    # One a line: no word is ever seen, so no word can decide.
    table: dict[str, str] = {}
    for name in ("hk2s", "tw2s", "t2s"):
        lines = opencc.OpenCC(name).convert("\n".join(characters)).split("\n")
        table |= {a: b for a, b in zip(characters, lines, strict=True) if a != b and len(b) == 1}
    return {ord(a): _end_of(table, a) for a in table}


def _end_of(table: dict[str, str], character: str) -> str:
    """Follow the table to its end, so that mapping what is mapped changes nothing."""
    seen = {character}
    while (then := table.get(character)) and then not in seen:
        seen.add(then)
        character = then
    return character


def normalise(text: str) -> str:
    """Return ``text`` as it is searched: folded, simplified, each run of white space one blank.

    Normalising normalised text changes nothing; linear in the text.
    """
    text = fold(text[:LONGEST_LINE])
    if not text.isascii():
        text = text.translate(simplified())
    return " ".join(text.split())


@lru_cache(maxsize=50_000)
def normalise_one(character: str) -> str:
    """Return what one character becomes; white space stays a blank."""
    return " " if character.isspace() else normalise(character)


def grams(text: str) -> list[int]:
    """Return what the index is asked for to find ``text``: all of it is in ``common_grams`` of a finder.

    Pairs of characters; within runs of four or more letters and digits, runs of four instead, because
    pairs of digits are everywhere. Empty for a single character.
    """
    found: set[int] = set()
    runs = [match.span() for match in _RUN.finditer(text)]
    for start, end in runs:
        found.update(_four(text[at : at + 4]) for at in range(start, end - 3))
    inside = {at for start, end in runs for at in range(start, end - 1)}
    found.update(
        _pair(text[at], text[at + 1])
        for at in range(len(text) - 1)
        if at not in inside and text[at] != " " != text[at + 1]
    )
    return sorted(found)


def sounds_of(name: str, *, is_person: bool = False) -> str:
    """Return how ``name`` is typed: its pinyin and its initials, from each syllable on.

    A person's first characters are read as a surname (单 shan, 尉迟 yuchi), and in the other ways
    besides. Each word has a blank ahead of it, because a search compares beginnings of words.
    """
    words: dict[str, None] = {}
    for syllables in _readings(normalise(name), is_person):
        for start in range(len(syllables)):
            words["".join(syllables[start:])] = None
            words["".join(syllable[0] for syllable in syllables[start:])] = None
    return "".join(f" {word}" for word in words)


def full_sounds_of(name: str) -> set[str]:
    """Return the whole pinyin of a person's name, in each of its readings."""
    return {"".join(syllables) for syllables in _readings(normalise(name), True)}


def _readings(name: str, is_person: bool) -> list[list[str]]:
    readings = [_syllables(lazy_pinyin(name))]
    if not is_person or name.isascii():
        return readings
    for length in (2, 1):
        if sound := SURNAMES.get(name[:length]):
            readings.insert(0, [*sound.split(), *_syllables(lazy_pinyin(name)[length:])])
            break
    if len(name) <= LONGEST_PERSON:
        choices = pinyin(name, style=Style.NORMAL, heteronym=True)
        readings += [_syllables(list(way)) for way in islice(product(*choices), READINGS)]
    return readings


def _syllables(pieces: list[str]) -> list[str]:
    return [word for piece in pieces for word in _PLAIN.findall(piece)][:SYLLABLES]


def _pair(a: str, b: str) -> int:
    return (((ord(a) << 16) ^ ord(b)) & 0xFFFF_FFFF) - 0x8000_0000


def _four(run: str) -> int:
    a, b, c, d = map(ord, run)
    return (a << 21) | (b << 14) | (c << 7) | d
