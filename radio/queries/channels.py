"""Who knows of a channel and who hears it."""

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
