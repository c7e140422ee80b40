"""Tickets that let one socket in, once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import credentials
from accounts.models import Device, IntegrationToken, SocketTicket, User
from common.ids import uuid7
from common.parameters import value
from common.sealing import seal, unseal

_SESSION = "socket ticket"


@dataclass(frozen=True, slots=True)
class Taken:
    """A ticket that was good: its id, and what the socket hangs on, one of the three last."""

    key: UUID
    session_key: str
    device: UUID | None
    integration_token: UUID | None


@transaction.atomic
def issue_socket_ticket(
    user: User,
    *,
    now: datetime,
    session_key: str = "",
    device: Device | None = None,
    integration_token: IntegrationToken | None = None,
) -> str:
    """Return a ticket for one socket of ``user``, which will close when what it hangs on ends."""
    # What nobody took is forgotten here: the table holds the tickets of the last seconds.
    SocketTicket.objects.filter(expires_at__lt=now).delete()
    key = uuid7(now)
    ticket = credentials.mint(credentials.TICKET, key)
    SocketTicket.objects.create(
        id=key,
        ticket_hash=credentials.digest(ticket),
        user=user,
        sealed_session=seal(session_key, purpose=_SESSION) if session_key else "",
        device=device,
        integration_token=integration_token,
        expires_at=now + value("token.socket_ticket"),
    )
    return ticket


@transaction.atomic
def take_socket_ticket(ticket: str, *, now: datetime) -> Taken | None:
    """Take a ticket and say whom it lets in; None when it is none, was taken before or is too old.

    Of several that come with the same ticket one gets it: whoever deletes the row.
    """
    key = credentials.key_in(credentials.TICKET, ticket)
    row = SocketTicket.objects.filter(pk=key).first() if key else None
    if row is None or not credentials.matches(ticket, row.ticket_hash):
        return None
    if not SocketTicket.objects.filter(pk=row.pk).delete()[0] or row.expires_at <= now:
        return None
    sealed = row.sealed_session
    session_key = unseal(sealed, purpose=_SESSION) if sealed else ""
    return Taken(row.pk, session_key, row.device_id, row.integration_token_id)
