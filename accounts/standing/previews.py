"""The preview of a draft: what state it is in, and who moves from where to where."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from accounts.standing.rules import APASS, VIP88, next_tier

Group = tuple[str, str, str, str, bool, bool, int, list[int] | None]
"""A row of ``preview_statements.GROUPS``."""

SAMPLES = 5
"""Members named for each move."""


def asked(now: datetime) -> dict[str, Any]:
    """Return the preview of a draft that waits to be computed."""
    return {"asked_at": now.isoformat()}


def failed(preview: Mapping[str, Any]) -> dict[str, Any]:
    """Return the preview that could not be computed."""
    return {"asked_at": preview["asked_at"], "trouble": True}


def is_ready(preview: Mapping[str, Any]) -> bool:
    """Tell whether nobody is at it any more."""
    return is_whole(preview) or bool(preview.get("trouble"))


def is_whole(preview: Mapping[str, Any]) -> bool:
    """Tell whether the preview was computed to its end."""
    return "moves" in preview


class Tally:
    """The groups of all stretches, added up."""

    def __init__(self) -> None:
        self._moves: Counter[tuple[str, str, str]] = Counter()
        self._bands: Counter[tuple[str, str]] = Counter()
        self._samples: dict[tuple[str, str], list[int]] = {}
        self._by_points = self._candidates = 0

    def add(self, groups: Iterable[Group]) -> None:
        """Add the groups of one stretch of members, the lower ids first."""
        for tier, band_was, earned, band, by_points, is_candidate, count, ids in groups:
            titles = frozenset({earned} & {VIP88, APASS})
            step = next_tier(tier, earned, titles, settling=True)
            self._moves[tier, step, earned] += count
            self._bands[band_was, band] += count
            self._by_points += count if by_points else 0
            self._candidates += count if is_candidate else 0
            if ids:
                known = self._samples.setdefault((tier, earned), [])
                known.extend(ids)
                # Of one stretch there may be several groups of the same move.
                self._samples[tier, earned] = sorted(known)[:SAMPLES]

    def result(self) -> dict[str, Any]:
        """Return what is stored: moves (from, next step, in the end, how many), bands, samples, totals."""
        moved = sum(n for (tier, _step, earned), n in self._moves.items() if tier != earned)
        stepped = sum(n for (tier, step, _earned), n in self._moves.items() if tier != step)
        rebanded = sum(n for (was, band), n in self._bands.items() if was not in ("", band))
        return {
            "members": self._moves.total(),
            "moved": moved,
            "stepped": stepped,
            "changed": moved + rebanded,
            "by_points": self._by_points,
            "candidates": self._candidates,
            "moves": sorted([*key, n] for key, n in self._moves.items()),
            "bands": sorted([*key, n] for key, n in self._bands.items()),
            "samples": sorted([*key, ids] for key, ids in self._samples.items()),
        }
