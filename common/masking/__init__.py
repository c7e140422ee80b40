"""Find and hide personal data in text: phones, ID and bank numbers, mail, addresses, names.

Written numbers are found through their disguises (full width, Chinese numerals, blanks, dashes,
zero-width characters): the text is folded character by character, so that every find is a span
of the original. Everything is linear in the text; patterns over user text are possessive or
bounded.
"""

import logging
import re
from collections.abc import Iterable

from common.masking.addresses import (
    division_end,
    is_coarse,
    named_addresses,
    numbered_addresses,
)
from common.masking.folding import NUMERALS, WIDTH, Span, digits_of
from common.masking.mail import emails
from common.masking.names import announced_names, known_names
from common.masking.numbers import AREA_CODE, numbers, security_codes
from common.masking.own import own_numbers, own_numbers_in
from common.masking.spans import Taken, protected

__all__ = [
    "MaskingFilter",
    "Span",
    "blank_text",
    "find_personal",
    "mask_address",
    "mask_email",
    "mask_id",
    "mask_name",
    "mask_phone",
    "mask_region",
    "mask_text",
    "mask_texts",
    "own_numbers",
]

HIDDEN = "****"
_ROUNDS = 8


def mask_text(text: str, *, keep: Iterable[str] = (), names: Iterable[str] = ()) -> str:
    """Return ``text`` with personal data hidden; masking masked text changes nothing.

    ``keep`` are strings that must stay readable although they look personal (the order numbers
    of the conversation); ``names`` are real names known from elsewhere, hidden wherever they
    stand. Without ``names`` a name is found only where the text announces one.
    """
    keep, names = tuple(keep), tuple(names)
    # What is hidden may bring a telling word and a number closer together, so look again.
    for _round in range(_ROUNDS):
        spans = find_personal(text, keep=keep, names=names)
        if not spans:
            break
        text = _hide(text, spans)
    return text


def mask_texts(texts: Iterable[str], *, names: Iterable[str] = ()) -> list[str]:
    """Return ``texts`` masked, with the house's own numbers (orders) left readable.

    Asks the database once for all of them, and not at all when no long number stands in any.
    """
    texts = list(texts)
    keep, names = own_numbers_in(texts), tuple(names)
    return [mask_text(text, keep=keep, names=names) for text in texts]


def blank_text(text: str, *, keep: Iterable[str] = (), names: Iterable[str] = ()) -> str:
    """Return ``text`` with personal data replaced by a word for its kind: nothing of it stays.

    For erasure, where even the last four digits are too many. Blanking blank text changes nothing.
    """
    keep, names = tuple(keep), tuple(names)
    for _round in range(_ROUNDS):
        spans = find_personal(text, keep=keep, names=names)
        if not spans:
            break
        pieces, cursor = [], 0
        for span in spans:
            pieces += [text[cursor : span.start], _BLANKS[span.kind]]
            cursor = span.end
        text = "".join([*pieces, text[cursor:]])
    return _MASKED_PHONE.sub(_BLANKS["phone"], text)


def find_personal(text: str, *, keep: Iterable[str] = (), names: Iterable[str] = ()) -> list[Span]:
    """Return the personal data in ``text``, in order and without overlaps.

    Kinds: ``phone`` (mobile and land line, without the country code), ``id`` (resident ID card),
    ``card`` (bank card), ``cvv``, ``email``, ``address`` (from below the district), ``name``.
    """
    if not text:
        return []
    folded = text.translate(WIDTH)
    taken = Taken(protected(folded, keep))
    found = []
    for finder in _FINDERS:
        found += taken.take(finder(folded))
    found += taken.take(known_names(folded, names))
    return sorted(found)


def mask_phone(phone: str) -> str:
    """Return a phone number as ``138****5678``; a land line keeps area code and last four."""
    digits = digits_of(phone)
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    if len(digits) < 7:
        return HIDDEN if phone else ""
    area = AREA_CODE.match(digits) if len(digits) > 9 else None
    shown = area[0] + "-" if area else digits[:3] if len(digits) > 8 else ""
    return f"{shown}{HIDDEN}{digits[-4:]}"


def mask_id(number: str) -> str:
    """Return an ID card or bank card number as stars and its last four characters."""
    characters = [c for c in number.translate(WIDTH).translate(NUMERALS) if c.isalnum()]
    if len(characters) < 8:
        return HIDDEN if number else ""
    return "*" * (len(characters) - 4) + "".join(characters[-4:]).upper()


def mask_name(name: str) -> str:
    """Return a name with only its ends readable: ``周*宁``, ``周*``, ``欧**宁``, ``J***h``.

    Never more than three stars: a nickname's length would give it away, and fill the line.
    """
    name = name.strip()
    if len(name) < 2:
        return "*" * len(name)
    if name[0].isascii():
        return f"{name[0]}***{name[-1]}"
    stars = "*" * min(len(name) - 2, 3)
    return f"{name[0]}{stars}{name[-1]}" if stars else f"{name[0]}*"


def mask_email(address: str) -> str:
    """Return a mail address as its first character, stars and its domain."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}***@{domain}" if at else (HIDDEN if address else "")


def mask_address(address: str) -> str:
    """Return an address down to its district: ``浙江省杭州市余杭区****``."""
    address = address.strip()
    if not address:
        return ""
    return address[: division_end(address.translate(WIDTH), 0, len(address))] + HIDDEN


def mask_region(region: str) -> str:
    """Return a region as it is (``上海``, ``浙江省杭州市``), and an address in its place masked."""
    region = region.strip()
    folded = region.translate(WIDTH)
    return region if is_coarse(folded) and not find_personal(region) else mask_address(region)


class MaskingFilter(logging.Filter):
    """Hide personal data in log records: message, arguments and traceback."""

    _plain = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask ``record`` in place and let it pass."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            # A call with wrong arguments must not break the work it reports on, nor leak them.
            message = f"unformattable log message: {record.msg!r}"
        record.msg, record.args = mask_text(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._plain.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask_text(record.exc_text)
        return True


_FINDERS = (
    emails,
    numbers,
    security_codes,
    numbered_addresses,
    named_addresses,
    announced_names,
)
_BLANKS = {
    "phone": "〔电话〕",
    "id": "〔证件号〕",
    "card": "〔卡号〕",
    "cvv": "〔安全码〕",
    "email": "〔邮箱〕",
    "address": "〔地址〕",
    "name": "〔姓名〕",
}
# What was masked when it was written (138****5678) still points at somebody who is to be forgotten.
_MASKED_PHONE = re.compile(r"(?<![0-9*])(?:1[3-9][0-9])\*{4}[0-9]{4}(?![0-9*])")
_MASKS = {
    "phone": mask_phone,
    "id": mask_id,
    "card": mask_id,
    "cvv": lambda text: "***",
    "email": mask_email,
    "address": lambda text: HIDDEN,
    "name": mask_name,
}


def _hide(text: str, spans: Iterable[Span]) -> str:
    pieces, cursor = [], 0
    for span in spans:
        hidden = _MASKS[span.kind](text[span.start : span.end].translate(WIDTH))
        pieces += [text[cursor : span.start], hidden]
        cursor = span.end
    return "".join([*pieces, text[cursor:]])
