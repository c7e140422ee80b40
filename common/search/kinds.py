"""What can be searched for: each app declares its kinds in ``search.py`` by :func:`register`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from common.models import SearchLine
from common.search.query import Query
from common.search.snippets import Snippet

DESK, ADMIN, ME = "desk", "admin", "me"
"""The doors a found thing can be opened at."""

Key = tuple[Any, ...]


class Person(Protocol):
    """Who searches."""

    pk: Any

    def can(self, right: str) -> bool:
        """Tell whether this person may do ``right``."""


@dataclass(frozen=True)
class Found:
    """A thing that was found and may be shown: its key, and the moment that orders it."""

    at: datetime
    key: Key


@dataclass(frozen=True)
class Hit:
    """A found thing as people see it. ``url`` is where it opens at the asked door; empty: nowhere."""

    kind: str
    id: str
    title: Snippet
    line: str
    at: datetime | None
    snippet: Snippet | None = None
    url: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def talks_about(number: str, door: str) -> str:
    """Return where the desk reads on about a thing it has no page for: the talks that name it."""
    given = urlencode({"q": number, "kinds": "conversation"})
    return f"{reverse('search')}?{given}" if door == DESK else ""


class SearchKind(ABC):
    """One kind of thing. A subclass says who may search it, finds, and shows what was found.

    ``name`` is the word of the API; ``position`` orders the groups on pages.
    """

    name: ClassVar[str]
    label: ClassVar[Any]
    icon: ClassVar[str] = "search"
    position: ClassVar[int] = 100

    @abstractmethod
    def is_for(self, user: Any) -> bool:
        """Tell whether ``user`` may search this kind at all."""

    @abstractmethod
    def find(self, user: Any, query: Query, *, after: Found | None, limit: int) -> list[Found]:
        """Return up to ``limit`` things ``user`` may see, newest first, from behind ``after`` on."""

    @abstractmethod
    def show(self, user: Any, found: Sequence[Found], query: Query, door: str) -> dict[Key, Hit]:
        """Return what ``user`` sees of each; what is gone or says it no longer is left out."""

    @abstractmethod
    def key_of(self, text: str) -> Key:
        """Return the key that :meth:`text_of` wrote down. Raises ``ValueError``."""

    def text_of(self, key: Key) -> str:
        """Return ``key`` as one word."""
        return ":".join(map(str, key))

    def exact(self, user: Any, query: Query) -> list[Key]:
        """Return what has exactly the number that was typed: it comes first."""
        return []


class LinedKind(SearchKind):
    """A kind whose things are found by lines in a table of their own, kept by the index.

    ``columns`` of the table of lines make up the key, each read by its ``types``; ``scope`` is the
    column that points at a row of :meth:`visible`.
    """

    thing: ClassVar[type[Model]]
    """What is searched, where the key is its primary key; with another key :meth:`earlier` is its own."""
    line: ClassVar[type[SearchLine]]
    columns: ClassVar[tuple[str, ...]]
    types: ClassVar[tuple[Callable[[str], Any], ...]]
    scope: ClassVar[str]
    has_sounds: ClassVar[bool] = True
    by_months: ClassVar[bool] = False
    """True when the lines lie in a table by months of the key's first column, a version 7 UUID."""
    number: ClassVar[str] = ""
    """The field of a visible row that holds its number, where the key is that row's."""

    def find(self, user: Any, query: Query, *, after: Found | None, limit: int) -> list[Found]:
        """Ask the table of lines; what is not written there yet is not found here."""
        from common.search.statements import Statement

        return Statement(self, user, query, after=after, limit=limit).run()

    @abstractmethod
    def visible(self, user: Any) -> QuerySet[Any]:
        """Return the rows ``user`` may see, from ``visible_to`` on; unfiltered when it is all of them."""

    @abstractmethod
    def lines(self, keys: Sequence[Key]) -> Iterable[SearchLine]:
        """Return the lines of ``keys`` as things are now; nothing for what is gone or says nothing."""

    def earlier(self, before: Key | None, limit: int) -> list[Key]:
        """Return the keys of ``limit`` things next before ``before``, newest first: to fill the index."""
        rows = self.thing._default_manager.order_by("-pk")
        rows = rows.filter(pk__lt=before[0]) if before else rows
        return [(pk,) for pk in rows.values_list("pk", flat=True)[:limit]]

    def sees_hidden(self, user: Any) -> bool:
        """Tell whether ``user`` may search what lines keep as ``hidden``."""
        return False

    def has_few(self, user: Any) -> bool:
        """Tell whether ``user`` sees so few of them that these are read one by one."""
        return False

    def key_of(self, text: str) -> Key:
        """Return the key that was written down. Raises ``ValueError``."""
        parts = text.split(":")
        if len(parts) != len(self.types):
            raise ValueError(text)
        return tuple(read(part) for read, part in zip(self.types, parts, strict=True))

    def key_of_line(self, line: SearchLine) -> Key:
        """Return the key of a line."""
        return tuple(getattr(line, column) for column in self.columns)

    def exact(self, user: Any, query: Query) -> list[Key]:
        """Return the row with exactly the number that was typed."""
        if not self.number or len(query.words) != 1:
            return []
        wanted = {f"{self.number}__in": {query.text, query.text.upper()}}
        return [
            (pk,) for pk in self.visible(user).filter(**wanted).values_list("pk", flat=True)[:5]
        ]


_KINDS: dict[str, SearchKind] = {}


def register(kind: type[SearchKind]) -> type[SearchKind]:
    """Declare a kind; used as a decorator. A name is taken once."""
    if kind.name in _KINDS and type(_KINDS[kind.name]) is not kind:
        raise ValueError(f"two kinds are called {kind.name}")
    _KINDS[kind.name] = kind()
    return kind


def kinds() -> list[SearchKind]:
    """Return all kinds, in the order of pages."""
    return sorted(_KINDS.values(), key=lambda kind: (kind.position, kind.name))


def kinds_for(user: Any) -> list[SearchKind]:
    """Return the kinds ``user`` may search."""
    return [kind for kind in kinds() if kind.is_for(user)]


def kind_named(name: str) -> SearchKind | None:
    """Return the kind called ``name``."""
    return _KINDS.get(name)


def lined_kinds() -> list[LinedKind]:
    """Return the kinds that have lines."""
    return [kind for kind in kinds() if isinstance(kind, LinedKind)]
