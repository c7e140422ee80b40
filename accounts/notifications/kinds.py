"""What one may be told: every app names its kinds, and people choose how they hear of them.

An app puts a ``notifications.py`` beside its models and calls :func:`declare_kind` there; all of
them are imported when the house starts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

EMAIL, WEB, MOBILE = "email", "web", "mobile"
MEDIA = (EMAIL, WEB, MOBILE)


@dataclass(frozen=True)
class Kind:
    """One kind of notification and what goes for it until somebody chooses otherwise.

    ``media`` are the usual ones beside the page; an ``urgent`` kind passes quiet hours; one that
    may not be silenced keeps its usual media whatever is chosen. A kind that ``merges`` has one row
    for each subject; ``settles`` is how long it waits for more before it leaves the house.
    ``discreet`` is what a locked screen says to people who want no more. ``right`` is what one
    must be able to do to be told such things at all, for the page where one chooses.
    """

    key: str
    label: Any
    discreet: Any
    media: frozenset[str] = frozenset({WEB, MOBILE})
    urgent: bool = False
    may_be_silenced: bool = True
    merges: bool = False
    settles: timedelta = timedelta(0)
    right: str = ""
    listed: bool = True
    place: int = 50


_kinds: dict[str, Kind] = {}


def declare_kind(kind: Kind) -> Kind:
    """Add a kind; a second one with the same key replaces the first."""
    unknown = kind.media - set(MEDIA)
    if unknown:
        raise ValueError(f"{kind.key}: no medium is called {', '.join(sorted(unknown))}")
    _kinds[kind.key] = kind
    return kind


def all_kinds() -> list[Kind]:
    """Return every kind, in the order people see them."""
    return sorted(_kinds.values(), key=lambda kind: (kind.place, kind.key))


def kind_of(key: str) -> Kind:
    """Return the kind called ``key``. Raises ``KeyError``: a kind nobody declared is a mistake."""
    return _kinds[key]


def known_kind(key: str) -> Kind | None:
    """Return the kind called ``key``, or None when this release knows it no more."""
    return _kinds.get(key)


def media_for(kind: Kind, chosen: Iterable[str] | None) -> frozenset[str]:
    """Return the media by which somebody hears of ``kind``; ``chosen`` None is no choice."""
    if chosen is None:
        return kind.media
    wanted = frozenset(chosen) & frozenset(MEDIA)
    return wanted if kind.may_be_silenced else wanted | kind.media
