"""What is shown of a found text: a cut around the first find, and where in it the words stand."""

from dataclasses import dataclass, field
from typing import Any

from common.search.query import Query
from common.search.words import LONGEST_LINE, normalise_one

AHEAD, LENGTH = 24, 96


@dataclass(frozen=True)
class Snippet:
    """``marks`` are spans of ``text``, counted in characters (Unicode code points), in order, apart."""

    text: str
    marks: list[tuple[int, int]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as clients get it."""
        return {"text": self.text, "marks": [list(mark) for mark in self.marks]}

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it is marked: for templates."""
        pieces, at = [], 0
        for start, end in self.marks:
            pieces += [(self.text[at:start], False), (self.text[start:end], True)]
            at = end
        return [piece for piece in [*pieces, (self.text[at:], False)] if piece[0]]


def snippet_of(text: str, query: Query, *, length: int = LENGTH) -> Snippet:
    """Return the part of ``text`` around the first of the query's words, on one line, words marked."""
    text = " ".join(text[: 2 * LONGEST_LINE].split())
    spans = spans_of(text, query)
    first = spans[0][0] if spans else 0
    start = max(0, first - AHEAD) if len(text) > length else 0
    start = min(start, max(0, len(text) - length))
    end = min(len(text), start + length)
    ahead, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(ahead) - start
    marks = [
        (max(low, start) + shift, min(high, end) + shift)
        for low, high in spans
        if low < end and high > start
    ]
    return Snippet(f"{ahead}{text[start:end]}{after}", marks)


def spans_of(text: str, query: Query) -> list[tuple[int, int]]:
    """Return where the query's words stand in ``text``, in order, joined where they touch. Linear."""
    pieces, places = [], []
    for at, character in enumerate(text):
        piece = normalise_one(character)
        pieces.append(piece)
        places += [at] * len(piece)
    folded = "".join(pieces)
    found = []
    for word in query.words:
        at = folded.find(word)
        while at >= 0:
            found.append((places[at], places[at + len(word) - 1] + 1))
            at = folded.find(word, at + len(word))
    return _joined(sorted(found))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for low, high in spans:
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined
