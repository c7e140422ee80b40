"""Secret addresses for feed readers."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import NotFound
from common.history import record
from radio.models import Channel, FeedToken

USE_IS_NOTED_EVERY = timedelta(minutes=5)


def hash_of(token: str) -> str:
    """Return what is kept of a token. It is long and random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def issue_feed_token(
    channel: Channel, *, by: User, now: datetime | None = None
) -> tuple[FeedToken, str]:
    """Give ``by`` a new secret address for ``channel``; return the row and the secret, shown only now.

    An older address of the same person and channel stops working. Raises ``channel.not_found``.
    """
    # Locked, so that two clicks leave one living address.
    person = User.objects.select_for_update().get(pk=by.pk)
    found = Channel.objects.visible_to(person).filter(pk=channel.pk).first()
    if found is None:
        raise NotFound("channel.not_found", _("There is no such channel."))
    moment = now or timezone.now()
    for older in FeedToken.objects.filter(user=person, channel=found, revoked_at=None):
        _revoke(older, by=by, at=moment)
    secret = secrets.token_urlsafe(32)
    token = FeedToken.objects.create(
        user=person, channel=found, token_hash=hash_of(secret), created_at=moment
    )
    record(token, "feed_token.issued", by=by, after={"channel": found.pk}, at=moment)
    return token, secret


@transaction.atomic
def revoke_feed_token(
    token: FeedToken, *, by: User, reason: str = "", now: datetime | None = None
) -> FeedToken:
    """Stop an address from working; a second call changes nothing.

    Raises ``feed_token.not_found`` unless it is one's own or ``by`` manages the radio.
    """
    locked = FeedToken.objects.select_for_update().filter(pk=token.pk).first()
    if locked is None or not (locked.user_id == by.pk or by.can("radio.manage")):
        raise NotFound("feed_token.not_found", _("There is no such feed address."))
    if locked.revoked_at is None:
        _revoke(locked, by=by, at=now or timezone.now(), reason=reason)
    return locked


@transaction.atomic
def revoke_feed_tokens(user: User, *, by: User | None, why: str) -> int:
    """Stop every address of ``user``; returns how many. Part of actions that end all access."""
    living = FeedToken.objects.select_for_update().filter(user=user, revoked_at=None)
    now = timezone.now()
    for token in living.order_by("pk"):
        _revoke(token, by=by, at=now, why=why)
    return len(living)


def note_feed_use(token: FeedToken, *, now: datetime) -> None:
    """Remember that the address was used, to within five minutes: readers ask often."""
    FeedToken.objects.filter(
        Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY), pk=token.pk
    ).update(last_used_at=now)


def _revoke(
    token: FeedToken, *, by: User | None, at: datetime, reason: str = "", why: str = ""
) -> None:
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    record(
        token,
        "feed_token.revoked",
        by=by,
        after={"channel": token.channel_id} | ({"why": why} if why else {}),
        reason=reason,
        at=at,
    )
