"""Who is at the other end of a socket, and whether a page of our own opened it."""

from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http.request import validate_host
from django.utils import timezone

from accounts.models import User
from accounts.queries import owes_second_step
from common.topics import resolve


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is at the other end, as small as a socket that idles for hours needs it."""

    pk: int
    public_id: str
    display_name: str
    is_agent: bool


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


def identity_of(user: User) -> Identity:
    """Return what a socket keeps of ``user``."""
    return Identity(user.pk, str(user.public_id), user.display_name, user.is_agent)


def resolve_for(who: Identity, name: str) -> str | None:
    """Return the bus topic of ``name`` by the rights the person has now."""
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
