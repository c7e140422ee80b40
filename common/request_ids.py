"""A number for every request: in its answer, in refusals, and in each log line written meanwhile."""

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-Id"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{7,63}", re.ASCII)
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Return the number of the request being answered; empty outside of one."""
    return _current.get()


class RequestIdMiddleware:
    """Takes the caller's ``X-Request-Id`` when it is sane (8 to 64 letters, digits, ``._:-``), else makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        number = given if _SANE.fullmatch(given) else f"req_{secrets.token_hex(12)}"
        request.request_id = number  # type: ignore[attr-defined]
        token = _current.set(number)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response.headers[HEADER] = number
        return response


class RequestIdFilter(logging.Filter):
    """Puts the number of the request being answered into every log record, as ``number``."""

    def filter(self, record: logging.LogRecord) -> bool:
        # What Django says of an answer it says when the request is over, and hands it along.
        request = getattr(record, "request", None)
        number = _current.get() or getattr(request, "request_id", "")
        record.number = f" [{number}]" if number else ""
        return True
