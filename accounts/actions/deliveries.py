"""Deliveries on their way: claimed by one worker, sent outside any transaction, and written down."""

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_q.tasks import async_task

from accounts.actions.asking import require_reason
from accounts.actions.notifications import DELIVER, QUIET_OVER, notify
from accounts.models import (
    EmailAddress,
    NoticeMedium,
    NoticeState,
    Notification,
    NotificationDelivery,
    NotificationSettings,
    PushDevice,
    PushSubscription,
    SimulatedPush,
    User,
)
from accounts.notifications import sentences
from accounts.notifications.kinds import known_kind
from accounts.notifications.outcomes import AGAIN, GONE, SENT, Message, Outcome
from accounts.notifications.queries import quiet_hours
from accounts.notifications.rules import MOST_TRIES, pause_after
from common.deadlines import set_deadline
from common.errors import DomainError
from common.history import record
from common.masking import mask_text
from common.models import Deadline
from common.push import push
from common.rights import require_right

LEASE = timedelta(minutes=2)
"""How long a claim lasts: a worker that died in the middle is followed by another one."""

SUMMARY_LINES = 8
TEST = "notification.test"
_TARGETS: dict[str, Any] = {
    NoticeMedium.EMAIL: EmailAddress,
    NoticeMedium.WEB: PushSubscription,
    NoticeMedium.MOBILE: PushDevice,
}


@dataclass(frozen=True)
class Errand:
    """A claimed delivery with where it goes and what it says."""

    delivery: NotificationDelivery
    target: Any
    message: Message


@dataclass
class Claimed:
    """What one worker took: what is to be sent, and how many were settled without sending."""

    errands: list[Errand] = field(default_factory=list)
    settled: int = 0


@transaction.atomic
def claim_deliveries(*, now: datetime, limit: int) -> Claimed:
    """Take up to ``limit`` deliveries that are due; nobody else gets them while the claim lasts.

    What need not go any more (read meanwhile, expired, the account or the target is gone) is
    settled at once, and what has run into quiet hours is held. What was tried as often as it may be
    is given up here: of tries that nobody came back from nobody else would say so.
    """
    rows = list(
        NotificationDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=NoticeState.QUEUED, due_at__lte=now)
        .select_related("notification", "person")
        .order_by("due_at")[:limit]
    )
    claimed = Claimed()
    chosen = {
        row.person_id: row
        for row in NotificationSettings.objects.filter(person__in={d.person_id for d in rows})
    }
    targets = _targets_of(rows)
    held: dict[int, datetime] = {}
    for delivery in rows:
        own = chosen.get(delivery.person_id)
        target = targets.get((delivery.medium, delivery.target))
        why = _needless(delivery, target, now)
        until = None if why else _quiet(delivery, own, now)
        if why:
            delivery.state, delivery.why, delivery.at = NoticeState.SKIPPED, why, now
        elif delivery.attempts >= MOST_TRIES:
            delivery.state, delivery.why, delivery.at = NoticeState.FAILED, "gave_up", now
        elif until:
            delivery.state, delivery.due_at = NoticeState.HELD, until
            held[delivery.person_id] = until
        else:
            delivery.attempts += 1
            delivery.due_at = now + LEASE
            claimed.errands.append(Errand(delivery, target, _message(delivery, own)))
    NotificationDelivery.objects.bulk_update(rows, ["state", "why", "attempts", "due_at", "at"])
    for person, until in held.items():
        set_deadline(QUIET_OVER, str(person), until)
    claimed.settled = len(rows) - len(claimed.errands)
    return claimed


@transaction.atomic
def settle_delivery(delivery: NotificationDelivery, outcome: Outcome, *, now: datetime) -> str:
    """Write down what became of a claimed delivery and return its state.

    Trouble that may pass is tried again with growing pauses (1, 5, 30 minutes, 2, 6 hours), then
    given up. A browser or phone that is gone is forgotten; an address that refuses letters is used
    no more, and its owner is told in the page. A delivery that somebody else settled stays as it is;
    of one that is there no more nothing is left to say.
    """
    row = (
        NotificationDelivery.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk=delivery.pk)
        .first()
    )
    if row is None:  # forgotten meanwhile, with the account or in the night
        return ""
    if row.state != NoticeState.QUEUED or row.attempts != delivery.attempts:
        return str(row.state)
    row.at, row.why = now, ""
    row.answer = mask_text(outcome.answer)[:300]
    pause = pause_after(row.attempts, jitter=random.random())
    if outcome.verdict == SENT:
        row.state = NoticeState.SENT
    elif outcome.verdict == GONE:
        row.state = NoticeState.SKIPPED
        row.why = "bounced" if row.medium == NoticeMedium.EMAIL else "gone"
    elif outcome.verdict == AGAIN and pause is not None:
        row.due_at = now + max(pause, timedelta(seconds=outcome.wait_seconds))
        row.why = "again"
    else:
        row.state = NoticeState.FAILED
        row.why = "gave_up" if outcome.verdict == AGAIN else "refused"
    row.save(update_fields=["state", "why", "answer", "due_at", "at"])
    _after(row, outcome, now)
    return str(row.state)


@transaction.atomic
def release_held(person_id: int, *, now: datetime) -> int:
    """Let go what one person's quiet hours held, as one summary for each target; return how many went.

    While it is still quiet (the hours were changed) the timer is set anew.
    """
    own = NotificationSettings.objects.filter(person=person_id).first()
    hours = quiet_hours(own) if own else None
    until = hours.end_at(now) if hours else None
    held = NotificationDelivery.objects.filter(person=person_id, state=NoticeState.HELD)
    if until is not None:
        if held.exists():
            set_deadline(QUIET_OVER, str(person_id), until)
        return 0
    rows = list(held.select_for_update(of=("self",)).select_related("notification").order_by("id"))
    groups: dict[tuple[str, str], list[NotificationDelivery]] = defaultdict(list)
    for row in rows:
        if row.notification.read_at is not None:
            row.state, row.why, row.at = NoticeState.SKIPPED, "read", now
        else:
            groups[row.medium, row.target].append(row)
    for group in groups.values():
        *others, last = group
        last.state, last.due_at = NoticeState.QUEUED, now
        last.summary = len(group) if others else 0
        for row in others:
            row.state, row.why, row.at = NoticeState.SKIPPED, "in_summary", now
    NotificationDelivery.objects.bulk_update(rows, ["state", "why", "at", "due_at", "summary"])
    if groups:
        async_task(DELIVER)
    return len(groups)


@transaction.atomic
def retry_delivery(
    delivery: NotificationDelivery, *, by: User | None, reason: str
) -> NotificationDelivery:
    """Try a delivery again that failed or was not sent.

    Raises ``forbidden``, ``delivery.no_reason``,
    ``delivery.not_over``, ``delivery.no_target``, ``delivery.on_its_way``.
    """
    require_right(by, "notifications.manage")
    require_reason(reason, code="delivery.no_reason")
    row = NotificationDelivery.objects.select_for_update().get(pk=delivery.pk)
    if row.state not in {NoticeState.FAILED, NoticeState.SKIPPED}:
        raise DomainError(
            "delivery.not_over",
            gettext_lazy("Only what failed or was not sent can be tried again."),
        )
    if not row.target or row.target not in {key for _medium, key in _targets_of([row])}:
        raise DomainError(
            "delivery.no_target",
            gettext_lazy("The address, browser or phone it was for is gone."),
        )
    if NotificationDelivery.objects.filter(
        notification=row.notification_id,
        medium=row.medium,
        target=row.target,
        state__in=[NoticeState.QUEUED, NoticeState.HELD],
    ).exists():
        raise DomainError(
            "delivery.on_its_way", gettext_lazy("Another one to the same target is on its way.")
        )
    before, now = {"state": row.state, "why": row.why}, timezone.now()
    row.state, row.why, row.attempts, row.due_at = NoticeState.QUEUED, "", 0, now
    row.save(update_fields=["state", "why", "attempts", "due_at"])
    record(row, "delivery.retried", by=by, before=before, after={"state": row.state}, reason=reason)
    async_task(DELIVER)
    return row


@transaction.atomic
def prune_notifications(*, now: datetime, most: int = 5000) -> int:
    """Forget what has expired, and timers of quiet hours long over; return how many rows went."""
    doomed = Notification.objects.filter(expires_at__lte=now).order_by("expires_at")
    keys = list(doomed.values_list("pk", flat=True)[:most])
    gone, _by_model = Notification.objects.filter(pk__in=keys).delete()
    old = Deadline.objects.filter(kind=QUIET_OVER, done_at__lt=now - timedelta(days=7))
    return gone + old.delete()[0]


def _targets_of(rows: Iterable[NotificationDelivery]) -> dict[tuple[str, str], Any]:
    keys: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.target:
            keys[row.medium].add(row.target)
    return {
        (medium, str(target.pk)): target
        for medium, some in keys.items()
        for target in _rows_of(medium).filter(pk__in=some)
    }


def _rows_of(medium: str) -> Any:
    rows = _TARGETS[medium].objects
    return rows.select_related("device__user") if medium == NoticeMedium.MOBILE else rows


def _needless(delivery: NotificationDelivery, target: Any, now: datetime) -> str:
    """Return why a delivery need not go any more, or nothing."""
    told = delivery.notification
    if not delivery.person.is_active:
        return "closed"
    # The browser or phone may have changed hands since.
    if target is None or target.person_id != delivery.person_id:
        return "no_target"
    # The app that registered it may have been signed out.
    app = target.device if delivery.medium == NoticeMedium.MOBILE else None
    if app is not None and not app.is_living(now):
        return "no_target"
    if delivery.medium == NoticeMedium.EMAIL and target.bounced_at is not None:
        return "bounced"
    if told.read_at is not None and delivery.kind != TEST:
        return "read"
    return "expired" if told.expires_at <= now else ""


def _quiet(
    delivery: NotificationDelivery, own: NotificationSettings | None, now: datetime
) -> datetime | None:
    kind = known_kind(delivery.kind)
    hours = quiet_hours(own) if own and not (kind and kind.urgent) else None
    return hours.end_at(now) if hours else None


def _message(delivery: NotificationDelivery, own: NotificationSettings | None) -> Message:
    told, kind = delivery.notification, known_kind(delivery.kind)
    language = delivery.person.language or settings.LANGUAGE_CODE
    title, body, url = told.title, told.body, told.url
    with translation.override(language):
        if delivery.summary:
            title, body, url = _summary(delivery)
        if own and own.is_discreet and delivery.medium != NoticeMedium.EMAIL:
            title = str(kind.discreet) if kind and not delivery.summary else _("Something new")
            body = _("Open Xiaoer to read it.")
    return Message(
        key=delivery.pk.hex,
        tag=told.pk.hex,
        kind=delivery.kind,
        title=title,
        body=body,
        url=url,
        language=language,
        urgent=bool(kind and kind.urgent),
    )


def _summary(delivery: NotificationDelivery) -> tuple[str, str, str]:
    """Return the words for what quiet hours held: how many, and the last ones by their titles."""
    held = (
        Notification.objects.filter(
            deliveries__person=delivery.person_id,
            deliveries__medium=delivery.medium,
            deliveries__target=delivery.target,
            deliveries__why="in_summary",
            deliveries__at__gte=delivery.due_at - timedelta(hours=12),
        )
        .distinct()
        .order_by("-at")
    )
    titles = [delivery.notification.title, *(one.title for one in held[: SUMMARY_LINES - 1])]
    lines = "\n".join(f"· {title}" for title in titles)
    title = str(sentences.SUMMARY).replace("{count}", str(delivery.summary))
    return title, lines, "/notifications/"


def _after(row: NotificationDelivery, outcome: Outcome, now: datetime) -> None:
    target = _TARGETS[row.medium].objects.filter(pk=row.target)
    if outcome.kept is not None:
        SimulatedPush.objects.create(delivery=row, at=now, **outcome.kept)
    if outcome.verdict == SENT and row.medium != NoticeMedium.EMAIL:
        target.update(last_sent_at=now)
    elif outcome.verdict == GONE and row.medium == NoticeMedium.EMAIL:
        _bounced(row, target.filter(bounced_at=None), now)
    elif outcome.verdict == GONE:
        target.delete()
    if row.kind == TEST:
        push(f"user.{row.person_id}", "notification.delivered", delivery=str(row.pk))


def _bounced(row: NotificationDelivery, target: Any, now: datetime) -> None:
    address = target.first()
    if address is None or not target.update(bounced_at=now, bounce=row.answer):
        return
    record(row.person, "email.bounced", by=None, after={"answer": row.answer}, at=now)
    notify(
        row.person,
        "email.bounced",
        title=sentences.BOUNCED,
        body=sentences.BOUNCED_BODY,
        words={"address": mask_text(address.address), "why": row.answer},
        url="/profile/notices/",
        now=now,
    )


@transaction.atomic
def give_back(errands: Iterable[Errand], *, now: datetime) -> None:
    """Let others take what was claimed and not begun."""
    keys: list[uuid.UUID] = [errand.delivery.pk for errand in errands]
    NotificationDelivery.objects.filter(pk__in=keys, state=NoticeState.QUEUED).update(
        due_at=now, attempts=F("attempts") - 1
    )
