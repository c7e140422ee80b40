"""One score of a shop over time as an SVG without scripts: its line, its peers', and what bent it.

Drawn once wide with words on the line and once narrow with numbers, which a list explains: words in an
SVG shrink with it, and nobody reads six pixels in the hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

TENTH = Decimal("0.1")
LEAST_STEPS = 2


@dataclass(frozen=True)
class Frame:
    """The size of a drawing, and of what is around the lines, in units of its view box."""

    width: int
    height: int
    left: int = 40
    right: int = 14
    top: int = 34
    bottom: int = 26
    days_named: int = 4


WIDE = Frame(760, 300)
NARROW = Frame(340, 240, days_named=3)


@dataclass(frozen=True)
class Mark:
    """A place on an axis and the word beside it."""

    at: str
    word: str


@dataclass(frozen=True)
class Note:
    """An event on the line: where, its number, its words and to which side they stand."""

    x: str
    y: str
    number: int
    day: date
    words: str
    anchor: str
    row: int


@dataclass(frozen=True)
class Chart:
    """Everything a template needs to draw one score; ``gate_y`` is None where the gate is out of sight."""

    frame: Frame
    points: str
    peers: str
    scores: list[Mark]
    days: list[Mark]
    notes: list[Note]
    end: Mark | None
    gate_y: str | None
    gate_word: str

    @property
    def base(self) -> int:
        """Where the lines end below."""
        return self.frame.height - self.frame.bottom

    @property
    def edge(self) -> int:
        """Where the lines end at the right."""
        return self.frame.width - self.frame.right


def chart_of(
    days: Sequence[dict[str, Any]],
    dimension: str,
    events: Sequence[dict[str, Any]],
    *,
    frame: Frame,
    gate: Decimal | None = None,
) -> Chart | None:
    """Return the drawing of ``dimension`` over ``days`` (oldest first); None without two scores.

    ``gate`` is a score that something asks for, drawn dashed when it lies near the line.
    """
    scores = [row[dimension]["score"] for row in days]
    known = [score for score in scores if score is not None]
    if len(known) < 2:
        return None
    peers = [row[dimension]["peers"] for row in days]
    low, high = _span([*known, *(one for one in peers if one is not None)], gate)
    places = _Places(frame, len(days), low, high)
    spots = {_day(row["day"]): place for place, row in enumerate(days)}
    last = max(place for place, score in enumerate(scores) if score is not None)
    is_seen = gate is not None and low <= gate <= high
    return Chart(
        frame=frame,
        points=places.line(scores),
        peers=places.line(peers),
        scores=[Mark(places.y(score), f"{score:.1f}") for score in _tenths(low, high)],
        days=_named(days, places, frame.days_named),
        notes=_notes(events, spots, scores, places, dimension),
        end=Mark(places.x(last), places.y(scores[last])),
        gate_y=places.y(gate) if is_seen and gate is not None else None,
        gate_word=f"{gate:.1f}" if gate is not None else "",
    )


@dataclass(frozen=True)
class _Places:
    frame: Frame
    count: int
    low: Decimal
    high: Decimal

    def x(self, place: int) -> str:
        wide = self.frame.width - self.frame.left - self.frame.right
        return f"{self.frame.left + Decimal(place) / max(1, self.count - 1) * wide:.1f}"

    def y(self, score: Decimal) -> str:
        tall = self.frame.height - self.frame.top - self.frame.bottom
        return f"{self.frame.top + (self.high - score) / (self.high - self.low) * tall:.1f}"

    def line(self, scores: Sequence[Decimal | None]) -> str:
        return " ".join(
            f"{self.x(place)},{self.y(score)}"
            for place, score in enumerate(scores)
            if score is not None
        )


def _span(known: Sequence[Decimal], gate: Decimal | None) -> tuple[Decimal, Decimal]:
    """Return the lowest and highest score shown: whole tenths, at least two, the gate when it is near."""
    low = min(known).quantize(TENTH, "ROUND_FLOOR")
    high = max(known).quantize(TENTH, "ROUND_CEILING")
    if gate is not None and low - 3 * TENTH <= gate < low:
        low = gate.quantize(TENTH, "ROUND_FLOOR") - (TENTH if gate % TENTH == 0 else 0)
    while (high - low) / TENTH < LEAST_STEPS:
        low, high = max(Decimal(1), low - TENTH), min(Decimal(5), high + TENTH)
    return low, high


def _tenths(low: Decimal, high: Decimal) -> list[Decimal]:
    """Return the scores that are named: every tenth, or fewer where they would stand too close."""
    steps = int((high - low) / TENTH)
    every = 1 if steps <= 6 else 2 if steps <= 12 else 5
    return [low + TENTH * n for n in range(0, steps + 1, every)]


def _named(days: Sequence[dict[str, Any]], places: _Places, count: int) -> list[Mark]:
    """Return the days named below, evenly, the first and the last among them."""
    count = min(count, len(days))
    spots = [round(n * (len(days) - 1) / (count - 1)) for n in range(count)]
    return [
        Mark(places.x(spot), f"{_day(days[spot]['day']).month}-{_day(days[spot]['day']).day}")
        for spot in spots
    ]


def _notes(
    events: Sequence[dict[str, Any]],
    spots: dict[date, int],
    scores: Sequence[Decimal | None],
    places: _Places,
    dimension: str,
) -> list[Note]:
    notes: list[Note] = []
    before: float | None = None
    row = 0
    for event in events:
        day = _day(event["day"])
        # What befell today stands on the last line that was counted.
        spot = spots.get(day, max(spots.values()) if day > max(spots) else -1)
        if spot < 0 or event["dimension"] not in (None, dimension):
            continue
        score = scores[spot]
        x = places.x(spot)
        close = places.frame.width / 4
        row = 1 - row if before is not None and float(x) - before < close else 0
        before = float(x)
        share = (float(x) - places.frame.left) / (places.frame.width - places.frame.left)
        notes.append(
            Note(
                x=x,
                y=places.y(score) if score is not None else f"{places.frame.top}",
                number=len(notes) + 1,
                day=day,
                words=event["label"],
                anchor="start" if share < 0.15 else "end" if share > 0.8 else "middle",
                row=row,
            )
        )
    return notes


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
