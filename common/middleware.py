"""What every request passes: the security policy of pages, and a look at its address."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from common.context import live_url
from common.parameters import value

_DATA = frozenset({"application/json", "application/problem+json"})
REST = "api/v1/"
NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class PolicyMiddleware(CSPMiddleware):
    """Says on every answer what its page may do: by default nothing that does not come from here.

    Adds ``ADMIN_CONTENT_SECURITY_POLICY`` under the back office's address, and names the one
    address of the sockets that this page may call. JSON is no page and may do nothing at all.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.headers.get("Content-Type", "") in _DATA:
            response.headers.setdefault(HEADER, NOTHING_ALLOWED)
        else:
            response = super().process_response(request, response)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if report_only:
            return parts
        parts.replace = {"connect-src": ["'self'", *_sockets(request)], **(parts.replace or {})}
        if request.path_info.startswith(reverse("admin:index")):
            parts.replace = {**settings.ADMIN_CONTENT_SECURITY_POLICY, **(parts.replace or {})}
        return parts


def _sockets(request: HttpRequest) -> list[str]:
    """Return the origin of the sockets as this page knows it; none for a host that is not ours."""
    try:
        address = urlsplit(live_url(request))
    except DisallowedHost:
        return []
    return [f"{address.scheme}://{address.netloc}"]


class AddressMiddleware:
    """Answers 404 for an address with a NUL in it: the database could not even be asked about it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise Http404
        return self.get_response(request)


class BodyMiddleware:
    """Refuses large forms before a byte of them is read, but for the few that take files.

    Whoever is unknown could otherwise fill the disk with a file for any page that takes a form. REST
    addresses look after themselves; they know whom they ask, and count it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        match = request.resolver_match
        if length <= limit or match is None or match.route.startswith(REST):
            return
        bound = settings.FORMS_WITH_FILES.get(match.view_name)
        if bound and request.user.is_authenticated:
            # The form itself says how large a file may be; this is against what no file could be.
            limit += 2 * value(bound)
        if length > limit:
            raise RequestDataTooBig
