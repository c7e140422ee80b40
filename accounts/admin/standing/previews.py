"""A stored preview in words and tables for the page of a draft."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import CreditBand, Member, Tier
from accounts.standing.previews import is_whole


@dataclass(frozen=True)
class Cell:
    """How many go from the row's to the column's; ``stays`` on the diagonal."""

    count: int
    stays: bool


@dataclass(frozen=True)
class Matrix:
    """From rows to columns."""

    columns: list[str]
    rows: list[tuple[str, list[Cell]]]


@dataclass(frozen=True)
class Sample:
    """One move with some members who would make it."""

    before: str
    after: str
    members: list[tuple[str, str]]


@dataclass(frozen=True)
class Preview:
    """What a draft would change, as the page shows it; ``trouble`` when it could not be computed."""

    trouble: bool
    sentence: str = ""
    notes: tuple[str, ...] = ()
    at: datetime | None = None
    in_the_end: Matrix | None = None
    next_step: Matrix | None = None
    bands: Matrix | None = None
    samples: tuple[Sample, ...] = ()


def shown_preview(stored: Mapping[str, Any]) -> Preview | None:
    """Return a stored preview as the page shows it; None while it is being computed."""
    if not is_whole(stored):
        return Preview(trouble=True) if stored.get("trouble") else None
    tiers = dict(Tier.choices)
    bands = dict(CreditBand.choices)
    in_the_end: Counter[tuple[str, str]] = Counter()
    next_step: Counter[tuple[str, str]] = Counter()
    for tier, step, earned, count in stored["moves"]:
        in_the_end[tier, earned] += count
        next_step[tier, step] += count
    by_band = Counter({(was, band): n for was, band, n in stored["bands"] if was})
    return Preview(
        trouble=False,
        sentence=_sentence(stored),
        notes=tuple(_notes(stored)),
        at=parse_datetime(stored["at"]),
        in_the_end=_matrix(in_the_end, tiers),
        next_step=_matrix(next_step, tiers),
        bands=_matrix(by_band, bands),
        samples=tuple(_samples(stored["samples"], tiers)),
    )


def _matrix(counts: Counter[tuple[str, str]], words: Mapping[str, Any]) -> Matrix:
    return Matrix(
        columns=[str(label) for label in words.values()],
        rows=[
            (
                str(label),
                [Cell(counts[before, after], stays=before == after) for after in words],
            )
            for before, label in words.items()
        ],
    )


def _sentence(stored: Mapping[str, Any]) -> str:
    members, moved = stored["members"], stored["moved"]
    if not members:
        return _("There are no members yet.")
    if not moved:
        return _("Of %(members)s members nobody would change tier.") % {"members": f"{members:,}"}
    words = ngettext(
        "Of %(members)s members %(moved)s would be in another tier in the end, %(stepped)s after the "
        "next recompute day.",
        "Of %(members)s members %(moved)s would be in another tier in the end, %(stepped)s after the "
        "next recompute day.",
        moved,
    )
    return words % {
        "members": f"{members:,}",
        "moved": f"{moved:,}",
        "stepped": f"{stored['stepped']:,}",
    }


def _notes(stored: Mapping[str, Any]) -> list[str]:
    notes = [
        _("SUPER by points: %(count)s. Candidates for APASS: %(candidates)s.")
        % {"count": f"{stored['by_points']:,}", "candidates": f"{stored['candidates']:,}"}
    ]
    if stored["counts_anew"]:
        notes.append(_("Computed from the months anew: what orders are worth changes."))
    if stored["reaches_back"]:
        notes.append(
            _(
                "These rules count months that are not kept yet; they are counted from the orders "
                "when the rules come into force, and are not in this preview."
            )
        )
    return notes


def _samples(stored: list[list[Any]], tiers: Mapping[str, Any]) -> list[Sample]:
    wanted = [pk for _before, _after, keys in stored for pk in keys]
    members = Member.objects.in_bulk(wanted)
    return [
        Sample(
            str(tiers.get(before, before)),
            str(tiers.get(after, after)),
            [
                (members[pk].shown_name, reverse("admin:accounts_member_change", args=[pk]))
                for pk in keys
                if pk in members and members[pk].hidden_at is None
            ],
        )
        for before, after, keys in stored
    ]
