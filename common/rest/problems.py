"""Refusals as problem documents (RFC 9457) with a stable ``code``."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from common.errors import DomainError, Forbidden, NotFound
from common.files import FileRefused
from common.text import TextRefused


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn a refusal into ``application/problem+json`` with a stable ``code``."""
    match error:
        case NotFound() | Http404():
            status, code = 404, "not_found"
            title = _("No such thing, or it is not yours to see.")
            extra: dict[str, Any] = {}
        case Forbidden():
            status, code, title, extra = 403, error.code, error.message, error.details
        case TextRefused():
            status, code, title, extra = 400, error.code, error.message, error.details
        case FileRefused():
            status = 413 if error.code == "file.too_large" else 400
            code, title, extra = error.code, error.message, error.details
        case DomainError():
            status, code, title, extra = 409, error.code, error.message, error.details
        case PermissionDenied():
            status, code, title, extra = 403, "forbidden", _("This is not yours to do."), {}
        case exceptions.ValidationError():
            status, code, title = 400, "invalid", _("Some of what was sent cannot be used.")
            extra = {"errors": error.get_full_details()}
        case exceptions.APIException():
            status, title = error.status_code, str(error.detail)
            code, extra = str(error.get_codes()), {}
        case _:
            return None
    body = {"type": "about:blank", "title": title, "status": status, "code": code, **extra}
    response = Response(body, status=status)
    response.content_type = "application/problem+json"
    wait = getattr(error, "wait", None)
    if wait:
        response["Retry-After"] = str(int(wait))
    return response
