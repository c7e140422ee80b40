"""Numbers that are the house's own: an order number that looks like a bank card is still an order number.

This module knows no app: whoever gives out numbers registers a question, asked once for a whole
batch of texts.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from common.masking.folding import WIDTH

Known = Callable[[Collection[str]], Collection[str]]
"""Takes numbers found in texts, returns those that the house gave out."""

_known: dict[str, Known] = {}
_MOST = 500
# What can be taken for a bank card, an ID card or a phone number: an unbroken run of digits.
_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9]{11,32}+(?![0-9A-Za-z])")


def own_numbers(kind: str) -> Callable[[Known], Known]:
    """Register the question which numbers of ``kind`` are ours."""

    def register(known: Known) -> Known:
        _known[kind] = known
        return known

    return register


def own_numbers_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the house's own numbers that stand in ``texts``; one question per kind, none without digits."""
    found = {run for text in texts for run in _RUN.findall(text.translate(WIDTH))}
    asked: Sequence[str] = sorted(found)[:_MOST]
    if not asked:
        return frozenset()
    return frozenset(number for known in _known.values() for number in known(asked))
