"""Who knows of a channel and who hears it."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.rules import RIGHTS
from radio.models import Channel, Subscription


def people_who_can(right: str) -> QuerySet[User]:
    """Return everyone who may do ``right``: by role, and superusers."""
    roles = sorted(role for role, rights in RIGHTS.items() if right in rights)
    return User.objects.filter(Q(roles__overlap=roles) | Q(is_superuser=True), is_active=True)


def people_who_know(channel: Channel) -> QuerySet[User]:
    """Return everyone to whom ``channel`` is visible."""
    readers = people_who_can("radio.read")
    if not channel.is_private:
        return readers
    listed = Channel.people.through.objects.filter(channel=channel, user=OuterRef("pk"))
    return readers.filter(Exists(listed) | Q(pk__in=people_who_can("radio.manage").values("pk")))


def hearers(channel: Channel) -> QuerySet[User]:
    """Return everyone who subscribed to ``channel``, has not muted it and may still know of it."""
    listening = Subscription.objects.filter(channel=channel, user=OuterRef("pk"), muted_at=None)
    return people_who_know(channel).filter(Exists(listening))


def channel_cards(channels: QuerySet[Channel], user: User) -> list[dict[str, Any]]:
    """Return ``channels`` as JSON for ``user``, in order, with their own subscription to each."""
    own = {s.channel_id: s for s in subscriptions_of(user)}
    return [
        {
            "code": channel.code,
            "name": channel.name,
            "description": channel.description,
            "is_private": channel.is_private,
            "is_on_air": channel.is_active,
            "subscription": subscription_card(own[channel.pk]) if channel.pk in own else None,
        }
        for channel in channels.order_by("position", "code")
    ]


def subscriptions_of(user: User) -> QuerySet[Subscription]:
    """Return what ``user`` subscribed to and may still know of."""
    known = Channel.objects.visible_to(user).values("pk")
    rows = Subscription.objects.filter(user=user, channel__in=known).select_related("channel")
    return rows.order_by("channel__position", "channel__code")


def subscription_cards(user: User) -> list[dict[str, Any]]:
    """Return the subscriptions of ``user`` as JSON, in the order of the channels."""
    return [subscription_card(subscription) for subscription in subscriptions_of(user)]


def subscription_card(subscription: Subscription) -> dict[str, Any]:
    """Return one subscription as JSON."""
    return {
        "channel": subscription.channel.code,
        "is_muted": subscription.muted_at is not None,
    }
