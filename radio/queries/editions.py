"""Editions as readers see them: the shelf of channels, one edition, its opening line."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from common.calendars import day_name, is_workday
from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from common.ids import uuid7_from
from radio import rules
from radio.models import Case, CaseQuote, Channel, Edition, EditionItem, Reading, Subscription
from radio.schedule import next_publish_moments, publish_moment
from tickets.models import AuthorKind, Conversation

EARLIER = 10
OPENING_SECONDS = 3600


@dataclass(frozen=True)
class Shelf:
    """One channel in the list on the left: what of its newest edition is still unread."""

    channel: Channel
    subscription: Subscription | None
    edition_id: uuid.UUID | None
    day: date | None
    stories: int
    unread: int

    @property
    def is_heard(self) -> bool:
        """Tell whether the person subscribed and did not mute it."""
        return self.subscription is not None and self.subscription.muted_at is None


@dataclass(frozen=True)
class Story:
    """One case as it is told: who said it best, and three figures."""

    case: Case
    voice: CaseQuote | None
    more: list[CaseQuote]
    customers: int
    pushes: int
    wait: timedelta
    is_read: bool


@dataclass(frozen=True)
class Opening:
    """The figures of the first sentence: since the edition before."""

    customers: int
    pushes: int


@dataclass(frozen=True)
class Today:
    """What this moment is for a reader: before nine, a day without editions, or on air."""

    day: date
    is_workday: bool
    holiday: str
    publish_at: datetime
    is_out: bool
    next_at: datetime


def today(now: datetime) -> Today:
    """Return what the radio does on the Shanghai day of ``now``."""
    day = rules.shanghai_day(now)
    works, publish_at = is_workday(day), publish_moment(day)
    return Today(
        day=day,
        is_workday=works,
        holiday="" if works else day_name(day),
        publish_at=publish_at,
        is_out=works and publish_at <= now,
        next_at=next_publish_moments(now, 1)[0],
    )


def shelves(user: User, now: datetime) -> list[Shelf]:
    """Return every channel on air ``user`` knows, in order, with what is unread. Three queries."""
    newest = Edition.objects.published(now).filter(channel=OuterRef("pk")).order_by("-publish_at")
    channels: list[Any] = list(
        Channel.objects.visible_to(user)
        .on_air()
        .annotate(
            newest_id=Subquery(newest.values("pk")[:1]),
            newest_day=Subquery(newest.values("day")[:1]),
        )
    )
    mine = {s.channel_id: s for s in Subscription.objects.filter(user=user)}
    unread = ~Exists(
        Reading.objects.filter(user=user, case=OuterRef("case"), read_at__isnull=False)
    )
    counted = (
        EditionItem.objects.filter(edition__in=[c.newest_id for c in channels if c.newest_id])
        .annotate(is_unread=unread)
        .values("edition_id")
        .annotate(stories=Count("pk"), unread=Count("pk", filter=Q(is_unread=True)))
    )
    counts = {row["edition_id"]: (row["stories"], row["unread"]) for row in counted}
    return [
        Shelf(
            channel=channel,
            subscription=mine.get(channel.pk),
            edition_id=channel.newest_id,
            day=channel.newest_day,
            stories=counts.get(channel.newest_id, (0, 0))[0],
            unread=counts.get(channel.newest_id, (0, 0))[1],
        )
        for channel in channels
    ]


def newest_edition(channel: Channel, now: datetime) -> Edition | None:
    """Return the channel's newest edition that is out."""
    return channel.editions.published(now).select_related("channel").order_by("-publish_at").first()


def stories_of(edition: Edition, user: User) -> list[Story]:
    """Return the edition's stories in order, with the figures of what was merged into each."""
    read = Reading.objects.filter(user=user, case=OuterRef("case"), read_at__isnull=False)
    items = list(
        edition.items.select_related("case__pushed_by")
        .prefetch_related(Prefetch("case__quotes", CaseQuote.objects.order_by("seq")))
        .annotate(is_read=Exists(read))
        .order_by("position")
    )
    figures = _figures([item.case_id for item in items])
    return [_story(item, edition, *figures[item.case_id]) for item in items]


def opening_of(edition: Edition) -> Opening:
    """Return how many customers came and how many cases were pushed since the edition before.

    Kept for an hour: what has been is over, and counting a busy day is not free.
    """
    key = f"radio.opening.{edition.pk}"
    kept: tuple[int, int] | None = cache.get(key)
    if kept is None:
        before = (
            Edition.objects.filter(channel=edition.channel_id, publish_at__lt=edition.publish_at)
            .order_by("-publish_at")
            .values_list("publish_at", flat=True)
            .first()
        )
        since = before or edition.publish_at - timedelta(days=1)
        # The number of a conversation begins with the moment it was opened.
        came = Conversation.objects.filter(
            pk__gte=uuid7_from(since), pk__lt=uuid7_from(edition.publish_at)
        )
        pushed = Case.objects.filter(pushed_at__gte=since, pushed_at__lt=edition.publish_at)
        kept = (came.aggregate(n=Count("member", distinct=True))["n"], pushed.count())
        cache.set(key, kept, OPENING_SECONDS)
    return Opening(*kept)


def earlier_editions(edition: Edition, now: datetime) -> list[Edition]:
    """Return the channel's newest editions that are out, newest first, with how many stories each."""
    return list(
        Edition.objects.published(now)
        .filter(channel=edition.channel_id)
        .annotate(stories=Count("items"))
        .order_by("-publish_at")[:EARLIER]
    )


def last_told(channel: Channel, before: datetime) -> list[EditionItem]:
    """Return the stories of the last edition before ``before`` that had any: for a quiet day."""
    spoke = (
        Edition.objects.filter(channel=channel, publish_at__lt=before)
        .filter(Exists(EditionItem.objects.filter(edition=OuterRef("pk"))))
        .order_by("-publish_at")
        .first()
    )
    if spoke is None:
        return []
    return list(spoke.items.select_related("case", "edition").order_by("position"))


def _story(item: EditionItem, edition: Edition, customers: int, pushes: int) -> Story:
    quotes = list(item.case.quotes.all())
    # The one line that speaks best for itself: a member's, with nothing hidden in it, the longest.
    members = [quote for quote in quotes if quote.speaker_kind == AuthorKind.MEMBER]
    voice = max(members, key=lambda quote: ("*" not in quote.body, len(quote.body)), default=None)
    return Story(
        case=item.case,
        voice=voice,
        more=[quote for quote in quotes if quote is not voice],
        customers=customers,
        pushes=pushes,
        wait=edition.publish_at - item.case.pushed_at,
        is_read=item.is_read,  # type: ignore[attr-defined]
    )


def _figures(cases: list[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    rows = (
        Case.objects.filter(Q(pk__in=cases) | Q(merged_into__in=cases))
        .annotate(root=Coalesce("merged_into", "pk"))
        .values("root")
        .annotate(customers=Count("conversation__member", distinct=True), pushes=Count("pk"))
    )
    return {row["root"]: (row["customers"], row["pushes"]) for row in rows}


def edition_page(
    user: User, now: datetime, *, channel: str = "", cursor: str = "", limit: int = 30
) -> tuple[list[dict[str, Any]], str]:
    """Return a page of the editions ``user`` may read, newest first. Raises ``cursor.bad``."""
    rows = Edition.objects.visible_to(user, now).select_related("channel")
    if channel:
        rows = rows.filter(channel__code=channel)
    if cursor:
        at, last = decode_cursor(cursor, as_moment, as_uuid)
        rows = rows.filter(Q(publish_at__lt=at) | Q(publish_at=at, pk__lt=last))
    found = list(rows.order_by("-publish_at", "-pk")[: limit + 1])
    page = found[:limit]
    more = len(found) > limit
    next_cursor = encode_cursor([page[-1].publish_at, page[-1].pk]) if more else ""
    return [edition_card(edition) for edition in page], next_cursor


def edition_card(edition: Edition) -> dict[str, Any]:
    """Return one edition as JSON, without its stories."""
    return {
        "id": edition.public_key,
        "channel": {"code": edition.channel.code, "name": edition.channel.name},
        "day": edition.day,
        "number": edition.number,
        "publish_at": edition.publish_at,
    }


def story_card(story: Story) -> dict[str, Any]:
    """Return one story as JSON; what it says is masked, as it was when it was pushed."""
    return {
        "id": story.case.public_key,
        "headline": story.case.headline,
        "reason": story.case.reason,
        "severity": story.case.severity or None,
        "voice": quote_card(story.voice) if story.voice else None,
        "more": [quote_card(quote) for quote in story.more],
        "customers": story.customers,
        "pushes": story.pushes,
        "wait_seconds": int(story.wait.total_seconds()),
        "is_read": story.is_read,
    }


def quote_card(quote: CaseQuote) -> dict[str, Any]:
    """Return the words of a customer as JSON."""
    return {
        "seq": quote.seq,
        "speaker": quote.speaker_kind,
        "name": quote.speaker_name,
        "body": quote.body,
        "at": quote.said_at,
    }
