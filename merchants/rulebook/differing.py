"""What changed from one text to another: by sentences, and inside a changed sentence by words and characters.

Chinese has no blanks between words, so a changed sentence is compared by single characters, with runs
of letters and of digits as one piece; scraps between two changes that are shorter than what changed
are taken into the change, because people read words and not characters.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, ADDED, GONE = "same", "added", "gone"

_SENTENCE = re.compile(r"[^。！？；!?;\n]*(?:[。！？；!?;]+[」』”’）)]*|\n+|$)")
_PIECE = re.compile(r"[0-9]+(?:[.,][0-9]+)*%?|[A-Za-z]+|\s+|.", re.DOTALL)
_ALIKE = 0.3
"""Sentences that share less are not compared by words: one is gone, the other is new."""
_SCRAP = 2
"""Characters between two changes that do not stand for themselves."""


@dataclass(frozen=True)
class Part:
    """A stretch of text that is the same, was added or is gone."""

    kind: str
    text: str


@dataclass(frozen=True)
class ParagraphChange:
    """One paragraph that is not what it was; an empty side means it was added or taken out."""

    before: str
    after: str


def difference(before: str, after: str) -> list[Part]:
    """Return ``after`` with what was added and what is gone, in reading order.

    Without what was added the parts are ``before``, without what is gone they are ``after``.
    """
    old, new = _sentences(before), _sentences(after)
    parts: list[Part] = []
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            parts.append(Part(SAME, "".join(old[a:b])))
        else:
            parts += _inside("".join(old[a:b]), "".join(new[c:d]))
    return list(_joined(parts))


def changed_paragraphs(before: str, after: str) -> list[ParagraphChange]:
    """Return the paragraphs that changed, with what each was and is now."""
    old, new = _paragraphs(before), _paragraphs(after)
    changes = []
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        for place in range(max(b - a, d - c)):
            was = old[a + place] if a + place < b else ""
            now = new[c + place] if c + place < d else ""
            changes.append(ParagraphChange(was, now))
    return changes


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _sentences(text: str) -> list[str]:
    return [found for found in _SENTENCE.findall(text) if found]


def _inside(old: str, new: str) -> list[Part]:
    was, now = _PIECE.findall(old), _PIECE.findall(new)
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    if not old or not new or matcher.ratio() < _ALIKE:
        return [Part(GONE, old), Part(ADDED, new)]
    parts: list[Part] = []
    for op, a, b, c, d in _without_scraps(matcher.get_opcodes(), was):
        if op == "equal":
            parts.append(Part(SAME, "".join(was[a:b])))
        else:
            parts += [Part(GONE, "".join(was[a:b])), Part(ADDED, "".join(now[c:d]))]
    return parts


_Code = tuple[str, int, int, int, int]


def _without_scraps(codes: Sequence[_Code], was: Sequence[str]) -> list[_Code]:
    """Take short equal stretches between two changes into the change."""
    kept: list[_Code] = []
    for place, (op, a, b, c, d) in enumerate(codes):
        inner = 0 < place < len(codes) - 1
        is_scrap = op == "equal" and inner and len("".join(was[a:b])) < _SCRAP
        changes = op != "equal" or is_scrap
        if changes and kept and kept[-1][0] == "replace":
            _last, first, _upto, third, _fourth = kept.pop()
            kept.append(("replace", first, b, third, d))
        else:
            kept.append(("replace" if changes else "equal", a, b, c, d))
    return kept


def _joined(parts: Sequence[Part]) -> Iterator[Part]:
    """Put neighbours of one kind together, what is gone before what was added."""
    gone = added = ""
    same = ""
    for part in parts:
        if part.kind == SAME:
            if part.text:
                yield from _changes(gone, added)
                gone = added = ""
                same += part.text
            continue
        if part.text and same:
            yield Part(SAME, same)
            same = ""
        gone += part.text if part.kind == GONE else ""
        added += part.text if part.kind == ADDED else ""
    if same:
        yield Part(SAME, same)
    yield from _changes(gone, added)


def _changes(gone: str, added: str) -> Iterator[Part]:
    if gone:
        yield Part(GONE, gone)
    if added:
        yield Part(ADDED, added)
