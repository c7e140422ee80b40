"""Fold text character by character, so that every position stays a position of the original."""

import unicodedata
from dataclasses import dataclass

ZERO_WIDTH = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"


def _width_table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table |= dict.fromkeys((0x3000, 0xA0, 0x2002, 0x2003, 0x2009, 0x202F), " ")
    table |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFE63), "-")
    table |= dict.fromkeys((0xB7, 0x2022, 0x30FB, 0xFF65, 0x2027), "·")
    for code in range(0xB2, 0x1FBFA):
        digit = unicodedata.digit(chr(code), None)
        if digit is not None:
            table[code] = str(digit)
    return table


def _numeral_table() -> dict[int, str]:
    numerals = {
        "0": "零〇洞○", "1": "一壹幺", "2": "二贰两", "3": "三叁", "4": "四肆",
        "5": "五伍", "6": "六陆", "7": "七柒拐", "8": "八捌", "9": "九玖勾",
    }  # fmt: skip
    return {ord(word): digit for digit, words in numerals.items() for word in words}


WIDTH = _width_table()
NUMERALS = _numeral_table()


def digits_of(text: str) -> str:
    return "".join(c for c in text.translate(WIDTH).translate(NUMERALS) if "0" <= c <= "9")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of personal data: ``text[start:end]`` is of ``kind``."""

    start: int
    end: int
    kind: str  # phone, id, card, cvv, email, address, name
