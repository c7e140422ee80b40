"""What pages and clients read about notifications."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import (
    EmailAddress,
    Notification,
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
    User,
)
from accounts.notifications.kinds import MEDIA, Kind, all_kinds, media_for
from accounts.notifications.rules import QuietHours

COUNTED_TO = 100
LOG_SHOWN = 50


@dataclass(frozen=True)
class Page:
    """One page of somebody's notifications, newest first, and where the next one begins."""

    rows: list[Notification]
    next: tuple[datetime, uuid.UUID] | None


@dataclass(frozen=True)
class Choice:
    """One kind and how one person hears of it."""

    kind: Kind
    media: frozenset[str]
    is_own: bool

    @property
    def fixed(self) -> frozenset[str]:
        """The media that cannot be taken away."""
        return frozenset() if self.kind.may_be_silenced else self.kind.media


def quiet_hours(row: NotificationSettings) -> QuietHours | None:
    """Return the quiet hours one person set, or None."""
    if row.quiet_from is None or row.quiet_until is None or not row.quiet_days:
        return None
    return QuietHours(
        row.quiet_from, row.quiet_until, frozenset(row.quiet_days), ZoneInfo(row.zone)
    )


def notification_page(
    person: User,
    *,
    now: datetime,
    limit: int,
    after: tuple[datetime, uuid.UUID] | None = None,
    unread: bool = False,
) -> Page:
    """Return one page of ``person``'s notifications by key; one query, nothing counted."""
    rows = Notification.objects.visible_to(person).living(now)
    if unread:
        rows = rows.unread()
    if after is not None:
        at, key = after
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=key))
    found = list(rows.order_by("-at", "-id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], (last.at, last.pk) if last else None)


def unread_count(person: User, *, now: datetime) -> int:
    """Return how many are unread, counting no further than a hundred."""
    rows = Notification.objects.visible_to(person).unread().living(now)
    return rows.values("pk")[:COUNTED_TO].count()


def choices_of(person: User) -> list[Choice]:
    """Return every kind that may reach ``person`` with the media of their choice."""
    chosen = {row.kind: row.media for row in NotificationPreference.objects.filter(person=person)}
    return [
        Choice(kind, media_for(kind, chosen.get(kind.key)), kind.key in chosen)
        for kind in all_kinds()
        if kind.listed and (not kind.right or person.can(kind.right))
    ]


def settings_of(person: User) -> NotificationSettings:
    """Return the person's settings, or what goes for who never set any."""
    found = NotificationSettings.objects.filter(person=person).first()
    return found or NotificationSettings(person=person)


def addresses_of(person: User) -> tuple[EmailAddress | None, EmailAddress | None]:
    """Return the address that is confirmed and the one that waits for its code."""
    rows = {row.confirmed_at is not None: row for row in person.email_addresses.all()}
    return rows.get(True), rows.get(False)


def own_log(person: User, *, limit: int = LOG_SHOWN) -> list[NotificationDelivery]:
    """Return the person's last deliveries with what they were about."""
    rows = NotificationDelivery.objects.filter(person=person).select_related("notification")
    return list(rows.order_by("-id")[:limit])


def ways_of(person: User) -> dict[str, int]:
    """Return at how many places each medium reaches ``person`` now."""
    confirmed, _waiting = addresses_of(person)
    reached = int(confirmed is not None and confirmed.bounced_at is None)
    counts = (reached, person.push_subscriptions.count(), person.push_devices.count())
    return dict(zip(MEDIA, counts, strict=True))
