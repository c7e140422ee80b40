"""One socket per client, many topics. The protocol is described in docs/live.md."""

from tickets.consumers.socket import ClientSocket

__all__ = ["ClientSocket"]
