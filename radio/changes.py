"""Editions and subscriptions as readers follow them."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from common.changes import LATEST_COMMIT, first_ones, follow
from radio.models import Channel, Edition
from radio.queries.channels import subscription_cards
from radio.queries.editions import edition_card


def changed_editions(
    user: User, since: datetime, most: int, now: datetime
) -> tuple[dict[str, Any], datetime | None]:
    """Return the editions that came out or were changed since."""
    # An edition comes out by the clock, whether or not its row is touched.
    fresh = Q(changed_at__gte=since) | Q(publish_at__gte=since - LATEST_COMMIT)
    rows = Edition.objects.visible_to(user, now).select_related("channel").filter(fresh)
    told, until = first_ones(list(rows.order_by("changed_at", "pk")[: most + 1]), most)
    return {"data": [edition_card(edition) for edition in told]}, until


def subscriptions(
    user: User, since: datetime, most: int, now: datetime
) -> tuple[dict[str, Any], datetime | None]:
    """Return all that ``user`` hears: few rows, and one that is gone leaves none behind."""
    return {"data": subscription_cards(user)}, None


def scope(user: User) -> Any:
    """Return what decides which channels ``user`` knows of."""
    return sorted(Channel.objects.visible_to(user).values_list("pk", flat=True))


follow("editions", kind="radio.edition", changed=changed_editions, scope=scope)
follow("subscriptions", kind="radio.subscription", changed=subscriptions, scope=scope)
