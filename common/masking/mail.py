"""Find mail addresses."""

import re
from collections.abc import Iterator

from common.masking.folding import ZERO_WIDTH, Span

_LOCAL_PART = re.compile(rf"[A-Za-z0-9._%+\-{ZERO_WIDTH}]")
_DOMAIN = re.compile(
    rf"(?:[A-Za-z0-9\-{ZERO_WIDTH}]{{1,63}}+\.){{1,6}}[A-Za-z{ZERO_WIDTH}]{{2,24}}"
)


def emails(folded: str) -> Iterator[Span]:
    free_from, at = 0, folded.find("@")
    while at >= 0:
        start = at
        while start > max(free_from, at - 64) and _LOCAL_PART.match(folded[start - 1]):
            start -= 1
        domain = _DOMAIN.match(folded, at + 1)
        if domain and start < at and folded[start - 1 : start] != "*":
            yield Span(start, domain.end(), "email")
            free_from = domain.end()
        at = folded.find("@", max(at + 1, free_from))
