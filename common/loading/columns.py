"""What one column of a file may hold.

Each kind says it twice: as a regular expression that accepts the everyday spelling, so that a
whole block of lines is checked in one match, and as a function that takes any spelling apart
and says in words what is wrong with it. The expression never accepts what the function refuses.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from common.rules import FIRST_YEAR, LAST_YEAR, SHANGHAI
from common.text import TextRefused, clean

# Characters that the text gate leaves as they are wherever they stand: visible ASCII without
# quote and comma, Chinese characters and the punctuation that goes with them.
PLAIN = (
    "!#-+\\-./0-9:-~\u2014\u2018-\u201d\u2026\u3001-\u3003\u3008-\u3011\u4e00-\u9fff\uff01-\uff5e"
)


class Refused(ValueError):
    """One line cannot be taken; the message says why in words."""


class Column:
    """A column of a file: its name, whether it must be there, and what it may hold."""

    sql_type = "text"
    pattern = ""

    def __init__(self, name: str, *, required: bool = False) -> None:
        self.name = name
        self.required = required

    def strict_pattern(self) -> str:
        """Return the expression for blocks in which two spaces follow each other somewhere."""
        return self.pattern

    def field(self, *, strict: bool) -> str:
        """Return the expression of the whole field, empty or not."""
        inner = self.strict_pattern() if strict else self.pattern
        return f"(?>{inner})" if self.required else f"(?>{inner})?+"

    def take(self, raw: str) -> str | None:
        """Return ``raw`` in the form the staging table takes, None when empty.

        Raises :class:`Refused`.
        """
        raw = raw.strip()
        if not raw:
            if self.required:
                raise Refused(_("%(column)s is empty.") % {"column": self.name})
            return None
        return self.parse(raw)

    def parse(self, raw: str) -> str:
        """Return the value of a ``raw`` that is not empty. Raises :class:`Refused`."""
        raise NotImplementedError


class Text(Column):
    """One line of text of at most ``max_chars`` characters."""

    def __init__(self, name: str, max_chars: int, *, required: bool = False) -> None:
        super().__init__(name, required=required)
        self.max_chars = max_chars
        body = f"[{PLAIN}][ {PLAIN}]{{0,{max_chars - 1}}}+(?<! )"
        quoted = f'"[{PLAIN},][ ,{PLAIN}]{{0,{max_chars - 1}}}+(?<! )"'
        self.pattern = f"{body}|{quoted}"

    def strict_pattern(self) -> str:
        more = self.max_chars - 1
        body = f"[{PLAIN}](?:[{PLAIN}]| (?! )){{0,{more}}}+(?<! )"
        quoted = f'"[{PLAIN},](?:[,{PLAIN}]| (?! )){{0,{more}}}+(?<! )"'
        return f"{body}|{quoted}"

    def parse(self, raw: str) -> str:
        try:
            text = clean(raw, max_chars=self.max_chars, single_line=True, required=False)
        except TextRefused as refusal:
            raise Refused(self._words(refusal)) from refusal
        if not text and self.required:
            raise Refused(_("%(column)s is empty.") % {"column": self.name})
        return text

    def _words(self, refusal: TextRefused) -> str:
        if refusal.code == "text.too_long":
            return _("%(column)s is longer than %(limit)s characters.") % {
                "column": self.name,
                "limit": self.max_chars,
            }
        return f"{self.name}: {refusal.message}"


class Key(Text):
    """A natural key or a reference to one."""


class Phone(Text):
    """A telephone number as people write it."""

    _allowed = re.compile(r"[0-9+\-() ext.#*]{3,32}", re.ASCII | re.IGNORECASE)

    def __init__(self, name: str) -> None:
        super().__init__(name, 32)
        self.pattern = r"\+?[0-9][0-9\-]{2,30}"

    def strict_pattern(self) -> str:
        return self.pattern

    def parse(self, raw: str) -> str:
        text = super().parse(raw)
        if not self._allowed.fullmatch(text):
            raise Refused(_("%(column)s is not a telephone number.") % {"column": self.name})
        return text


class Money(Column):
    """An amount of CNY, not negative, with at most two decimals."""

    sql_type = "numeric"
    pattern = r"[0-9]{1,12}(?:\.[0-9]{1,2})?"
    _plain = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?", re.ASCII)

    def parse(self, raw: str) -> str:
        try:
            if not self._plain.fullmatch(raw) or len(raw) > 60:
                raise InvalidOperation
            amount = Decimal(raw)
        except InvalidOperation as error:
            raise Refused(
                _("%(column)s is not an amount: write digits with a point, like 168.00.")
                % {"column": self.name}
            ) from error
        if amount < 0:
            raise Refused(
                _("%(column)s is negative; what was paid back is a refund, not an order.")
                % {"column": self.name}
            )
        if amount >= Decimal(10) ** 12:
            raise Refused(_("%(column)s is too large.") % {"column": self.name})
        if amount != amount.quantize(Decimal("0.01")):
            raise Refused(_("%(column)s has more than two decimals.") % {"column": self.name})
        return str(amount.quantize(Decimal("0.01")))


class Whole(Column):
    """A whole number from ``minimum`` to the largest the table takes."""

    sql_type = "integer"
    pattern = r"[1-9][0-9]{0,8}"

    def __init__(self, name: str, *, minimum: int = 1, required: bool = False) -> None:
        super().__init__(name, required=required)
        self.minimum = minimum

    def parse(self, raw: str) -> str:
        if not re.fullmatch(r"[+-]?[0-9]{1,40}", raw):
            raise Refused(_("%(column)s is not a whole number.") % {"column": self.name})
        number = int(raw)
        if number < self.minimum:
            raise Refused(
                _("%(column)s must be at least %(minimum)s.")
                % {"column": self.name, "minimum": self.minimum}
            )
        if number > 2_147_483_647:
            raise Refused(_("%(column)s is too large.") % {"column": self.name})
        return str(number)


class Moment(Column):
    """A moment, ISO 8601; without an offset it is Shanghai's clock."""

    sql_type = "timestamptz"
    # Only days that every year has: 29 February is left to ``parse``.
    _day = (
        r"(?:(?:0[13-9]|1[0-2])-(?:0[1-9]|[12][0-9]|30)"
        r"|02-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13578]|1[02])-31)"
    )
    _clock = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?+)?+"
    _zone = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])?+"
    pattern = rf"(?:20[0-8][0-9]|199[1-9]|209[0-8])-{_day}[ T]{_clock}{_zone}"

    def parse(self, raw: str) -> str:
        return moment_of_text(raw, self.name).isoformat()


def moment_of_text(raw: str, column: str) -> datetime:
    """Return the aware moment written in ``raw``; without an offset it is Shanghai's clock.

    Takes ISO 8601 and the same with slashes. Raises :class:`Refused`.
    """
    text = raw.strip()
    if re.match(r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}(?![0-9])", text):
        day, gap, clock = text.partition(" ")
        year, month, number = day.split("/")
        text = f"{year}-{month:0>2}-{number:0>2}{gap}{clock}"
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]:", text):
        text = f"{text[:11]}0{text[11:]}"
    try:
        # Four digits, dashes: the compact and week forms of ISO 8601 are too easily something else.
        if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T]|$)", text, re.ASCII):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=SHANGHAI)
        if not moment.tzinfo or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise OverflowError
        # Second-precision offsets exist in ISO text but not in the database's.
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Refused(
            _("%(column)s lies outside the years %(first)s to %(last)s.")
            % {"column": column, "first": FIRST_YEAR, "last": LAST_YEAR}
        ) from error
    except ValueError as error:
        raise Refused(
            _("%(column)s is not a time: write it like 2026-11-20 09:00:00.") % {"column": column}
        ) from error


class Choice(Column):
    """One of a few words."""

    def __init__(self, name: str, words: list[str], *, required: bool = False) -> None:
        super().__init__(name, required=required)
        self.words = words
        self.pattern = "|".join(map(re.escape, words))

    def parse(self, raw: str) -> str:
        word = raw.lower()
        if word not in self.words:
            raise Refused(
                _("%(column)s is none of %(words)s.")
                % {"column": self.name, "words": ", ".join(self.words)}
            )
        return word


class Truth(Column):
    """Yes or no."""

    sql_type = "boolean"
    pattern = "true|false|1|0"
    _words = {
        **dict.fromkeys(("true", "1", "yes", "y", "t", "是", "已认证", "已实名"), "true"),
        **dict.fromkeys(("false", "0", "no", "n", "f", "否", "未认证", "未实名"), "false"),
    }

    def parse(self, raw: str) -> str:
        try:
            return self._words[raw.lower()]
        except KeyError:
            raise Refused(_("%(column)s is neither yes nor no.") % {"column": self.name}) from None
