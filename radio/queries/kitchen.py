"""The kitchen: what waits, what a case could be merged into, and how the next editions fill up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case as When_
from django.db.models import (
    Count,
    IntegerField,
    Prefetch,
    Q,
    QuerySet,
    Value,
    When,
)

from accounts.models import User
from common import parameters
from radio import rules
from radio.models import Case, CaseQuote, CaseState, Channel, Edition, EditionItem
from radio.schedule import kitchen_target, last_publish_moment, next_publish_moments

MERGE_CHOICES = 40


@dataclass(frozen=True)
class Filling:
    """One channel's next edition: what is in it and whether more fits."""

    channel: Channel
    edition: Edition | None
    items: list[EditionItem]
    most: int

    @property
    def is_full(self) -> bool:
        """Tell whether the next case goes into the edition after it."""
        return len(self.items) >= self.most


@dataclass(frozen=True)
class Target:
    """By when the kitchen should be empty, and since when it has been filling."""

    started_at: datetime
    due_at: datetime
    publish_at: datetime
    is_far: bool


@dataclass(frozen=True)
class Shift:
    """How much was pushed since the last edition, and how much of it is decided."""

    pushed: int
    screened: int


def target(now: datetime) -> Target:
    """Return the target of the next edition."""
    publish_at = next_publish_moments(now, 1)[0]
    due_at = kitchen_target(rules.shanghai_day(publish_at))
    return Target(
        started_at=last_publish_moment(now),
        due_at=due_at,
        publish_at=publish_at,
        # From a day on the clock says the moment itself, not what is left.
        is_far=due_at - now >= timedelta(days=1),
    )


def waiting() -> QuerySet[Case]:
    """Return what waits in the kitchen, the longest first, with how much was merged into each."""
    return (
        Case.objects.pending()
        .select_related("pushed_by", "conversation__shop")
        .annotate(merged_count=Count("merged"))
    )


def shift(now: datetime) -> Shift:
    """Return what came in and what was decided since the last edition."""
    since = last_publish_moment(now)
    return Shift(
        pushed=Case.objects.filter(pushed_at__gte=since).count(),
        screened=Case.objects.filter(screened_at__gte=since).count(),
    )


def case_on_the_table(case: Case) -> Case:
    """Return ``case`` with everything the middle pane shows."""
    return (
        Case.objects.select_related("pushed_by", "screened_by", "merged_into", "conversation__shop")
        .prefetch_related(
            Prefetch("quotes", CaseQuote.objects.order_by("seq")), "merged__pushed_by"
        )
        .get(pk=case.pk)
    )


def merge_choices(case: Case, user: User, now: datetime) -> list[Case]:
    """Return what ``case`` could be merged into: the same shop's first, then the newest."""
    oldest = now - parameters.value("radio.merge_window", now)
    same_shop = When(conversation__shop=case.conversation.shop_id, then=Value(0))
    return list(
        Case.objects.visible_to(user, now)
        .filter(Q(state=CaseState.PENDING) | Q(state=CaseState.SELECTED, screened_at__gte=oldest))
        .exclude(pk=case.pk)
        .select_related("conversation__shop")
        .annotate(distance=When_(same_shop, default=Value(1), output_field=IntegerField()))
        .order_by("distance", "-pushed_at")[:MERGE_CHOICES]
    )


def fillings(user: User, now: datetime) -> list[Filling]:
    """Return how the next edition of every channel ``user`` knows fills up."""
    most = parameters.value("radio.max_items", now)
    moment = next_publish_moments(now, 1)[0]
    editions = {
        edition.channel_id: edition
        for edition in Edition.objects.filter(publish_at=moment).prefetch_related(
            Prefetch("items", EditionItem.objects.select_related("case").order_by("position"))
        )
    }
    return [
        Filling(
            channel=channel,
            edition=editions.get(channel.pk),
            items=list(editions[channel.pk].items.all()) if channel.pk in editions else [],
            most=most,
        )
        for channel in Channel.objects.visible_to(user)
        .on_air()
        .annotate(listeners=Count("subscriptions", filter=Q(subscriptions__muted_at=None)))
        .order_by("position", "code")
    ]


def suggested_channels(case: Case) -> list[int]:
    """Return the channels that the shop's newest selected case went to."""
    if case.conversation.shop_id is None:
        return []
    # The union of all its cases would grow until every channel is ticked.
    items = EditionItem.objects.filter(case__conversation__shop=case.conversation.shop_id)
    newest = items.order_by("-pk").values("case")[:1]
    return list(items.filter(case=newest).values_list("edition__channel_id", flat=True))
