"""Where one member stands, for the member's own page in the back office."""

from datetime import datetime
from typing import Any

from accounts.models import (
    Cause,
    CreditBand,
    Guide,
    Member,
    MemberMonth,
    MemberPeriod,
    MemberStanding,
    Score,
    ScoreEntry,
    TierTitle,
)
from accounts.standing.numbers import rules_at
from accounts.standing.rules import band_of, credit_total
from accounts.standing.words import WHY

PERIODS, MONTHS, ENTRIES, TITLES = 24, 37, 50, 20
"""Rows shown of each kind, the newest first."""


def standing_of(member: Member, now: datetime) -> dict[str, Any]:
    """Return scores, periods, months, entries, titles and guide of ``member``, ready to be shown."""
    numbers = rules_at(now).numbers
    stored = MemberStanding.objects.filter(member=member).first()
    credit = stored.credit if stored else credit_total(0, numbers)
    words = {**WHY, **dict(Cause.choices)}
    periods = MemberPeriod.objects.filter(member=member).order_by("-since")[:PERIODS]
    return {
        "scores": [
            (Score.VALUE.label, stored.value if stored else 0, ""),
            (Score.CREDIT.label, credit, CreditBand(band_of(credit, numbers)).label),
            (Score.ACTIVITY.label, stored.activity if stored else 0, ""),
        ],
        "rules": f"v{stored.rules_version if stored else rules_at(now).version}",
        "periods": [(row, words.get(row.why, row.why)) for row in periods],
        "months": list(MemberMonth.objects.filter(member=member).order_by("-month")[:MONTHS]),
        "entries": list(ScoreEntry.objects.filter(member=member).order_by("-at", "-pk")[:ENTRIES]),
        "titles": list(TierTitle.objects.filter(member=member).order_by("-since")[:TITLES]),
        "guide": Guide.objects.filter(member=member).select_related("doubled_with").first(),
    }
