"""What of merchants stands on the back office's first page: a few counts, one query each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, Q

from merchants.complaints.rules import WAITING
from merchants.models import Appeal, AppealState, ComplaintState, ReviewComplaint, Violation
from merchants.models.violations import ViolationState
from merchants.rulebook.shop_facts import SHOP
from merchants.rulebook.vocabulary import facts_of

OPEN_CASES = (
    ViolationState.DETECTED,
    ViolationState.NOTICED,
    ViolationState.DECIDED,
    ViolationState.EXECUTING,
)
SOON = timedelta(days=1)
STEPS = ("4.0", "4.4", "4.6", "4.8")
"""Where the bars of the distribution of DSR begin, but for the first, which has all that is less."""

_DSR = """
SELECT width_bucket(mean, %s::numeric[]), count(*)
  FROM (SELECT {dsr} AS mean FROM merchants_shopscore c) scored
 WHERE mean IS NOT NULL GROUP BY 1
"""


@dataclass(frozen=True)
class Clocks:
    """What waits for us by its clock: late, due within a day, later; ``first`` is the nearest."""

    late: int
    soon: int
    later: int
    first: datetime | None

    @property
    def all(self) -> int:
        """How many wait."""
        return self.late + self.soon + self.later


def open_cases() -> dict[str, int]:
    """Count the open violations by state, in the order they go through."""
    rows = Violation.objects.filter(state__in=OPEN_CASES).values_list("state")
    found = dict(rows.annotate(n=Count("pk")).order_by())
    return {state: found.get(state, 0) for state in OPEN_CASES}


def appeal_clocks(now: datetime) -> tuple[Clocks, int]:
    """Return the clocks of appeals that wait for our ruling, and how many wait for papers of shops."""
    ours = Q(state=AppealState.FILED)
    found = Appeal.objects.filter(state__in=[AppealState.FILED, AppealState.SENT_BACK]).aggregate(
        **_clocks(now, ours), papers=Count("pk", filter=Q(state=AppealState.SENT_BACK))
    )
    papers = found.pop("papers")
    return Clocks(**found), papers


def complaint_clocks(now: datetime) -> tuple[Clocks, int]:
    """Return the clocks of complaints that wait for a decision, and how many of them for the final one."""
    found = ReviewComplaint.objects.filter(state__in=sorted(WAITING)).aggregate(
        **_clocks(now, Q()), final=Count("pk", filter=Q(state=ComplaintState.REAPPLIED))
    )
    final = found.pop("final")
    return Clocks(**found), final


def dsr_spread() -> list[int]:
    """Count the shops whose three scores are known by their mean: below the first of ``STEPS``, from each on."""
    with connection.cursor() as cursor:
        cursor.execute(_DSR.format(dsr=facts_of(SHOP)["dsr"].sql), [list(STEPS)])
        found = dict(cursor.fetchall())
    return [found.get(place, 0) for place in range(len(STEPS) + 1)]


def _clocks(now: datetime, which: Q) -> dict[str, Count | Min]:
    return {
        "late": Count("pk", filter=which & Q(due_at__lte=now)),
        "soon": Count("pk", filter=which & Q(due_at__gt=now, due_at__lte=now + SOON)),
        "later": Count("pk", filter=which & Q(due_at__gt=now + SOON)),
        "first": Min("due_at", filter=which),
    }
