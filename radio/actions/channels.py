"""Channels and who subscribes to them."""

from collections.abc import Iterable
from datetime import datetime
from types import EllipsisType

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError, NotFound
from common.history import record
from common.rights import require_right
from common.text import clean
from radio.actions.editions import lay_out_editions, withdraw_empty_editions
from radio.models import Channel, Subscription


@transaction.atomic
def open_channel(
    *,
    code: str,
    name: str,
    by: User | None,
    description: str = "",
    position: int = 0,
    owner: User | None = None,
    is_private: bool = False,
    people: Iterable[User] = (),
    now: datetime | None = None,
) -> Channel:
    """Put a new channel on air; its first edition comes out on the next working day.

    A private channel's owner is always on its list. Raises ``radio.may_not_manage`` and
    ``channel.taken``.
    """
    _manager(by)
    if Channel.objects.filter(code=code).exists():
        raise DomainError("channel.taken", _("There is a channel with this code already."))
    moment = now or timezone.now()
    channel = Channel.objects.create(
        code=code,
        name=clean(name, max_chars=40, single_line=True),
        description=clean(description, max_chars=200, single_line=True, required=False),
        position=position,
        owner=owner,
        is_private=is_private,
        active_since=moment,
    )
    channel.people.set({*people, *([owner] if owner else [])})
    record(channel, "channel.opened", by=by, after=_facts(channel), at=moment)
    lay_out_editions(channel, now=moment)
    return channel


@transaction.atomic
def change_channel(
    channel: Channel,
    *,
    by: User | None,
    name: str | None = None,
    description: str | None = None,
    position: int | None = None,
    owner: User | EllipsisType | None = ...,
    is_private: bool | None = None,
    people: Iterable[User] | None = None,
) -> Channel:
    """Change what is given of ``channel``; what is left out stays. Raises ``radio.may_not_manage``.

    Who is taken off a private channel's list loses it at once, its feed address included.
    """
    _manager(by)
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    before = _facts(channel)
    if name is not None:
        channel.name = clean(name, max_chars=40, single_line=True)
    if description is not None:
        channel.description = clean(description, max_chars=200, single_line=True, required=False)
    if position is not None:
        channel.position = position
    if not isinstance(owner, EllipsisType):
        channel.owner = owner
    if is_private is not None:
        channel.is_private = is_private
    channel.save(update_fields=["name", "description", "position", "owner", "is_private"])
    if people is not None:
        channel.people.set(people)
    if channel.owner_id is not None:
        channel.people.add(channel.owner_id)
    after = _facts(channel)
    if after != before:
        record(channel, "channel.changed", by=by, before=before, after=after)
    return channel


@transaction.atomic
def close_channel(
    channel: Channel, *, by: User | None, reason: str, now: datetime | None = None
) -> Channel:
    """Take ``channel`` off air: nothing new goes in, an edition that holds cases still comes out.

    Raises ``radio.may_not_manage`` and ``channel.no_reason``; closing twice changes nothing.
    """
    channel = _locked_for_switch(channel, by, reason)
    if not channel.is_active:
        return channel
    channel.is_active = False
    channel.save(update_fields=["is_active"])
    withdraw_empty_editions(channel, now=now or timezone.now())
    record(
        channel,
        "channel.closed",
        by=by,
        before={"is_active": True},
        after={"is_active": False},
        reason=reason,
    )
    return channel


@transaction.atomic
def reopen_channel(
    channel: Channel, *, by: User | None, reason: str, now: datetime | None = None
) -> Channel:
    """Put ``channel`` back on air; days in between stay without editions.

    Raises ``radio.may_not_manage`` and ``channel.no_reason``; reopening twice changes nothing.
    """
    channel = _locked_for_switch(channel, by, reason)
    if channel.is_active:
        return channel
    moment = now or timezone.now()
    channel.is_active, channel.active_since = True, moment
    channel.save(update_fields=["is_active", "active_since"])
    lay_out_editions(channel, now=moment)
    record(
        channel,
        "channel.reopened",
        by=by,
        before={"is_active": False},
        after={"is_active": True},
        reason=reason,
    )
    return channel


@transaction.atomic
def subscribe(channel: Channel, *, by: User) -> Subscription:
    """Let ``by`` hear ``channel``, aloud; a second call, also of a muted one, keeps one subscription."""
    subscription, is_new = Subscription.objects.get_or_create(user=by, channel=_known(channel, by))
    if is_new:
        record(subscription, "channel.subscribed", by=by, after={"channel": channel.pk})
    elif subscription.muted_at is not None:
        subscription.muted_at = None
        subscription.save(update_fields=["muted_at"])
        record(subscription, "channel.unmuted", by=by, after={"channel": channel.pk})
    return subscription


@transaction.atomic
def mute_channel(channel: Channel, *, by: User, now: datetime | None = None) -> Subscription:
    """Keep the subscription but deliver and count nothing more; muting twice changes nothing."""
    subscription, is_new = Subscription.objects.get_or_create(user=by, channel=_known(channel, by))
    if subscription.muted_at is None:
        subscription.muted_at = now or timezone.now()
        subscription.save(update_fields=["muted_at"])
        record(subscription, "channel.muted", by=by, after={"channel": channel.pk, "new": is_new})
    return subscription


@transaction.atomic
def unsubscribe(channel: Channel, *, by: User) -> bool:
    """End the subscription; return False when there was none."""
    subscription = Subscription.objects.filter(user=by, channel=_known(channel, by)).first()
    if subscription is None:
        return False
    record(subscription, "channel.unsubscribed", by=by, before={"channel": channel.pk})
    subscription.delete()
    return True


def _known(channel: Channel, user: User) -> Channel:
    found = Channel.objects.visible_to(user).filter(pk=channel.pk).first()
    if found is None:
        raise NotFound("channel.not_found", _("There is no such channel."))
    return found


def _manager(by: User | None) -> None:
    require_right(
        by,
        "radio.manage",
        message=_("Only operations change channels."),
        code="radio.may_not_manage",
    )


def _locked_for_switch(channel: Channel, by: User | None, reason: str) -> Channel:
    _manager(by)
    if not reason.strip():
        raise DomainError("channel.no_reason", _("Write why."))
    return Channel.objects.select_for_update().get(pk=channel.pk)


def _facts(channel: Channel) -> dict[str, object]:
    return {
        "name": channel.name,
        "description": channel.description,
        "position": channel.position,
        "owner": channel.owner_id,
        "is_private": channel.is_private,
        "people": sorted(channel.people.values_list("pk", flat=True)),
    }
