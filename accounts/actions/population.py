"""What the clock does for the standing of everybody, and what it notes of them once a day."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.actions.guides import begin_guides, end_guides
from accounts.actions.scores import forgive_half
from accounts.actions.standing import hold_totals, look_again
from accounts.models import PopulationDay, ScoreEntry, TierTitle
from accounts.standing.numbers import rules_at
from accounts.standing.rules import SHANGHAI
from accounts.standing.windows import newest_run

STEPS = 20
"""Bars of a histogram."""
TOPS = {"value": 5_000, "credit": 1_000, "activity": 1_200}
"""Where the last bar of each histogram begins at the latest."""

_MOST = 5_000


def upkeep(now: datetime) -> None:
    """Begin and end what has become due since the last run: guides, titles, rows that end, forgiveness."""
    while begin_guides(now, most=_MOST) == _MOST:
        pass
    while end_guides(now, most=_MOST) == _MOST:
        pass
    while forgive_half(now, most=_MOST) == _MOST:
        pass
    newest = newest_run()
    if newest is not None:
        _look_at_what_turned(newest.at, now)


@transaction.atomic
def note_population(now: datetime) -> PopulationDay | None:
    """Note once a day (Shanghai's) how members are spread over tiers, bands and scores."""
    day = now.astimezone(SHANGHAI).date()
    newest = newest_run()
    if (
        newest is None
        or newest.finished_at is None
        or PopulationDay.objects.filter(pk=day).exists()
    ):
        return None
    numbers = rules_at(now).numbers
    with connection.cursor() as cursor:
        cursor.execute("SELECT tier, count(*) FROM accounts_member GROUP BY tier")
        tiers = dict(cursor.fetchall())
        cursor.execute(
            "SELECT band, count(*) FROM accounts_memberperiod WHERE until IS NULL GROUP BY 1"
        )
        bands = dict(cursor.fetchall())
        histograms = {}
        for score, top in TOPS.items():
            top = max(top, numbers.apass_value * 2) if score == "value" else top
            cursor.execute(
                f"SELECT least({score} / %(step)s, %(last)s), count(*) FROM accounts_memberstanding "
                "GROUP BY 1",
                {"step": top // STEPS, "last": STEPS - 1},
            )
            counts = dict(cursor.fetchall())
            histograms[score] = {
                "step": top // STEPS,
                "counts": [counts.get(n, 0) for n in range(STEPS)],
            }
    row, _made = PopulationDay.objects.get_or_create(
        on=day,
        defaults={
            "tiers": tiers,
            "bands": bands,
            "histograms": histograms,
            "members": sum(tiers.values()),
        },
    )
    return row


@transaction.atomic
def _look_at_what_turned(since: datetime, now: datetime) -> None:
    # Half an hour more than needed: a row is looked at twice rather than never.
    since -= timedelta(minutes=30)
    hold_totals()
    ended = ScoreEntry.objects.filter(expires_at__gt=since, expires_at__lte=now)
    begun = TierTitle.objects.filter(since__gt=since, since__lte=now)
    members = {*ended.values_list("member_id", flat=True)}
    members |= {*begun.values_list("member_id", flat=True)}
    look_again(sorted(members), now=now, why="time")
