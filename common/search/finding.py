"""One question to all kinds: ``search``. What is not in the index yet is looked up in the queue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.cursors import as_moment, decode_cursor, encode_cursor
from common.errors import DomainError
from common.models import SearchChange
from common.search.kinds import (
    ADMIN,
    DESK,
    Found,
    Hit,
    Key,
    LinedKind,
    SearchKind,
    kind_named,
    kinds_for,
)
from common.search.query import Query, parse
from common.text import TextRefused

LIMIT = 20
FRESH = 500
ROUNDS = 5
MOST_ROWS = 200
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Group:
    """What was found of one kind; ``next_cursor`` is empty when that is all."""

    kind: SearchKind
    hits: list[Hit]
    next_cursor: str


def search(
    user: Any,
    text: object,
    *,
    kinds: Sequence[str] = (),
    cursor: str = "",
    limit: int = LIMIT,
    door: str = DESK,
) -> list[Group]:
    """Return what ``user`` may see and ``text`` finds: a group a kind, newest first, none empty.

    ``kinds`` names the kinds (all when left out; what the person may not search is left out);
    ``cursor`` goes on in the one kind that was named. Raises the codes of ``common.text.clean`` for
    what cannot be searched for, and ``cursor.bad``.
    """
    query = parse(text)
    asked = [kind for kind in kinds_for(user) if not kinds or kind.name in kinds]
    if cursor and (len(kinds) != 1 or len(asked) != 1):
        raise DomainError("cursor.bad", _("Go on in one kind at a time."))
    if query.is_too_short or not asked:
        return []
    after = _after(asked[0], cursor) if cursor else None
    fresh = _fresh_keys([kind.name for kind in asked if isinstance(kind, LinedKind)])
    groups = []
    for kind in asked:
        asking = _Asking(kind, user, query, fresh.get(kind.name, []), door)
        group = asking.page(after, limit)
        if group.hits:
            groups.append(group)
    return groups


@dataclass(frozen=True)
class _Asking:
    """One kind that is asked by one person."""

    kind: SearchKind
    user: Any
    query: Query
    fresh: list[Key]
    door: str

    def page(self, after: Found | None, limit: int) -> Group:
        """Return a page; what may not be shown after all leaves no hole in it."""
        exact = self.kind.exact(self.user, self.query)
        # Besides the first page, so that a page of one goes on as well, and on no other.
        ahead = [] if after else exact
        first = _shown(self.kind, self.user, self.query, ahead, [], self.door)
        hits: list[Hit] = []
        cursor = ""
        for _round in range(ROUNDS):
            missing = limit - len(hits)
            found = _find(
                self.kind, self.user, self.query, self.fresh, after=after, limit=missing + 1
            )
            page = [one for one in found[:missing] if one.key not in exact]
            hits += _shown(self.kind, self.user, self.query, [], page, self.door)
            if len(found) <= missing:
                return Group(self.kind, first + hits, "")
            after = found[missing - 1]
            cursor = _cursor(self.kind, after)
            if len(hits) >= limit:
                break
        return Group(self.kind, first + hits, cursor)


def searched_rows(
    name: str, user: Any, rows: QuerySet[Any], text: object, *, limit: int = MOST_ROWS
) -> QuerySet[Any]:
    """Return those of ``rows`` that a search by ``text`` finds: for the lists of the back office.

    The key of the kind ``name`` begins with the primary key of ``rows``. At most ``limit`` of them,
    the newest; without text all rows, and none for what cannot be searched for.
    """
    if not isinstance(text, str) or not text.strip():
        return rows
    return rows.filter(pk__in=found_keys(name, user, text, limit=limit))


def found_keys(name: str, user: Any, text: str, *, limit: int = MOST_ROWS) -> set[Any]:
    """Return the first parts of the keys of what is found of one kind, the exact number included."""
    kind = kind_named(name)
    try:
        query = parse(text)
    except TextRefused:
        return set()
    if kind is None or not kind.is_for(user) or query.is_too_short:
        return set()
    fresh = _fresh_keys([name]).get(name, [])
    found = _find(kind, user, query, fresh, after=None, limit=limit)
    found += [Found(_LONG_AGO, key) for key in kind.exact(user, query)]
    # Shown, because what is masked to somebody must not be found by them in a list either.
    return {key[0] for key in kind.show(user, found, query, ADMIN)}


def _find(
    kind: SearchKind,
    user: Any,
    query: Query,
    fresh: list[Key],
    *,
    after: Found | None,
    limit: int,
) -> list[Found]:
    if not isinstance(kind, LinedKind):
        return kind.find(user, query, after=after, limit=limit)
    stored = kind.find(user, query, after=after, limit=limit + len(fresh))
    changed = set(fresh)
    found = [one for one in stored if one.key not in changed]
    if fresh:
        found += _fresh(kind, user, query, fresh, after)
        found.sort(key=_place, reverse=True)
    return found[:limit]


def _fresh(
    kind: LinedKind, user: Any, query: Query, keys: list[Key], after: Found | None
) -> list[Found]:
    """Find among things whose lines are not written yet, by the lines they would have."""
    sees_hidden = kind.sees_hidden(user)
    said = [
        line
        for line in kind.lines(keys)
        if query.is_in(line.words, line.sounds, line.hidden if sees_hidden else "")
    ]
    scopes = {getattr(line, kind.scope) for line in said}
    seen = (
        set(kind.visible(user).filter(pk__in=scopes).values_list("pk", flat=True))
        if scopes
        else set()
    )
    found = [
        Found(line.at, kind.key_of_line(line)) for line in said if getattr(line, kind.scope) in seen
    ]
    return [one for one in found if after is None or _place(one) < _place(after)]


def _fresh_keys(names: list[str]) -> dict[str, list[Key]]:
    """Return the keys of the newest changes that are not indexed yet, by kind."""
    changes = SearchChange.objects.filter(kind__in=names).order_by("-id")
    fresh: dict[str, dict[Key, None]] = {}
    for name, keys in changes.values_list("kind", "keys")[:FRESH]:
        kind = kind_named(name)
        taken = fresh.setdefault(name, {})
        for text in reversed(keys) if kind else ():
            if len(taken) < FRESH:
                taken[kind.key_of(text)] = None  # type: ignore[union-attr]
    return {name: list(keys) for name, keys in fresh.items()}


def _shown(
    kind: SearchKind, user: Any, query: Query, exact: list[Key], page: Iterable[Found], door: str
) -> list[Hit]:
    page = list(page)
    known = {one.key: one for one in page}
    first = [known.get(key) or Found(_LONG_AGO, key) for key in exact]
    ordered = [*first, *(one for one in page if one.key not in set(exact))]
    hits = kind.show(user, ordered, query, door) if ordered else {}
    return [hits[one.key] for one in ordered if one.key in hits]


def _place(one: Found) -> tuple[Any, ...]:
    return (one.at, *one.key)


def _cursor(kind: SearchKind, last: Found) -> str:
    return encode_cursor([last.at, kind.text_of(last.key)])


def _after(kind: SearchKind, cursor: str) -> Found:
    at, key = decode_cursor(cursor, as_moment, lambda raw: kind.key_of(str(raw)))
    return Found(at, key)
