"""Who is at the other end of a socket, what the socket hangs on, and whether a page of our own opened it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http.request import validate_host
from django.utils import timezone

from accounts.actions import take_socket_ticket
from accounts.models import Device, IntegrationToken, User
from accounts.queries import owes_second_step
from accounts.scopes import TOPIC_SCOPES
from common.ids import moment_of
from common.rest.rates import STRANGERS, TooFast, take_turn
from common.topics import resolve


@dataclass(frozen=True, slots=True)
class OnDevice:
    """The socket of an app: it lasts as long as the device is signed in."""

    device: UUID


@dataclass(frozen=True, slots=True)
class OnToken:
    """The socket of another system: it lasts as long as the token and the secret it came with."""

    token: UUID
    since: datetime


Hold = str | OnDevice | OnToken
"""What a socket hangs on: a browser's session key, a device, or an integration token.

A key that a cookie brings is always a plain string, so it can never pass for one of the other two.
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is at the other end, as small as a socket that idles for hours needs it.

    ``scopes`` narrow an integration token; None for people.
    """

    pk: int
    public_key: str
    display_name: str
    is_agent: bool
    # Answers members and is one: which of the two they are is asked for each conversation.
    is_both: bool = False
    # Answers for a partner: at work they read masked what members say.
    is_partner: bool = False
    scopes: frozenset[str] | None = None

    def allows(self, scope: str) -> bool:
        """Tell whether what needs ``scope`` is open to this socket."""
        return self.scopes is None or scope in self.scopes

    def allows_topic(self, name: str) -> bool:
        """Tell whether topics of this kind are open; a kind nobody gave a scope is not."""
        return self.scopes is None or TOPIC_SCOPES.get(name.partition(":")[0]) in self.scopes


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who is let in, or still there: the person with their rights of now, and the scopes."""

    user: User
    hold: Hold
    scopes: frozenset[str] | None

    @property
    def identity(self) -> Identity:
        """What a socket keeps of it."""
        return identity_of(self.user, self.scopes)


def identity_of(user: User, scopes: frozenset[str] | None = None) -> Identity:
    """Return what a socket keeps of ``user``."""
    is_both = user.is_agent and user.can("me.use")
    return Identity(
        user.pk,
        user.public_key,
        user.display_name,
        user.is_agent,
        is_both,
        user.is_partner_agent,
        scopes,
    )


def arrival_by(hold: Hold) -> Arrival | None:
    """Return who is there by what the socket hangs on; None when that has ended."""
    match hold:
        case OnDevice(device):
            row, now = (
                Device.objects.select_related("user").filter(pk=device).first(),
                timezone.now(),
            )
            if row is None or not row.is_living(now):
                return None
            owes = owes_second_step(row.user, row.method, now=now)
            return None if owes else Arrival(row.user, hold, None)
        case OnToken(token, since):
            found = IntegrationToken.objects.select_related("owner").filter(pk=token).first()
            if found is None or found.why_refused(timezone.now()) or found.secret_since > since:
                return None
            return Arrival(found.owner, hold, frozenset(found.scopes))
    user = user_of_session(hold)
    return Arrival(user, hold, None) if user else None


def arrival_with(ticket: str, address: str) -> Arrival | None:
    """Take ``ticket`` and return whom it lets in; None when it is none, used, too old, or its giver ended.

    Tickets that let nobody in are counted as a stranger's requests of ``address``. Raises ``TooFast``.
    """
    taken = take_socket_ticket(ticket, now=timezone.now())
    if taken is None:
        turn = take_turn(f"address:{address}", STRANGERS)
        if not turn.let_through:
            raise TooFast(turn.wait)
        return None
    hold: Hold = taken.session_key
    if taken.device is not None:
        hold = OnDevice(taken.device)
    elif taken.integration_token is not None:
        # The ticket's id knows its millisecond; a secret renewed after it ends this socket.
        hold = OnToken(taken.integration_token, moment_of(taken.key) + timedelta(milliseconds=1))
    return arrival_by(hold)


def user_of_session(session_key: str) -> User | None:
    """Return who is signed in with ``session_key``, or None.

    A changed password ends a session; one that owes a second step opens nothing.
    """
    if not session_key:
        return None
    store = import_module(settings.SESSION_ENGINE).SessionStore

    class Request:
        session = store(session_key)
        META: ClassVar[dict[str, str]] = {}

    request = Request()
    user = get_user(request)  # type: ignore[arg-type]
    if not isinstance(user, User) or not user.is_active:
        return None
    owes = owes_second_step(user, request.session.get("method", ""), now=timezone.now())
    return None if owes else user


def resolve_for(who: Identity, name: str) -> str | None:
    """Return the bus topic of ``name`` by the rights the person has now, within the token's scopes."""
    if not who.allows_topic(name):
        return None
    user = User.objects.filter(pk=who.pk, is_active=True).first()
    return resolve(user, name) if user else None


def same_host(origin: bytes | None, host: bytes) -> bool:
    """Tell whether a page of our own opens the socket; only browsers send an Origin."""
    if origin is None:
        return True
    page = urlsplit(origin.decode("latin-1"))
    asked = urlsplit(f"//{host.decode('latin-1')}").hostname
    if f"{page.scheme}://{page.netloc}" in settings.CSRF_TRUSTED_ORIGINS:
        return True
    return bool(
        page.hostname
        and page.hostname == asked
        and validate_host(page.hostname, settings.ALLOWED_HOSTS)
    )


def cookies_of(header: bytes) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.decode("latin-1").split(";"))
    return {name: value for name, _equals, value in pairs if name}
