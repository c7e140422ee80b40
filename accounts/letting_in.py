"""What a browser gets when somebody comes in, and what pages ask about the browser.

A new key at every sign-in and every step up: a key that somebody planted before opens nothing.
"""

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.actions import leave, note_seen, renew_session
from accounts.actions.passkeys import Site
from accounts.models import Method, User
from common.parameters import value

BACKEND = "accounts.backends.AccountBackend"
DEVICE_COOKIE = "device"
YEAR_SECONDS = 31_536_000


def let_in(request: HttpRequest, user: User, method: str) -> None:
    """Sign ``user`` in, in this browser; whoever was signed in before is signed out."""
    before = request.user
    logout(request)
    if isinstance(before, User):
        leave(before)
    request.session["method"] = str(method)
    request.session["device"] = device_of(request) or secrets.token_urlsafe(24)
    prove(request)
    login(request, user, backend=BACKEND)


def remember_device(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser be known again: it opens nothing, it only tells whose browser this was."""
    device = request.session.get("device", "")
    if device and device != device_of(request):
        response.set_cookie(
            DEVICE_COOKIE,
            device,
            max_age=YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def device_of(request: HttpRequest) -> str:
    """Return what this browser was given at an earlier sign-in, or nothing."""
    return request.COOKIES.get(DEVICE_COOKIE, "")[:64]


def method_of(request: HttpRequest) -> str:
    """Return how the person of this session proved who they are."""
    method = request.session.get("method", "")
    return method if method in Method.values else Method.UNKNOWN


def step_up(request: HttpRequest, method: str) -> None:
    """Let the session be worth more from now on, under a new key."""
    request.session["method"] = str(method)
    prove(request)
    renew_key(request)


def prove(request: HttpRequest) -> None:
    """Remember that the person has just proved who they are."""
    request.session["proved_at"] = timezone.now().timestamp()


def is_proved(request: HttpRequest) -> bool:
    """Tell whether the last proof is fresh enough for sensitive acts."""
    holds: timedelta = value("sign_in.proof_holds")
    at = request.session.get("proved_at", 0)
    return 0 <= timezone.now().timestamp() - at < holds.total_seconds()


def renew_key(request: HttpRequest) -> None:
    """Give the session a new key; the old cookie opens nothing any more."""
    old = request.session.session_key or ""
    request.session.cycle_key()
    new = request.session.session_key or ""
    renew_session(old, new)
    if isinstance(request.user, User):
        note_seen(request.user, new, is_new=True)


def keep_signed_in(request: HttpRequest, user: User) -> None:
    """Follow a changed password in the session in which the person changed it."""
    old = request.session.session_key or ""
    update_session_auth_hash(request, user)
    renew_session(old, request.session.session_key or "")


def site_of(request: HttpRequest) -> Site:
    """Return the host that passkeys belong to, and the origins from which they may answer."""
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    own = f"{request.scheme}://{request.get_host()}"
    return Site(host=host, origins=frozenset({own, *settings.PASSKEY_ORIGINS}))


def next_of(request: HttpRequest) -> str:
    """Return where in the house the person wanted to go, or nothing."""
    onward = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        onward, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return onward if allowed and onward != "/" else ""
