"""Signing in by the session cookie, for our own pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.authentication import CSRFCheck, SessionAuthentication


class CsrfRefused(exceptions.PermissionDenied):
    """A change that does not come from a page of ours."""

    default_code = "csrf"
    default_detail = _("This page was open for too long. Reload it, then try again.")


class SessionSignIn(SessionAuthentication):
    """The session cookie, with the CSRF token in every change."""

    def enforce_csrf(self, request: Any) -> None:
        check = CSRFCheck(_nothing)
        check.process_request(request)
        if check.process_view(request, _nothing, (), {}):
            raise CsrfRefused()


def _nothing(request: HttpRequest) -> HttpResponse:
    """Stand in for the view: the check asks for one and never calls it."""
    return HttpResponse()
