"""The push providers one may choose from: one import each (see ``accounts.notifications.mobile``)."""

from accounts.notifications import mobile

__all__ = ["mobile"]
