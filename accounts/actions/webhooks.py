"""Webhooks: whom the house tells, what it owes them, and the word with which actions say it."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    DeliveryState,
    User,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookHost,
    WebhookState,
)
from accounts.webhooks.events import TEST, heard, heard_events
from accounts.webhooks.pauses import breaker_pause
from accounts.webhooks.signing import new_secret
from common.errors import DomainError
from common.history import plain, record
from common.ids import uuid7
from common.outgoing import parse_target
from common.parameters import value
from common.rights import require_right
from common.sealing import Unreadable, seal, unseal
from common.text import clean

PURPOSE = "webhook"
BREAKER_LONGEST = timedelta(minutes=30)
REPLAYED_AT_ONCE = 10_000


# --- What actions say -----------------------------------------------------------------------------


def emit(
    event: str,
    *,
    subject: models.Model,
    data: Mapping[str, Any],
    visible: str = "",
    key: str | None = None,
    at: datetime | None = None,
) -> None:
    """Say inside the open transaction that ``event`` happened to ``subject``.

    It becomes one delivery for each endpoint that wants the event and whose owner may see the
    subject (``visible_to``), asked a moment later and once more before it is sent. ``data`` are ids
    and facts that everybody who may see the subject may know. ``visible`` names a right that
    hearers need besides. With a ``key`` the same event is said once, however often it is told here.
    Nothing is written while nobody wants the event.
    """
    heard(event)
    moment = at or timezone.now()
    _say(event, subject._meta.label_lower, [(str(subject.pk), key)], plain(data), visible, moment)


def emit_gathered(event: str, *, model: type[models.Model], keys: Iterable[Any]) -> None:
    """Say that ``event``, which gathers, happened to the rows ``keys`` of ``model``.

    Whoever says it while it is still being gathered adds nothing; it is told once, with the facts
    of the moment it is told.
    """
    pairs = [(str(one), str(one)) for one in sorted(set(keys))]
    if pairs and heard(event).gathers:
        moment = timezone.now()
        ripe = moment + value("webhooks.gather")
        _say(event, model._meta.label_lower, pairs, {}, "", moment, ripe=ripe)


def is_wanted(event: str) -> bool:
    """Tell whether any endpoint wants ``event`` now."""
    wants = WebhookEndpoint.objects.filter(state=WebhookState.ACTIVE, events__contains=[event])
    return wants.exists()


def _say(
    event: str,
    subject_type: str,
    subjects: Sequence[tuple[str, str | None]],
    data: Any,
    right: str,
    at: datetime,
    *,
    ripe: datetime | None = None,
) -> None:
    # One statement, whether somebody wants it or not: an action never asks who listens. On a key
    # that is there already the row is locked, so that the teller waits for what we have written.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_webhookevent "
            '(id, event, at, subject_type, subject_id, data, "right", key, ripe_at) '
            "SELECT new.id, %s, %s, %s, new.subject_id, %s::jsonb, %s, new.key, %s "
            "FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, subject_id, key) "
            "WHERE EXISTS (SELECT 1 FROM accounts_webhookendpoint e "
            "WHERE e.state = 'active' AND e.events @> ARRAY[%s]::varchar[]) "
            "ON CONFLICT (event, key) DO UPDATE SET key = excluded.key",
            [
                event,
                at,
                subject_type,
                connection.ops.adapt_json_value(data, None),
                right,
                ripe or at,
                [uuid7(at) for _one in subjects],
                [pk for pk, _key in subjects],
                [key for _pk, key in subjects],
                event,
            ],
        )


# --- Endpoints ------------------------------------------------------------------------------------


@transaction.atomic
def add_endpoint(
    *, url: str, events: Iterable[str], by: User, description: str = ""
) -> tuple[WebhookEndpoint, str]:
    """Let ``url`` hear ``events`` about what ``by`` may see; return the endpoint and its secret.

    The secret is shown this once. Raises ``forbidden``, ``webhook.too_many``,
    ``webhook.unknown_event``, ``webhook.no_event``, ``text.*`` and ``address.*``.
    """
    require_right(by, "webhooks.use")
    # One at a time a person, so that nobody gets past the limit.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    most = value("webhooks.most_per_person")
    if WebhookEndpoint.objects.there().filter(owner=by).count() >= most:
        raise DomainError(
            "webhook.too_many",
            _("You have %(most)s webhooks already. Remove one first.") % {"most": most},
            limit=most,
        )
    secret = new_secret()
    target = parse_target(url, **called())
    endpoint = WebhookEndpoint.objects.create(
        owner=by,
        url=target.url,
        host=_host_of(target.url),
        description=_described(description),
        events=_known(events),
        secret=seal(secret, purpose=PURPOSE),
        made_at=timezone.now(),
    )
    record(endpoint, "webhook.added", by=by, after=_facts(endpoint))
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    endpoint: WebhookEndpoint,
    *,
    by: User,
    url: str | None = None,
    events: Iterable[str] | None = None,
    description: str | None = None,
) -> WebhookEndpoint:
    """Change what is given; what is left out stays. Raises what :func:`add_endpoint` raises."""
    endpoint = _mine(endpoint, by)
    before = _facts(endpoint)
    if url is not None:
        endpoint.url = parse_target(url, **called()).url
        endpoint.host = _host_of(endpoint.url)
    if events is not None:
        endpoint.events = _known(events)
    if description is not None:
        endpoint.description = _described(description)
    after = _facts(endpoint)
    if after != before:
        endpoint.save(update_fields=["url", "host", "events", "description"])
        record(endpoint, "webhook.changed", by=by, before=before, after=after)
    return endpoint


@transaction.atomic
def pause_endpoint(endpoint: WebhookEndpoint, *, by: User, reason: str = "") -> WebhookEndpoint:
    """Send nothing to the endpoint; what it is owed waits. A second call changes nothing."""
    return _set_state(endpoint, WebhookState.PAUSED, "webhook.paused", by, reason)


@transaction.atomic
def resume_endpoint(endpoint: WebhookEndpoint, *, by: User, reason: str = "") -> WebhookEndpoint:
    """Send again, beginning with what waits. A second call changes nothing."""
    return _set_state(endpoint, WebhookState.ACTIVE, "webhook.resumed", by, reason)


@transaction.atomic
def remove_endpoint(endpoint: WebhookEndpoint, *, by: User, reason: str = "") -> None:
    """Forget the endpoint's secret and what it is owed; the log stays. Raises ``forbidden``."""
    endpoint = _set_state(endpoint, WebhookState.REMOVED, "webhook.removed", by, reason)
    endpoint.secret = endpoint.former_secret = ""
    endpoint.save(update_fields=["secret", "former_secret"])
    endpoint.deliveries.filter(state=DeliveryState.WAITING).update(state=DeliveryState.DROPPED)


@transaction.atomic
def rotate_secret(endpoint: WebhookEndpoint, *, by: User, reason: str = "") -> str:
    """Give the endpoint a new secret and return it, this once.

    Until the overlap is over both secrets sign. Raises ``forbidden``, ``webhook.removed``.
    """
    endpoint = _mine(endpoint, by)
    secret, until = new_secret(), timezone.now() + value("webhooks.secret_overlap")
    endpoint.former_secret, endpoint.former_secret_until = endpoint.secret, until
    endpoint.secret = seal(secret, purpose=PURPOSE)
    endpoint.save(update_fields=["secret", "former_secret", "former_secret_until"])
    record(endpoint, "webhook.secret_rotated", by=by, after={"old_until": until}, reason=reason)
    return secret


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """Return the secrets that sign at ``now``, the newest first. Raises ``sealing.unreadable``."""
    secrets = [unseal(endpoint.secret, purpose=PURPOSE)]
    until = endpoint.former_secret_until
    if endpoint.former_secret and until and now < until:
        # Whoever changes a secret because its key is gone has an old one that nobody can read.
        with contextlib.suppress(Unreadable):
            secrets.append(unseal(endpoint.former_secret, purpose=PURPOSE))
    return secrets


# --- Deliveries -----------------------------------------------------------------------------------


@transaction.atomic
def send_test(endpoint: WebhookEndpoint, *, by: User) -> WebhookDelivery:
    """Owe the endpoint a test event, whatever it wants to hear. Raises ``forbidden``, ``webhook.paused``."""
    endpoint = _mine(endpoint, by)
    if endpoint.state != WebhookState.ACTIVE:
        raise DomainError("webhook.paused", _("This webhook is paused. Resume it first."))
    now = timezone.now()
    event = WebhookEvent.objects.create(
        id=uuid7(now),
        event=TEST,
        at=now,
        subject_type=endpoint._meta.label_lower,
        subject_id=str(endpoint.pk),
        data={"webhook": str(endpoint)},
        ripe_at=now,
        told_at=now,
    )
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, event=event, since=now, next_at=now
    )
    record(endpoint, "webhook.tested", by=by, after={"delivery": str(delivery)})
    return delivery


@transaction.atomic
def replay_delivery(delivery: WebhookDelivery, *, by: User, reason: str = "") -> WebhookDelivery:
    """Send a delivery that is done once more, under its old number; one that waits stays as it is.

    Raises ``forbidden``, ``webhook.removed``.
    """
    endpoint = _mine(delivery.endpoint, by)
    now = timezone.now()
    done = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.WAITING)
    if done.update(**_anew(now)):
        after = {"delivery": str(delivery)}
        record(endpoint, "webhook.replayed", by=by, after=after, reason=reason)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay_dead(endpoint: WebhookEndpoint, *, by: User, reason: str = "") -> int:
    """Send all that was given up once more; return how many. Raises ``forbidden``, ``webhook.removed``."""
    endpoint = _mine(endpoint, by)
    dead = endpoint.deliveries.filter(state=DeliveryState.DEAD).order_by("id")
    keys = list(dead.values_list("pk", flat=True)[:REPLAYED_AT_ONCE])
    count = WebhookDelivery.objects.filter(pk__in=keys).update(**_anew(timezone.now()))
    if count:
        record(endpoint, "webhook.replayed", by=by, after={"deliveries": count}, reason=reason)
    return count


# --- The breaker ----------------------------------------------------------------------------------


@transaction.atomic
def note_host_failed(host: str, *, now: datetime) -> datetime | None:
    """Count a failure of ``host``; return until when it is left alone, None while it is still called."""
    WebhookHost.objects.get_or_create(host=host)
    row = WebhookHost.objects.select_for_update().get(pk=host)
    row.failures += 1
    pause = breaker_pause(
        row.failures,
        threshold=value("webhooks.breaker_after"),
        first=value("webhooks.breaker_pause"),
        longest=BREAKER_LONGEST,
    )
    row.open_until = now + pause if pause else None
    row.save(update_fields=["failures", "open_until"])
    return row.open_until


@transaction.atomic
def note_host_answered(host: str) -> None:
    """Close the breaker of ``host``."""
    WebhookHost.objects.filter(pk=host).delete()


@transaction.atomic
def may_probe(host: str, *, now: datetime, patience: timedelta) -> bool:
    """Tell whether ``host`` may be called at ``now``: always while it is well, else one probe at a time.

    Of many who ask when its pause is over, one is told yes; the others find it closed for
    ``patience`` more.
    """
    tripped = WebhookHost.objects.filter(pk=host, open_until__isnull=False)
    if not tripped.exists():
        return True
    return bool(tripped.filter(open_until__lte=now).update(open_until=now + patience))


def called() -> dict[str, Any]:
    """Return which addresses webhooks may call, as :func:`common.outgoing.parse_target` asks it."""
    return {
        "ports": {int(port) for port in _words("webhooks.ports") if port.isdecimal()},
        "allowed": allowed_inside(),
        "plain": value("webhooks.plain_http"),
    }


def allowed_inside() -> frozenset[str]:
    """Return the ``host:port`` pairs inside our own network that may be called."""
    return frozenset(word.lower() for word in _words("webhooks.allowed_inside"))


def _words(key: str) -> list[str]:
    return [word.strip() for word in value(key).split(",") if word.strip()]


def _mine(endpoint: WebhookEndpoint, by: User) -> WebhookEndpoint:
    """Lock the endpoint and refuse who neither owns it nor looks after webhooks."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    if endpoint.owner_id == by.pk:
        require_right(by, "webhooks.use")
    else:
        require_right(by, "webhooks.manage")
    if endpoint.state == WebhookState.REMOVED:
        raise DomainError("webhook.removed", _("This webhook has been removed."))
    return endpoint


def _set_state(
    endpoint: WebhookEndpoint, state: WebhookState, event: str, by: User, reason: str
) -> WebhookEndpoint:
    endpoint = _mine(endpoint, by)
    if endpoint.state == state:
        return endpoint
    before, endpoint.state = endpoint.state, state
    endpoint.save(update_fields=["state"])
    record(endpoint, event, by=by, before={"state": before}, after={"state": state}, reason=reason)
    return endpoint


def _known(events: Iterable[str]) -> list[str]:
    wanted, there = set(events), {one.code for one in heard_events()}
    if unknown := sorted(wanted - there):
        raise DomainError(
            "webhook.unknown_event", _("There is no such event to be heard."), events=unknown[:20]
        )
    if not wanted:
        raise DomainError("webhook.no_event", _("Choose at least one event."))
    return sorted(wanted)


def _described(text: str) -> str:
    return clean(text, max_chars=120, single_line=True, required=False)


def _host_of(url: str) -> str:
    return urlsplit(url).netloc[:260]


def _facts(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "url": endpoint.url,
        "events": endpoint.events,
        "description": endpoint.description,
    }


def _anew(now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.WAITING, "attempts": 0, "since": now, "next_at": now}
