"""Where people are reached: a confirmed e-mail address, browsers, phones; and a test of each."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_q.tasks import async_task

from accounts.actions.codes import typed_code
from accounts.actions.notifications import notify
from accounts.models import (
    Device,
    EmailAddress,
    NoticeMedium,
    Notification,
    NotificationDelivery,
    PushDevice,
    PushSubscription,
    User,
)
from accounts.models.notifications import secret_hash
from accounts.notifications import mobile, sentences, webpush, wire
from accounts.sessions import digest_of
from common.errors import DomainError, NotFound
from common.history import history_of, record
from common.masking import mask_text
from common.outgoing import AddressRefused
from common.parameters import value
from common.sealing import fingerprint, is_fingerprint_of
from common.text import clean

SEND_CODE = "accounts.tasks.send_email_code"
CODE_TRIES = 5
MOST_PLACES = 20
PLATFORMS = ("ios", "android", "harmony")
IN_PAGE = "page"
_CODE = "email.code"


@transaction.atomic
def add_email(person: User, address: str, *, now: datetime | None = None) -> EmailAddress:
    """Note ``address`` for ``person`` and send a code to it; it is used once the code came back.

    The one in use so far stays until then. Raises ``email.too_many_codes`` (an hour's worth).
    Nothing tells whether somebody else reads mail there.
    """
    moment = now or timezone.now()
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    _spend_code(person, moment)
    person.email_addresses.filter(confirmed_at=None).delete()
    code = f"{secrets.randbelow(1_000_000):06d}"
    row = EmailAddress.objects.create(
        person=person,
        address=address.strip(),
        added_at=moment,
        code_hash="",
        code_until=moment + value("notification.code_kept", moment),
    )
    row.code_hash = fingerprint(f"{row.pk.hex}:{code}", purpose=_CODE)
    row.save(update_fields=["code_hash"])
    record(person, "email.added", by=person, after={"address": mask_text(row.address)}, at=moment)
    # The code itself travels in the queue and in the letter; the table keeps its hash.
    async_task(SEND_CODE, str(row.pk), code, save=False)
    return row


@transaction.atomic
def confirm_email(person: User, code: str, *, now: datetime | None = None) -> EmailAddress | None:
    """Use the waiting address from now on when ``code`` is the one that was sent; else None.

    A wrong code is counted, so the caller must not roll back; after five the code is dead. Raises
    ``email.nothing_waiting`` and ``email.code_over`` (too old or tried too often).
    """
    moment = now or timezone.now()
    row = EmailAddress.objects.select_for_update().filter(person=person, confirmed_at=None).first()
    if row is None:
        raise DomainError("email.nothing_waiting", _("No address waits for a code."))
    if row.code_tries >= CODE_TRIES or row.code_until is None or row.code_until <= moment:
        raise DomainError("email.code_over", _("This code is no longer good. Ask for a new one."))
    if not is_fingerprint_of(f"{row.pk.hex}:{typed_code(code)}", row.code_hash, purpose=_CODE):
        EmailAddress.objects.filter(pk=row.pk).update(code_tries=F("code_tries") + 1)
        return None
    person.email_addresses.exclude(pk=row.pk).delete()
    row.confirmed_at, row.code_hash, row.code_until = moment, "", None
    row.save(update_fields=["confirmed_at", "code_hash", "code_until"])
    record(
        person, "email.confirmed", by=person, after={"address": mask_text(row.address)}, at=moment
    )
    return row


@transaction.atomic
def remove_email(person: User) -> int:
    """Forget ``person``'s addresses, confirmed or waiting; return how many. Again changes nothing."""
    gone, _by_model = person.email_addresses.all().delete()
    if gone:
        record(person, "email.removed", by=person)
    return gone


@transaction.atomic
def subscribe_browser(
    person: User, *, endpoint: str, p256dh: str, auth: str, label: str = "", session_key: str = ""
) -> PushSubscription:
    """Let one browser show ``person``'s notifications; whoever used it before gets none there.

    Raises ``push.unknown_service``, ``push.bad_keys``, ``push.too_many``. A second call with the
    same endpoint changes its keys.
    """
    try:
        wire.target_of(endpoint)
    except AddressRefused:
        raise DomainError(
            "push.unknown_service",
            _("This browser's push service is not one the house sends to. Ask operations."),
        ) from None
    if not webpush.are_keys(p256dh, auth):
        raise DomainError("push.bad_keys", _("These keys cannot be used."))
    known: dict[str, Any] = {"endpoint_hash": secret_hash(endpoint)}
    _room_for(person, PushSubscription.objects.exclude(**known))
    row, made = PushSubscription.objects.update_or_create(
        **known,
        defaults={
            "person": person,
            "endpoint": endpoint,
            "p256dh": p256dh,
            "auth": auth,
            "label": clean(label, max_chars=80, single_line=True, required=False),
            "session_hash": digest_of(session_key) if session_key else "",
        },
    )
    if made:
        record(person, "person.browser_subscribed", by=person, after={"browser": row.label})
    return row


@transaction.atomic
def unsubscribe_browser(person: User, key: uuid.UUID) -> None:
    """Show nothing in that browser any more. Raises ``NotFound``, for somebody else's too."""
    row = person.push_subscriptions.filter(pk=key).first()
    if row is None:
        raise NotFound("push.not_found", _("No such browser."))
    row.delete()
    record(person, "person.browser_unsubscribed", by=person, before={"browser": row.label})


@transaction.atomic
def register_device(
    person: User, *, platform: str, token: str, label: str = "", device: Device | None = None
) -> PushDevice:
    """Let one phone show ``person``'s notifications; whoever used it before gets none there.

    ``device`` is the app's own sign-in: when that ends, nothing is sent to the phone any more.
    Raises ``device.unknown_platform``, ``push.too_many``. A second call changes the name alone.
    """
    if platform not in PLATFORMS:
        raise DomainError("device.unknown_platform", _("There is no such platform."))
    known: dict[str, Any] = {"provider": mobile.provider().name, "token_hash": secret_hash(token)}
    _room_for(person, PushDevice.objects.exclude(**known))
    row, made = PushDevice.objects.update_or_create(
        **known,
        defaults={
            "person": person,
            "platform": platform,
            "token": token,
            "device": device,
            "label": clean(label, max_chars=80, single_line=True, required=False) or platform,
        },
    )
    if made:
        record(person, "person.phone_registered", by=person, after={"phone": row.label})
    return row


@transaction.atomic
def unregister_device(person: User, key: uuid.UUID) -> None:
    """Show nothing on that phone any more. Raises ``NotFound``, for somebody else's too."""
    row = person.push_devices.filter(pk=key).first()
    if row is None:
        raise NotFound("device.not_found", _("No such phone."))
    row.delete()
    record(person, "person.phone_unregistered", by=person, before={"phone": row.label})


@transaction.atomic
def send_test(person: User, medium: str, *, now: datetime | None = None) -> Notification:
    """Send ``person`` a test by one medium (or ``page``), quiet hours or not.

    Raises ``notification.unknown_medium``, ``notification.no_target``, ``notification.too_many_tests``.
    """
    moment = now or timezone.now()
    if medium not in (*NoticeMedium.values, IN_PAGE):
        raise DomainError("notification.unknown_medium", _("There is no such medium."))
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    sent = Notification.objects.filter(
        person=person, kind="notification.test", created_at__gt=moment - timedelta(hours=1)
    )
    most = value("notification.tests_an_hour", moment)
    if sent.count() >= most:
        raise DomainError(
            "notification.too_many_tests",
            _("At most %(most)s tests an hour. Try again later.") % {"most": most},
            limit=most,
        )
    told = notify(
        person,
        "notification.test",
        title=sentences.TEST,
        body=sentences.TEST_BODY,
        url="/profile/notices/",
        media=[] if medium == IN_PAGE else [medium],
        now=moment,
    )
    assert told is not None  # a test is never told twice
    deliveries = NotificationDelivery.objects.filter(notification=told)
    if medium != IN_PAGE and not deliveries.exclude(target="").exists():
        # Rolled back with everything: nothing reached anybody, and nothing is counted.
        raise DomainError(
            "notification.no_target", _("Nothing is set up for this yet, so nothing can be sent.")
        )
    return told


def _room_for(person: User, others: QuerySet[PushSubscription] | QuerySet[PushDevice]) -> None:
    """Refuse one more place beside ``person``'s ``others``; a place that is known already needs no room."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if others.filter(person=person).count() >= MOST_PLACES:
        raise DomainError(
            "push.too_many",
            _("At most %(most)s at a time. Remove one first.") % {"most": MOST_PLACES},
            limit=MOST_PLACES,
        )


def _spend_code(person: User, now: datetime) -> None:
    lately = history_of(person).filter(action="email.added", at__gt=now - timedelta(hours=1))
    most = value("notification.codes_an_hour", now)
    if lately.count() >= most:
        raise DomainError(
            "email.too_many_codes",
            _("At most %(most)s codes an hour. Try again later.") % {"most": most},
            limit=most,
        )
