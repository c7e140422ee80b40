"""What integration tokens can be allowed: the resources of the REST and of the socket, to read or to write.

A token acts with its owner's rights, narrowed by its scopes. Whatever names no resource here is closed
to integration tokens: passwords, sign-ins, devices and tokens among it.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

READ, WRITE = "read", "write"

RESOURCES: dict[str, tuple[Any, tuple[str, ...]]] = {
    # resource: (what people call it, what can be allowed)
    "conversations": (_("Conversations"), (READ, WRITE)),
    "messages": (_("Messages"), (READ, WRITE)),
    "notes": (_("Internal notes"), (READ, WRITE)),
    "attachments": (_("Attachments"), (READ, WRITE)),
    "queue": (_("Queue and desk"), (READ, WRITE)),
    "presence": (_("Presence"), (READ, WRITE)),
    "canned_replies": (_("Canned replies"), (READ,)),
    "members": (_("Members"), (READ,)),
    "entitlements": (_("Entitlements"), (READ, WRITE)),
    "orders": (_("Orders"), (READ,)),
    "products": (_("Products"), (READ,)),
    "shops": (_("Shops"), (READ,)),
    "rules": (_("Rules"), (READ, WRITE)),
    "exposures": (_("Weights in search"), (WRITE,)),
    "cases": (_("Cases"), (READ, WRITE)),
    "channels": (_("Channels"), (READ,)),
    "editions": (_("Editions"), (READ, WRITE)),
    "subscriptions": (_("Subscriptions"), (READ, WRITE)),
    "notifications": (_("Notifications"), (READ, WRITE)),
    "parameters": (_("Parameters"), (READ,)),
    "search": (_("Search"), (READ,)),
    "webhooks": (_("Webhooks"), (READ, WRITE)),
    "sockets": (_("Open a socket"), (WRITE,)),
}

SCOPES: tuple[str, ...] = tuple(
    f"{resource}:{act}" for resource, (_label, acts) in RESOURCES.items() for act in acts
)
"""Every scope a token can have, in the order people read them."""

TOPIC_SCOPES = {
    # kind of topic on the socket: what a token needs to hear it. A kind that is not here is closed.
    "conversation": "messages:read",
    "notes": "notes:read",
    "team": "queue:read",
    "me": "notifications:read",
    "radio": "editions:read",
    "kitchen": "cases:read",
}


def scope_of(resource: str, *, safe: bool) -> str:
    """Return the scope that a request for ``resource`` needs; ``safe`` when it only looks."""
    return f"{resource}:{READ if safe else WRITE}"


def unknown_scopes(scopes: Iterable[str]) -> list[str]:
    """Return those that no token can have."""
    return sorted(set(scopes) - set(SCOPES))
