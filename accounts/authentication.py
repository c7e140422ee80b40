"""Who asks by ``Authorization: Bearer``: an app on a device, or another system with its token.

A request with a bearer token is answered by that token alone: the session cookie is not looked at.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts import credentials
from accounts.actions import note_device_use, note_token_use
from accounts.models import Device, IntegrationToken, User
from accounts.queries import owes_second_step
from accounts.scopes import scope_of
from common.addresses import address_of
from common.compiled import ByKey
from common.errors import Forbidden

SCHEME = "bearer"

# The member comes along: half of what apps ask begins with it.
_device_by_key = ByKey(Device, "user__member")
_integration_token_by_key = ByKey(IntegrationToken, "owner")
_WORDS = {
    "token.missing": _("Send a token: Authorization: Bearer …"),
    "token.unknown": _("This is no token of ours. Check that it was copied whole."),
    "token.expired": _("This token has expired. Renew it, or sign in again."),
    "token.revoked": _("This token was revoked. Sign in again, or ask for a new one."),
}


class TokenRefused(exceptions.AuthenticationFailed):
    """A bearer token that opens nothing: 401."""

    def __init__(self, code: str) -> None:
        super().__init__(_WORDS[code], code)
        self.code = code


class ScopeMissing(exceptions.PermissionDenied):
    """An integration token outside its scopes: 403."""

    def __init__(self, scope: str) -> None:
        words = (
            _("This token lacks the scope %(scope)s.") % {"scope": scope}
            if scope
            else _("This address is not open to integration tokens.")
        )
        super().__init__(words, "token.scope")
        said = f', scope="{scope}"' if scope else ""
        self.auth_header = f'Bearer realm="xiaoer", error="insufficient_scope"{said}'


class SecondStepMissing(Forbidden):
    """The house asks a second step of this person, who has none yet: 403."""

    def __init__(self) -> None:
        super().__init__(
            _("Set up a second step first: open your profile in the browser."),
            code="second_step.missing",
        )


class BearerAuthentication(BaseAuthentication):
    """Finds the person behind a bearer token: one query, and a write at most once a minute."""

    def authenticate(self, request: Request) -> tuple[User, Device | IntegrationToken] | None:
        token = bearer_of(request.META.get("HTTP_AUTHORIZATION", ""))
        if token is None:
            return None
        try:
            return _owner_of(token, request)
        except TokenRefused as refused:
            request.META["xiaoer.bearer_refused"] = refused.code
            raise

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 says about how to come in (RFC 6750)."""
        code = request.META.get("xiaoer.bearer_refused", "")
        if code in ("", "token.missing"):
            return 'Bearer realm="xiaoer"'
        return f'Bearer realm="xiaoer", error="invalid_token", error_description="{code}"'


def bearer_of(header: str) -> str | None:
    """Return the token of an ``Authorization`` header, "" when it has none; None for another scheme."""
    scheme, _space, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == SCHEME else None


def _owner_of(token: str, request: Request) -> tuple[User, Device | IntegrationToken]:
    if not token:
        raise TokenRefused("token.missing")
    if key := credentials.key_in(credentials.ACCESS, token):
        return _device_of(key, token, request)
    if key := credentials.key_in(credentials.INTEGRATION, token):
        return _integration_of(key, token, request)
    raise TokenRefused("token.unknown")


def _device_of(key: Any, token: str, request: Request) -> tuple[User, Device]:
    device = _device_by_key(key)
    if device is None:
        raise TokenRefused("token.revoked")
    now = timezone.now()
    if code := device.why_refused(token, now):
        raise TokenRefused(code)
    if owes_second_step(device.user, device.method, now=now):
        raise SecondStepMissing
    note_device_use(
        device,
        address=address_of(request._request),
        now=now,
        is_newest=credentials.matches(token, device.access_hash),
    )
    return device.user, device


def _integration_of(key: Any, token: str, request: Request) -> tuple[User, IntegrationToken]:
    found = _integration_token_by_key(key)
    if found is None or not credentials.matches(token, found.secret_hash):
        raise TokenRefused("token.revoked")
    now = timezone.now()
    if code := found.why_refused(now):
        raise TokenRefused(code)
    _require_scope(found, request)
    note_token_use(found, address=address_of(request._request), now=now)
    return found.owner, found


def _require_scope(token: IntegrationToken, request: Request) -> None:
    # Asked here and not by a permission class: a view that names its own permissions, or no
    # resource at all, stays closed to tokens.
    view = (request.parser_context or {}).get("view")
    resource = getattr(view, "resource", "")
    needed = scope_of(resource, safe=request.method in SAFE_METHODS) if resource else ""
    if needed not in token.scopes:
        raise ScopeMissing(needed)
