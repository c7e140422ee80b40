"""Signing in by the session cookie, for our own pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.authentication import CSRFCheck, SessionAuthentication


class CsrfRefused(exceptions.PermissionDenied):
    """A change that does not come from a page of ours."""

    default_code = "csrf"
    default_detail = _("This page was open for too long. Reload it, then try again.")


class SessionSignIn(SessionAuthentication):
    """The session cookie, with the CSRF token in the header of every change."""

    def enforce_csrf(self, request: Any) -> None:
        check = CSRFCheck(_nothing)
        bare: Any = _WithoutBody(request._request)
        check.process_request(bare)
        if check.process_view(bare, _nothing, (), {}):
            raise CsrfRefused()


class _WithoutBody:
    """The request as the check sees it: no form, for whose token the body of a stranger would be read."""

    POST = QueryDict()

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


def _nothing(request: HttpRequest) -> HttpResponse:
    """Stand in for the view: the check asks for one and never calls it."""
    return HttpResponse()
