"""Find phone, ID card and bank card numbers, however they are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from common.masking.folding import NUMERALS, ZERO_WIDTH, Span

LONGEST_NUMBER = 19
_RUN = re.compile(
    rf"[0-9](?:[ \-.·()_、,，/|~#{ZERO_WIDTH}]{{0,4}}+[0-9])*+(?:[ \-、,，]?[xX×Ⅹ](?![0-9A-Za-z]))?"
)
_WIDE = frozenset("、,，/|~#")  # between single digits only: elsewhere they part two numbers
_PROVINCES = frozenset(
    f"{region}{number}"
    for region, numbers in enumerate(
        ("12345", "123", "1234567", "123456", "01234", "12345", "1", "123"), 1
    )
    for number in numbers
)
_ABOUT_ID = re.compile(r"身份证|证件|(?i:id ?card)")
_ABOUT_CARD = re.compile(r"银行卡|卡号|账号|帐号|信用卡|储蓄卡|借记卡|开户|(?i:card)")
_ABOUT_PHONE = re.compile(r"电话|座机|固话|手机|联系|号码|(?i:tel|phone|call)")
_ABOUT_ORDER = re.compile(r"订单|单号|运单|快递|物流|流水|编号|(?i:order|trade|waybill|no\.)")
_CONTEXT = 14
_PHONE_SHAPES = frozenset(
    {
        (11,),
        (3, 4, 4),
        (3, 8),
        (7, 4),
        (3, 3, 5),
        (4, 3, 4),
        (4, 4, 3),
        (3, 5, 3),
        (5, 6),
        (6, 5),
    }
    | {
        (3, 4, 2, 2),
        (3, 2, 2, 2, 2),
        (1, 2, 2, 2, 2, 2),
        (2, 2, 2, 2, 2, 1),
        (4, 7),
        (8, 3),
    }
    | {(2, 3, 3, 3), (3, 3, 3, 2), (1, 10)}
)
AREA_CODE = re.compile(r"010|02[0-57-9]|0[3-9]\d\d")


@dataclass(slots=True)
class _Run:
    """Digits that stand near each other, and where each came from."""

    folded: str
    digits: str
    at: list[int]
    # Offsets into `digits` where a written number may begin or end, and what stands before it.
    gaps: dict[int, str]
    # A run holds no words, so what speaks of a card anywhere in it stands before it.
    about_card: bool

    def shape(self, start: int, end: int) -> tuple[int, ...]:
        """Return the lengths of the groups a reader sees in ``digits[start:end]``."""
        seen = [o for o in range(start + 1, end) if self.gaps.get(o)]
        return tuple(b - a for a, b in pairwise([start, *seen, end]))

    def before(self, start: int, reach: int = _CONTEXT) -> str:
        """Return the text just before the digit at offset ``start``."""
        return self.folded[max(0, self.at[start] - reach) : self.at[start]]

    def follows_letter(self, start: int) -> bool:
        """Answer whether a Latin letter stands right before the digit at offset ``start``."""
        before = self.folded[max(0, self.at[start] - 1) : self.at[start]]
        return before.isascii() and before.isalpha()


def numbers(folded: str) -> Iterator[Span]:
    numerals = folded.translate(NUMERALS)
    for match in _RUN.finditer(numerals):
        # Seven characters are the shortest thing anyone could want hidden.
        if match.end() - match.start() < 8:
            continue
        yield from _numbers_in(_read_run(folded, numerals, match.start(), match.end()))


def _read_run(folded: str, numerals: str, start: int, end: int) -> _Run:
    digits: list[str] = []
    at: list[int] = []
    gaps: dict[int, str] = {0: ""}
    between, script = "", None
    for position in range(start, end):
        character = numerals[position]
        if character in "xX×Ⅹ":
            character = "X"
        elif not "0" <= character <= "9":
            # Zero-width characters part nothing for a reader.
            between += character if character in " -.·()_、,，/|~#" else ""
            continue
        here = folded[position].isascii()
        if digits and (between or (here is not script and character != "X")):
            gaps[len(digits)] = between
        digits.append(character)
        at.append(position)
        between, script = "", here
    gaps[len(digits)] = ""
    about_card = bool(_ABOUT_CARD.search(folded[max(0, start - _CONTEXT) : start]))
    return _Run(folded, "".join(digits), at, gaps, about_card)


def _numbers_in(run: _Run) -> Iterator[Span]:
    cursor = 0
    for start in list(run.gaps)[:-1]:
        if start < cursor or _is_masked_side(run, start):
            continue
        for kind, begin, end in _candidates(run, start):
            last = run.at[end - 1] + 1
            if end in run.gaps and run.folded[last : last + 1] != "*":
                yield Span(run.at[begin], last, kind)
                cursor = end
                break


def _is_masked_side(run: _Run, start: int) -> bool:
    return run.folded[run.at[start] - 1 : run.at[start]] == "*" if run.at[start] else False


def _candidates(run: _Run, start: int) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, begin, end) of the numbers that may begin at offset ``start``."""
    digits = run.digits
    one, two = digits[start], digits[start : start + 2]
    if two in _PROVINCES:
        if _is_id(run, start):
            yield "id", start, start + 18
        if start + 15 in run.gaps and _is_old_id(run, start):
            yield "id", start, start + 15
    if one in "1804":
        for prefix in ("", "86", "0086"):
            begin = start + len(prefix)
            if prefix and run.follows_letter(start):  # a waybill: SF86145…
                break
            if digits.startswith(prefix, start) and _is_mobile(run, start, begin):
                yield "phone", begin, begin + 11
    if one == "0" and (area := AREA_CODE.match(digits, start)):
        for length in (8, 7):
            if area.end() + length in run.gaps and _is_landline(run, start, area.end(), length):
                yield "phone", area.end(), area.end() + length
    if run.follows_letter(start):
        return
    for length in range(LONGEST_NUMBER, 12, -1):
        if start + length in run.gaps and _is_card(run, start, length):
            yield "card", start, start + length


def _is_mobile(run: _Run, start: int, begin: int) -> bool:
    number = run.digits[begin : begin + 11]
    if len(number) < 11 or number[0] != "1" or number[1] not in "3456789" or "X" in number:
        return False
    separators = "".join(run.gaps.get(o, "") for o in range(begin + 1, begin + 11))
    # One point is a decimal point: an amount or a time stamp.
    if separators.strip(" ") in (".", "_"):
        return False
    shape = run.shape(begin, begin + 11)
    if shape == (1,) * 11:
        return _stands_alone(run, start, begin + 11)
    return shape in _PHONE_SHAPES and not _WIDE.intersection(separators)


def _stands_alone(run: _Run, start: int, end: int) -> bool:
    """Answer whether spelled-out digits are a whole series, not a window on a longer one."""
    return start - 1 not in run.gaps and end + 1 not in run.gaps


def _is_landline(run: _Run, start: int, local: int, length: int) -> bool:
    end = local + length
    if run.digits[local] in "01" or "X" in run.digits[local:end]:
        return False
    shape = run.shape(start, end)
    if len(shape) == 1:
        return bool(_ABOUT_PHONE.search(run.before(start)))
    parted = run.gaps.get(local, "?").strip(" ") in ("-", "", ")", "_")
    return parted and shape[1:] in {(7,), (8,), (3, 4), (4, 4)}


def _is_id(run: _Run, start: int) -> bool:
    number = run.digits[start : start + 18]
    if len(number) < 18 or number[:2] not in _PROVINCES or "X" in number[:17]:
        return False
    if not _is_birthday(number[6:14]) or not _is_written_together(run, start, start + 18):
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return "10X98765432"[total % 11] == number[17] or bool(_ABOUT_ID.search(run.before(start)))


def _is_old_id(run: _Run, start: int) -> bool:
    # Fifteen digits have no checksum, so they count only where the text speaks of an ID card.
    number = run.digits[start : start + 15]
    return (
        len(number) == 15
        and "X" not in number
        and _is_birthday(f"19{number[6:12]}")
        and bool(_ABOUT_ID.search(run.before(start)))
    )


def _is_birthday(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return 1880 < born.year < 2100


def _is_written_together(run: _Run, start: int, end: int) -> bool:
    inside = "".join(run.gaps.get(o, "") for o in range(start + 1, end))
    if "." in inside:
        return False
    return not _WIDE.intersection(inside) or run.shape(start, end) == (1,) * (end - start)


def _is_card(run: _Run, start: int, length: int) -> bool:
    number = run.digits[start : start + length]
    issued = _is_issued(number)
    if not (issued or run.about_card):
        return False
    sound = _is_luhn(number)
    if not ((issued and sound) or (length >= 16 and run.about_card and (issued or sound))):
        return False
    if not _is_written_together(run, start, start + length):
        return False
    # Beside the word, a typing error or an issuer we do not know is still a card.
    before = run.before(start)
    if _ABOUT_CARD.search(before):
        return True
    return issued and sound and not _ABOUT_ORDER.search(before)


def _is_issued(number: str) -> bool:
    """Answer whether issuers give out numbers that begin so, in this length."""
    length, two = len(number), number[:2]
    if two == "62":
        return 16 <= length <= 19
    if number[:4] in ("9558", "6013", "6033", "6223", "6228", "9843", "9400"):
        return length in (16, 18, 19)
    if number[0] == "4":
        return length in (13, 16)
    if two in ("51", "52", "53", "54", "55", "35", "60", "65"):
        return length == 16
    if two in ("34", "37"):
        return length == 15
    return two in ("30", "36", "38") and length == 14


_DOUBLED = str.maketrans("0123456789", "0246813579")


def _is_luhn(number: str) -> bool:
    if not number.isdecimal():
        return False
    return sum(map(int, number[-1::-2] + number[-2::-2].translate(_DOUBLED))) % 10 == 0


_SECURITY_CODE = re.compile(
    r"(?:(?i:cvv2?|cvc2?|cvn2?)|安全码|(?:卡|背)[面后]{1,2}(?:的)?(?:后|末)?三位)"
    r"[^0-9\n]{0,8}+([0-9]{3,4})(?![0-9])"
)


def security_codes(folded: str) -> Iterator[Span]:
    for match in _SECURITY_CODE.finditer(folded):
        yield Span(match.start(1), match.end(1), "cvv")
