"""From what was said to what is owed: one delivery for each endpoint whose owner may see the subject."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.db import InterfaceError, OperationalError, models, transaction

from accounts.models import User, WebhookDelivery, WebhookEndpoint, WebhookEvent, WebhookState
from accounts.webhooks.events import TEST, heard
from common.ids import uuid7

log = logging.getLogger(__name__)

BATCH = 200
PUT_OFF = timedelta(minutes=1)


def tell_ripe(now: datetime, *, limit: int = BATCH) -> int:
    """Make the deliveries of the events that are ripe, one transaction each; return how many were told.

    Several clocks may do this: each event is told by one of them, once. What somebody is still
    saying (a message not committed yet) is left for the next round. One that cannot be told is
    logged and put off, so that it keeps no other one.
    """
    told = 0
    for key in list(_ripe(now).values_list("pk", flat=True)[:limit]):
        try:
            told += _tell_one(key, now)
        except (InterfaceError, OperationalError):
            raise  # the database is away: nothing is wrong with the event
        except Exception:
            log.exception("webhook event %s cannot be told", key)
            WebhookEvent.objects.filter(pk=key, told_at=None).update(ripe_at=now + PUT_OFF)
    return told


def _ripe(now: datetime) -> models.QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(told_at=None, ripe_at__lte=now).order_by("ripe_at")


@transaction.atomic
def _tell_one(key: UUID, now: datetime) -> bool:
    event = _ripe(now).filter(pk=key).select_for_update(skip_locked=True).first()
    if event is not None:
        _tell(event, now)
    return event is not None


def _tell(event: WebhookEvent, now: datetime) -> None:
    kind = heard(event.event) if event.event != TEST else None
    subject = subject_of(event)
    if kind is not None and kind.gathers:
        # Free from here on: what is said next is told next.
        event.key = None
        if kind.facts is not None and subject is not None:
            event.data = kind.facts(subject)
    event.told_at = now
    event.save(update_fields=["key", "data", "told_at"])
    wanting = WebhookEndpoint.objects.filter(
        state=WebhookState.ACTIVE, events__contains=[event.event]
    ).select_related("owner")
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(id=uuid7(now), endpoint=endpoint, event=event, since=now, next_at=now)
            for endpoint in wanting
            if may_hear(endpoint.owner, event)
        ],
        ignore_conflicts=True,
    )


def may_hear(owner: User, event: WebhookEvent) -> bool:
    """Tell whether ``owner`` may hear of ``event`` now: signed up, with the right, and sees its subject."""
    if not owner.is_active or not owner.can("webhooks.use"):
        return False
    if event.right and not owner.can(event.right):
        return False
    if event.event == TEST:
        return True
    model = apps.get_model(event.subject_type)
    rows = model._default_manager
    seen = getattr(rows, "for_work_of", rows.visible_to)
    return bool(seen(owner).filter(pk=event.subject_id).exists())


def subject_of(event: WebhookEvent) -> models.Model | None:
    """Return the row that ``event`` is about, whoever may see it."""
    model = apps.get_model(event.subject_type)
    return model._default_manager.filter(pk=event.subject_id).first()
