"""What can be opened step by step: each app declares its features; a rollout names one by its code."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Feature:
    """A page, a bot, an entitlement. Without a rollout it is open to all, or to nobody.

    ``kind`` is whom a rollout of it decides about.
    """

    code: str
    label: Any
    open_without: bool
    kind: str = "member"


_features: dict[str, Feature] = {}


def declare_feature(code: str, label: Any, *, open_without: bool, kind: str = "member") -> None:
    """Declare a feature at import time. ``open_without``: what holds while it has no rollout."""
    _features[code] = Feature(code, label, open_without, kind)


def feature(code: str) -> Feature | None:
    """Return the declared feature, None for a code that is not one (an entitlement's, a bot's)."""
    return _features.get(code)


def features() -> list[Feature]:
    """Return all declared features by code."""
    return [_features[code] for code in sorted(_features)]
