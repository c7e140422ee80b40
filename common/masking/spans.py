"""Keep finds apart: what one finder has taken, or nobody may take, is not looked at again."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from common.masking.folding import WIDTH, Span

# Identifiers of ours and digests; a phone number inside one is a coincidence.
_MACHINE_ID = re.compile(
    r"(?<![0-9a-zA-Z])(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-fA-F]{32,128}+)(?![0-9a-zA-Z])"
)


def protected(folded: str, keep: Iterable[str]) -> Iterator[tuple[int, int]]:
    for match in _MACHINE_ID.finditer(folded):
        yield match.span()
    for text in keep:
        yield from occurrences(folded, text.translate(WIDTH))


def occurrences(folded: str, wanted: str) -> Iterator[tuple[int, int]]:
    start = folded.find(wanted) if wanted else -1
    while start >= 0:
        yield start, start + len(wanted)
        start = folded.find(wanted, start + len(wanted))


class Taken:
    """Intervals no later finder may touch."""

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        self.intervals: list[tuple[int, int]] = []
        for start, end in sorted(intervals):
            if not self.intervals or start >= self.intervals[-1][1]:
                self.intervals.append((start, end))

    def take(self, spans: Iterable[Span]) -> list[Span]:
        """Return the spans that are free, and mark them taken."""
        free, last_end = [], 0
        for span in spans:
            if span.start >= last_end and not self._touches(span):
                free.append(span)
                last_end = span.end
        self.intervals = sorted([*self.intervals, *((span.start, span.end) for span in free)])
        return free

    def _touches(self, span: Span) -> bool:
        position = bisect_left(self.intervals, (span.end, 0))
        return position > 0 and self.intervals[position - 1][1] > span.start
