"""What a benchmark answers, as a table for people and as one line for machines."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


class Failed(Exception):
    """Correctness was checked in the same run and did not hold."""


@dataclass
class Result:
    """``ratio`` is how many times better than the baseline: bigger is better."""

    bench: str
    ours: float
    baseline: float
    ratio: float
    unit: str
    detail: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def table(self) -> str:
        """Return the figures one below the other."""
        rows = [
            ("bench", self.bench),
            ("unit", self.unit),
            ("ours", self.ours),
            ("baseline", self.baseline),
            ("ratio", self.ratio),
            *self.detail.items(),
        ]
        width = max(len(name) for name, _value in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
