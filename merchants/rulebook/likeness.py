"""Which objections say the same: pairs of characters they share, weighed by how rare they are."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from common.search.words import grams, normalise

ALIKE = 0.28
"""Cosine of the weighed pairs from which two comments are suggested as one group."""


@dataclass(frozen=True)
class Cluster:
    """Comments (by their place) that say much the same; the first says it most like all of them."""

    places: tuple[int, ...]


def clusters_of(comments: Sequence[str], alike: float = ALIKE) -> list[Cluster]:
    """Return groups of comments that are much alike, the largest first; what is like no other is left out.

    Deterministic: the same comments in the same order give the same groups. Each comment belongs to
    the group whose middle it is most like; groups grow from the comments that most others resemble.
    """
    vectors = _vectors(comments)
    near = [
        {other: score for other in range(len(vectors)) if other != place
         and (score := _cosine(vectors[place], vectors[other])) >= alike}
        for place in range(len(vectors))
    ]  # fmt: skip
    middles: list[int] = []
    for place in sorted(range(len(near)), key=lambda one: (-len(near[one]), one)):
        if near[place] and not any(middle in near[place] for middle in middles):
            middles.append(place)
    members: dict[int, list[int]] = {middle: [middle] for middle in middles}
    for place in range(len(near)):
        reachable = [middle for middle in middles if middle in near[place]]
        if place not in members and reachable:
            best = max(reachable, key=lambda middle: (near[place][middle], -middle))
            members[best].append(place)
    found = [Cluster(tuple(places)) for places in members.values() if len(places) > 1]
    return sorted(found, key=lambda one: (-len(one.places), one.places))


def _vectors(comments: Sequence[str]) -> list[dict[int, float]]:
    counted = [Counter(grams(normalise(comment))) for comment in comments]
    spread = Counter(gram for one in counted for gram in one)
    vectors = []
    for one in counted:
        weighed = {
            gram: count * math.log((1 + len(counted)) / spread[gram]) for gram, count in one.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weighed.values()))
        vectors.append(
            {gram: weight / length for gram, weight in weighed.items()} if length else {}
        )
    return vectors


def _cosine(one: dict[int, float], other: dict[int, float]) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other.get(gram, 0.0) for gram, weight in one.items())
