"""What the radio hears from below."""

from typing import Any

from django.dispatch import receiver

from accounts.models import DeviceEnd, User
from accounts.signals import access_ended
from radio.actions import revoke_feed_tokens


@receiver(access_ended)
def end_feed_addresses(
    sender: type[User], user: User, why: DeviceEnd, by: User | None, **kwargs: Any
) -> None:
    """Who knew the old password may have taken an address. Roles are asked at every fetch anyway."""
    if why in {DeviceEnd.PASSWORD, DeviceEnd.CLOSED}:
        revoke_feed_tokens(user, by=by, why=why.value)
