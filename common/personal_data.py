"""Where the house keeps personal data: every app registers its stores, and what is done to each.

A store says what of one person it holds (for the copy a person may ask for), how it is made
nameless, and until when the law wants the rest. This module knows no app: an app puts a
``personal_data.py`` beside its models and registers there; all of them are imported when the house
starts. Work goes in slices, so that a person with a hundred thousand messages stops nobody.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Subject:
    """The person whose data it is; ``user`` is None for who never signs in.

    ``names`` are what they are called, ``identifiers`` what else points at them (member number,
    account name, phone): both are taken out of texts.
    """

    member: int
    user: int | None
    member_no: str
    names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slice:
    """Some rows of a store, and where the next slice begins (None: that was all)."""

    rows: list[dict[str, Any]]
    next: str | None = None


@dataclass(frozen=True)
class Step:
    """How many rows one step changed, and where the next one begins (None: that was all)."""

    changed: int
    next: str | None = None


@dataclass(frozen=True)
class Enclosed:
    """A file that belongs into the copy: its name there, and how to open it."""

    name: str
    open: Callable[[], Any]


class Store:
    """One place with personal data. The base holds nothing and changes nothing.

    ``key`` names it in packages and certificates, ``models`` are the tables it covers (labels).
    A store that is not in the copy says why in ``left_out``.
    """

    key: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    about: ClassVar[Any] = ""
    models: ClassVar[tuple[str, ...]] = ()
    left_out: ClassVar[Any] = ""
    columns: ClassVar[Mapping[str, Any]] = {}

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        """Return the rows that follow ``after``, at most ``limit``, keys as in ``columns``."""
        return Slice([])

    def files(self, subject: Subject) -> Iterator[Enclosed]:
        """Yield the files that belong to the copy."""
        return iter(())

    def running(self, subject: Subject) -> Any:
        """Return a sentence when something is under way that forbids erasure, else ""."""
        return ""

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        """Make at most ``limit`` rows after ``after`` nameless. A second time changes nothing more."""
        return Step(0)

    def kept_until(self, subject: Subject) -> datetime | None:
        """Return when the first of what is still kept may be deleted; None when nothing is kept."""
        return None

    def erase(self, subject: Subject, now: datetime) -> int:
        """Delete what nobody must keep any longer at ``now``; return how many rows."""
        return 0


def slice_of(rows: QuerySet[Row], after: str | None, limit: int) -> tuple[list[Row], str | None]:
    """Return the rows that follow ``after`` by their key, at most ``limit``, and where the next slice begins."""
    found = list((rows.filter(pk__gt=after) if after else rows).order_by("pk")[:limit])
    return found, str(found[-1].pk) if len(found) == limit else None


@dataclass
class _Registry:
    stores: dict[str, tuple[int, Store]] = field(default_factory=dict)


_registry = _Registry()


def register(store: Store, *, order: int) -> Store:
    """Add ``store``; stores are worked through by ``order``: what points at others comes first."""
    _registry.stores[store.key] = (order, store)
    return store


def stores() -> list[Store]:
    """Return all stores in the order in which they are worked through."""
    return [
        store
        for _order, store in sorted(_registry.stores.values(), key=lambda it: (it[0], it[1].key))
    ]
