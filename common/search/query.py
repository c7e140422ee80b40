"""What somebody typed, taken apart: words that must all be there, and what the index is asked for."""

from dataclasses import dataclass
from functools import cached_property

from common.search.words import grams, normalise
from common.text import clean

LONGEST_QUERY = 120
MOST_WORDS = 8


@dataclass(frozen=True)
class Query:
    """``text`` as typed (cleaned), ``words`` normalised; without words nothing is found."""

    text: str
    words: tuple[str, ...]

    @cached_property
    def grams(self) -> list[int]:
        """What the index is asked for; empty when every word is a single character."""
        return sorted({gram for word in self.words for gram in grams(word)})

    @property
    def is_too_short(self) -> bool:
        """Tell whether there is nothing worth looking for: nothing at all, or one letter or digit."""
        return not self.words or (len(self.words) == 1 and len(self.text) == 1 and _is_plain(self))

    @property
    def whole(self) -> str:
        """The words as one, as ``hidden`` words are asked for: with a blank on both sides."""
        return f" {''.join(self.words)} "

    def is_in(self, words: str, sounds: str = "", hidden: str = "") -> bool:
        """Tell whether a line says all of it: the same question as the statement's."""
        return (bool(hidden) and self.whole in hidden) or all(
            word in words or f" {word}" in sounds for word in self.words
        )


def parse(text: object) -> Query:
    """Take apart what was typed. Raises the codes of ``common.text.clean``; at most 120 characters.

    White space divides words; beyond the eighth they are one.
    """
    cleaned = clean(text, max_chars=LONGEST_QUERY, single_line=True, required=False)
    words = normalise(cleaned).split(" ", MOST_WORDS - 1)
    return Query(cleaned, tuple(dict.fromkeys(word for word in words if word)))


def _is_plain(query: Query) -> bool:
    return query.words[0].isascii()
