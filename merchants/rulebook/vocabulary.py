"""The words in which conditions of rules speak: apps declare their facts, with the SQL each stands for.

A :class:`Source` is a table of things a condition can be asked of (orders, products, shops); a
:class:`Fact` is one thing known of each. SQL stands here alone and comes from code; a condition brings
names and values, never SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NUMBER, MONEY, TEXT, TRUTH = "number", "money", "text", "truth"

OPS: dict[str, tuple[str, ...]] = {
    NUMBER: ("eq", "ne", "lt", "le", "gt", "ge", "between", "in"),
    MONEY: ("eq", "ne", "lt", "le", "gt", "ge", "between", "in"),
    TEXT: ("eq", "ne", "in", "not_in", "contains", "starts"),
    TRUTH: ("is",),
}
"""Which comparisons each kind of fact knows. A fact that is not known fits none of them."""


@dataclass(frozen=True)
class Fact:
    """One thing known of each row: ``sql`` over the source's alias and ``joins`` (:func:`declare_join`)."""

    name: str
    kind: str
    label: Any
    sql: str
    joins: tuple[str, ...] = ()
    unit: Any = ""


@dataclass(frozen=True)
class Source:
    """A table of things. ``number`` and the rest are SQL expressions over its alias.

    ``window`` gives SQL and values that keep the rows of a span of time (where things have a moment);
    ``shop`` is the key of the shop by which a simulation counts, beside region, category and money.
    """

    name: str
    label: Any
    table: str
    number: str
    window: Callable[[datetime, datetime], tuple[str, list[Any]]] | None = None
    shop: str = ""
    region: str = "''"
    category: str = "''"
    money: str = "0"


_sources: dict[str, Source] = {}
_facts: dict[str, dict[str, Fact]] = {}
_joins: dict[str, dict[str, str]] = {}


def declare_source(source: Source) -> Source:
    """Let conditions be asked of the things of ``source``; a second one of the name replaces the first."""
    _sources[source.name] = source
    _facts.setdefault(source.name, {})
    _joins.setdefault(source.name, {})
    return source


def declare_join(source: str, name: str, sql: str) -> None:
    """Let facts of ``source`` need the join ``name``; its SQL may use the source's alias alone."""
    _joins.setdefault(source, {})[name] = sql


def joins_of(source: str) -> dict[str, str]:
    """Return the joins that facts of ``source`` may need, in the order they were declared."""
    return dict(_joins.get(source, {}))


def declare_fact(source: str, fact: Fact) -> Fact:
    """Add a word to the vocabulary of ``source``. Raises ``ValueError`` for a kind nobody knows."""
    if fact.kind not in OPS:
        raise ValueError(f"no kind of fact is called {fact.kind}")
    _facts.setdefault(source, {})[fact.name] = fact
    return fact


def source_named(name: str) -> Source | None:
    """Return the source called ``name``, None when no app has declared it."""
    return _sources.get(name)


def sources() -> list[Source]:
    """Return everything a condition can be asked of, by name."""
    return [_sources[name] for name in sorted(_sources)]


def facts_of(source: str) -> dict[str, Fact]:
    """Return the vocabulary of ``source`` by name."""
    return dict(sorted(_facts.get(source, {}).items()))
