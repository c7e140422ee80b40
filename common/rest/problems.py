"""Refusals as problem documents (RFC 9457) with a stable ``code``."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from common.errors import Changed, DomainError, Forbidden, NotFound, Unproven
from common.files import FileRefused
from common.request_ids import current_request_id
from common.rest.preconditions import Unconditional
from common.rest.rates import TooFast
from common.rest.sent import BadQuery
from common.rest.wire import dumped
from common.text import TextRefused

CONTENT_TYPE = "application/problem+json"


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn a refusal into a problem document; None for what is no refusal but a failure of ours."""
    found = _meaning(error)
    if found is None:
        return None
    status, code, detail, extra = found
    request = context.get("request")
    body = problem_document(
        status, code, detail, instance=request.path if request is not None else "", **extra
    )
    response = Response(body, status=status, content_type=CONTENT_TYPE)
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait))
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    return response


def problem_document(
    status: int, code: str, detail: str, *, instance: str, **extra: Any
) -> dict[str, Any]:
    """Return a refusal as RFC 9457 has it.

    ``title`` says what kind of refusal it is and is the same for all of a status, ``detail`` what to
    do about this one, ``code`` is stable, ``request_id`` finds it in the log. Members of ``extra``
    (facts that help to go on) never hide one of ours.
    """
    return {
        **extra,
        "type": "about:blank",
        "title": status_title(status),
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": current_request_id(),
    }


def answer_problem(
    request: HttpRequest, status: int, code: str, detail: str, **extra: Any
) -> HttpResponse:
    """Answer with a problem document where no REST view does it: middleware, pages that speak JSON."""
    body = problem_document(status, code, detail, instance=request.path, **extra)
    return HttpResponse(dumped(body), status=status, content_type=CONTENT_TYPE)


def answer_refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer a refusal by an action as :func:`answer_problem` does."""
    return answer_problem(request, _status_of(error), error.code, error.message, **error.details)


def status_title(status: int) -> str:
    """Say in a few words what a status means, in the language of the moment."""
    match status:
        case 400:
            return _("Cannot be used")
        case 401:
            return _("Sign in first")
        case 403:
            return _("Not yours to do")
        case 404:
            return _("Not found")
        case 405:
            return _("Not possible here")
        case 406:
            return _("Not to be had in this form")
        case 409:
            return _("Not possible now")
        case 411:
            return _("Say how long it is")
        case 412:
            return _("Changed meanwhile")
        case 413:
            return _("Too large")
        case 415:
            return _("Not understood in this form")
        case 422:
            return _("Does not fit together")
        case 428:
            return _("Say which version you have seen")
        case 429:
            return _("Too fast")
        case 503:
            return _("Not possible for a moment")
        case _ if status >= 500:
            return _("A failure of ours")
    return _("Refused")


def pointers(errors: Any, *, where: str = "#") -> Iterator[dict[str, Any]]:
    """Yield ``{pointer, code, detail}`` for each mistake: a JSON pointer into what was sent."""
    if isinstance(errors, dict) and {"message", "code"} == set(errors):
        pointer = where.removesuffix("/non_field_errors")
        yield {"pointer": pointer, "code": errors["code"], "detail": str(errors["message"])}
    elif isinstance(errors, dict):
        for name, inner in errors.items():
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from pointers(inner, where=f"{where}/{step}")
    else:
        for inner in errors:
            # A list beside a field holds its mistakes; only in lists of things positions count.
            yield from pointers(inner, where=where)


def _meaning(error: Exception) -> tuple[int, str, str, dict[str, Any]] | None:
    """Return status, code, sentence and further facts of a refusal."""
    match error:
        case NotFound() | Http404():
            return 404, "not_found", _("No such thing, or it is not yours to see."), {}
        case RequestDataTooBig():
            return 413, "too_large", _("This is too large."), {}
        case TooManyFieldsSent() | TooManyFilesSent():
            return 400, "too_many_fields", _("This has more fields than anything here takes."), {}
        case PermissionDenied():
            return 403, "forbidden", _("This is not yours to do."), {}
        case DomainError():
            return _status_of(error), error.code, error.message, error.details
        case exceptions.ValidationError():
            extra = {"errors": list(pointers(error.get_full_details()))}
            if isinstance(error, BadQuery):
                extra["errors"] = [{**one, "in": "query"} for one in extra["errors"]]
            return 400, "invalid", _("Some of what was sent cannot be used."), extra
        case exceptions.APIException():
            return error.status_code, str(error.get_codes()), str(error.detail), {}
    return None


def _status_of(error: DomainError) -> int:
    match error:
        case NotFound():
            return 404
        case Unproven():
            return 401
        case Forbidden():
            return 403
        case TextRefused():
            return 400
        case FileRefused():
            return 413 if error.code == "file.too_large" else 400
        case TooFast():
            return 429
        case Changed():
            return 412
        case Unconditional():
            return 428
    return 409 if error.code != "idempotency.other_request" else 422
