"""Sending: claimed in the database, posted outside of any transaction, noted afterwards.

A clock that dies between the two sends again when its lease is over, under the same number:
at least once. Whoever sends in the end, the number of tries was counted before.
"""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.notifications import notify
from accounts.actions.webhooks import (
    allowed_inside,
    called,
    may_probe,
    note_host_answered,
    note_host_failed,
    secrets_of,
)
from accounts.models import (
    DeliveryState,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookHost,
    WebhookState,
)
from accounts.notifications import sentences
from accounts.webhooks.pauses import is_given_up, wait_before
from accounts.webhooks.signing import signature_header
from accounts.webhooks.telling import may_hear
from common.masking import mask_text
from common.outgoing import AddressRefused, Answer, Unreachable, parse_target, post
from common.parameters import value
from common.sealing import Unreadable

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than any send: who has not said what came of it by then is dead."""
ANSWER_KEPT = 200
TRIES_KEPT = 50
GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try brought: an answer, or the problem why there is none."""

    status: int | None
    problem: str
    millis: int
    answer: str = ""
    asked: timedelta | None = None
    is_final: bool = False

    @property
    def arrived(self) -> bool:
        """Tell whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def host_answers(self) -> bool:
        """Tell whether the host is well, whatever it thinks of this delivery."""
        return self.status is not None and self.status < 500


# Each endpoint is asked for its own longest waiting: what piles up behind one that is paused, left
# alone or slow keeps nobody else's from being seen.
CLAIM = """
WITH due AS (
    SELECT d.id, d.next_at, row_number() OVER (PARTITION BY e.host ORDER BY d.next_at) AS place
      FROM accounts_webhookendpoint e
      LEFT JOIN accounts_webhookhost h ON h.host = e.host
     CROSS JOIN LATERAL (
        SELECT id, next_at FROM accounts_webhookdelivery
         WHERE endpoint_id = e.id AND state = 'waiting' AND next_at <= %(now)s
         ORDER BY next_at LIMIT %(per_host)s
     ) d
     WHERE e.state = 'active' AND NOT (e.host = ANY(%(full)s))
       AND (h.open_until IS NULL OR h.open_until <= %(now)s)
), mine AS (
    SELECT d.id FROM accounts_webhookdelivery d JOIN due ON due.id = d.id
     WHERE due.place <= %(per_host)s AND d.state = 'waiting' AND d.next_at <= %(now)s
     ORDER BY due.next_at LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED
)
UPDATE accounts_webhookdelivery d SET attempts = attempts + 1, next_at = %(lease)s
  FROM mine, accounts_webhookendpoint e WHERE d.id = mine.id AND e.id = d.endpoint_id
RETURNING d.id, e.host
"""


@transaction.atomic
def claim(now: datetime, *, limit: int, per_host: int, full: list[str]) -> list[tuple[UUID, str]]:
    """Take up to ``limit`` due deliveries, at most ``per_host`` of one host and none of those in ``full``."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {"now": now, "lease": now + LEASE, "limit": limit, "per_host": per_host, "full": full},
        )
        return list(cursor.fetchall())


def send(key: UUID, *, now: datetime | None = None) -> DeliveryState | None:
    """Try a claimed delivery once and note what came of it; None when it was not tried at all."""
    moment = now or timezone.now()
    delivery = WebhookDelivery.objects.select_related("endpoint__owner", "event").get(pk=key)
    endpoint = delivery.endpoint
    if delivery.state != DeliveryState.WAITING or endpoint.state == WebhookState.PAUSED:
        _put_back(delivery, moment)
        return None
    if delivery.attempts > value("webhooks.most_tries"):
        # Of the last ones nobody came back: a clock died with each, or our own code breaks at it.
        lost = Outcome(None, _("None of the tries came to an end."), 0, is_final=True)
        return _note(delivery, lost, moment)
    if endpoint.state == WebhookState.REMOVED or not may_hear(endpoint.owner, delivery.event):
        return _drop(delivery)
    if not may_probe(endpoint.host, now=moment, patience=LEASE):
        _put_back(delivery, moment)
        return None
    outcome = _try(delivery, moment)
    if outcome.host_answers:
        note_host_answered(endpoint.host)
    elif not outcome.is_final:
        note_host_failed(endpoint.host, now=timezone.now())
    return _note(delivery, outcome, now or timezone.now())


def body_of(delivery: WebhookDelivery) -> bytes:
    """Return the bytes of a delivery: the same at every try."""
    event = delivery.event
    return orjson.dumps(
        {
            "id": str(delivery),
            "event": event.event,
            "at": timezone.localtime(event.at).isoformat(),
            "data": event.data,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def headers_of(delivery: WebhookDelivery, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of one try; the moment in the signature is the try's."""
    keys = secrets_of(delivery.endpoint, now)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Xiaoer-Webhooks/1",
        "Xiaoer-Event": delivery.event.event,
        "Xiaoer-Delivery": str(delivery),
        "Xiaoer-Signature": signature_header(keys, int(now.timestamp()), body),
    }


def _try(delivery: WebhookDelivery, now: datetime) -> Outcome:
    body = body_of(delivery)
    try:
        # Read anew: the rules may have become stricter since the address was entered.
        target = parse_target(delivery.endpoint.url, **called())
        answer = post(target, body, headers_of(delivery, body, now), allowed=allowed_inside())
    except AddressRefused as refusal:
        return Outcome(None, refusal.message[:300], 0, is_final=True)
    except Unreadable:
        unsigned = _("The secret cannot be read any more. Change it, then send again.")
        return Outcome(None, unsigned, 0, is_final=True)
    except Unreachable as error:
        return Outcome(None, str(error)[:300], 0)
    return _outcome(answer)


def _outcome(answer: Answer) -> Outcome:
    return Outcome(
        status=answer.status,
        problem="" if 200 <= answer.status < 300 else f"HTTP {answer.status}",
        millis=answer.millis,
        answer=_first_words(answer.body),
        asked=answer.retry_after,
        is_final=answer.status == GONE,
    )


def _first_words(body: bytes) -> str:
    text = body[: 4 * ANSWER_KEPT].decode("utf-8", "replace")
    shown = "".join(c if c.isprintable() else " " for c in text)
    return mask_text(" ".join(shown.split()))[:ANSWER_KEPT]


@transaction.atomic
def _note(delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> DeliveryState:
    row = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if row.attempts != delivery.attempts or row.state != DeliveryState.WAITING:
        # Another clock's lease by now, or replayed: what that one brings counts.
        return DeliveryState(row.state)
    entry = {
        "at": now.isoformat(),
        "status": outcome.status,
        "problem": outcome.problem,
        "millis": outcome.millis,
        "answer": outcome.answer,
    }
    row.log = [*row.log, entry][-TRIES_KEPT:]
    row.last_status, row.last_problem = outcome.status, outcome.problem
    if outcome.arrived:
        row.state, row.delivered_at = DeliveryState.DELIVERED, now
    else:
        row.next_at = now + wait_before(
            row.attempts,
            first=value("webhooks.first_pause"),
            longest=value("webhooks.longest_pause"),
            dice=random.random(),
            asked=outcome.asked,
        )
        if outcome.is_final or is_given_up(
            row.attempts,
            most=value("webhooks.most_tries"),
            since=row.since,
            next_at=row.next_at,
            within=value("webhooks.give_up_after"),
        ):
            row.state = DeliveryState.DEAD
            log.warning("webhook delivery %s given up: %s", row, outcome.problem)
            _tell_owner(delivery.endpoint, row, now)
    row.save()
    return DeliveryState(row.state)


def _tell_owner(endpoint: WebhookEndpoint, row: WebhookDelivery, now: datetime) -> None:
    """Tell whose endpoint it is, in one notice however many are given up before it is read."""
    owner = endpoint.owner
    looks = owner.has_perm("accounts.view_webhookendpoint")
    page = reverse("admin:accounts_webhookendpoint_change", args=[endpoint.pk])
    notify(
        owner,
        "webhook.dead",
        title=sentences.WEBHOOK_DEAD,
        title_many=sentences.WEBHOOK_DEAD_MANY,
        body=sentences.WEBHOOK_DEAD_BODY,
        words={"where": endpoint.description or endpoint.host, "why": row.last_problem},
        # Who has no such page has the notice itself, and the rest at the API.
        url=page if looks else "/notifications/",
        subject=endpoint,
        dedupe=f"{row.pk}:{row.since.isoformat()}",
        now=now,
    )


@transaction.atomic
def _drop(delivery: WebhookDelivery) -> DeliveryState:
    WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(
        state=DeliveryState.DROPPED, last_problem="no longer to be seen by its owner"
    )
    return DeliveryState.DROPPED


@transaction.atomic
def _put_back(delivery: WebhookDelivery, now: datetime) -> None:
    """Give the lease and the try back; wait as long as the host is left alone."""
    host = WebhookHost.objects.filter(pk=delivery.endpoint.host).first()
    until = host.open_until if host and host.open_until else now
    WebhookDelivery.objects.filter(
        pk=delivery.pk, attempts=delivery.attempts, state=DeliveryState.WAITING
    ).update(attempts=max(delivery.attempts - 1, 0), next_at=max(until, now))
