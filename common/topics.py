"""Which topics a socket may listen to: apps name their topics and who may hear them."""

from collections.abc import Callable
from typing import Any

Resolver = Callable[[Any, str], str | None]
"""Takes (user, what follows the colon), returns the bus topic, or None when it is not theirs."""

_resolvers: dict[str, Resolver] = {}


def topic(kind: str) -> Callable[[Resolver], Resolver]:
    """Register the resolver of topics named ``kind`` or ``kind:argument``."""

    def register(resolver: Resolver) -> Resolver:
        _resolvers[kind] = resolver
        return resolver

    return register


def resolve(user: Any, name: str) -> str | None:
    """Return the bus topic of ``name`` for ``user``; None when there is none or it is not theirs."""
    kind, _colon, argument = name.partition(":")
    resolver = _resolvers.get(kind)
    return resolver(user, argument) if resolver else None


def topic_kinds() -> list[str]:
    """Return the kinds somebody registered (for the permission matrix)."""
    return sorted(_resolvers)
