"""What the desk shows of a standing is the head of what the member's page shows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import MemberMonth, ScoreEntry
from accounts.standing.queries import standing_card, standing_in_short
from accounts.standing.rules import add_months, month_of

pytestmark = pytest.mark.django_db


def month(member, first: date, credit: int):
    MemberMonth.objects.create(
        member=member, month=first, orders=1, clean_count=1, spent=Decimal(10),
        value_points=5, credit_points=credit, activity_points=1, rules_version=0,
    )  # fmt: skip


def entry(member, points: int, at, score="credit"):
    ScoreEntry.objects.create(
        member=member, score=score, points=points, cause="harassment", cause_key=f"{score} {at}",
        at=at, rules_version=0,
    )  # fmt: skip


@pytest.mark.parametrize("days", [1, 40, 75, 100])
def test_the_rows_are_the_newest_of_credit(days, mei):
    now = timezone.now()
    this = month_of(now)
    for back in range(8):
        # Of these the newest three earned no credit.
        month(mei.member, add_months(this, -back), credit=0 if back < 3 else 2)
    for back in range(days, days + 4):
        entry(mei.member, -5, now - timedelta(days=back))
        entry(mei.member, 9, now - timedelta(hours=back), score="activity")
    whole = next(
        one for one in standing_card(mei.member, now)["scores"] if one["score"] == "credit"
    )
    short = standing_in_short(mei.member, now)
    assert len(short["rows"]) == 3
    assert short["rows"] == whole["rows"][:3]
    assert short["credit"] == whole["total"]
    assert short["why"] == standing_card(mei.member, now)["why"]
