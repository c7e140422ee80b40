"""Where the house stands: who waits, who has not been answered, what came today."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, F, Min, Q, QuerySet, When
from django.db.models.functions import Coalesce, ExtractHour
from django.db.models.lookups import LessThan
from django.utils import timezone

from common.ids import uuid7_from
from tickets.models import Conversation, State


@dataclass(frozen=True)
class Standing:
    """The live conversations in figures; moments are None when nobody waits."""

    waiting: int
    longest_since: datetime | None
    open: int
    unanswered: int
    late: int


@dataclass(frozen=True)
class Day:
    """What was opened in one hour of a day, and how much of it a human has answered."""

    hour: int
    came: int
    answered: int


def standing(now: datetime, patience: timedelta) -> Standing:
    """Return the figures of everything waiting or open; late is who waits longer than ``patience``."""
    live = Conversation.objects.filter(state__in=[State.WAITING, State.OPEN])
    waiting, owned = Q(state=State.WAITING), Q(state=State.OPEN)
    found = live.aggregate(
        waiting=Count("pk", filter=waiting),
        longest_since=Min(_since(), filter=waiting),
        open=Count("pk", filter=owned),
        unanswered=Count("pk", filter=owned & Q(waiting_since__isnull=False)),
        late=Count(Case(When(LessThan(_since(), now - patience), then=1))),
    )
    return Standing(**found)


def late_count(now: datetime, patience: timedelta) -> int:
    """Return how many people wait for us longer than ``patience``."""
    return unanswered().filter(LessThan(_since(), now - patience)).count()


def unanswered() -> QuerySet[Conversation]:
    """Return live conversations in which it is our turn, longest wait first."""
    live = Conversation.objects.filter(state__in=[State.WAITING, State.OPEN])
    return live.annotate(since=_since()).filter(since__isnull=False).order_by("since", "pk")


def hours_of(day_start: datetime, day_end: datetime) -> dict[int, Day]:
    """Return what was opened between two aware moments, by the hour in the pages' time zone."""
    rows = (
        Conversation.objects.filter(pk__gte=uuid7_from(day_start), pk__lt=uuid7_from(day_end))
        .annotate(hour=ExtractHour("opened_at", tzinfo=timezone.get_current_timezone()))
        .values("hour")
        .annotate(
            came=Count("pk"), answered=Count("pk", filter=Q(first_responded_at__isnull=False))
        )
        .order_by("hour")
    )
    return {row["hour"]: Day(**row) for row in rows}


def _since() -> Coalesce:
    return Coalesce(F("waiting_since"), F("queued_at"))
