"""What people read when something went wrong: a sentence, and a number that finds it in the log."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from common.rest import answer_problem

logger = logging.getLogger(__name__)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer the same for what does not exist and what is not yours to see."""
    if _wants_json(request):
        return answer_problem(
            request, 404, "not_found", _("No such thing, or it is not yours to see.")
        )
    return render(request, "errors/404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what cannot be understood at all: a foreign host's name, a form beyond all bounds."""
    if _wants_json(request):
        return answer_problem(request, 400, "bad_request", _("This request cannot be understood."))
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what a person may see but not do."""
    if _wants_json(request):
        return answer_problem(request, 403, "forbidden", _("This is not yours to do."))
    return render(request, "errors/403.html", status=403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was too old or came from elsewhere; what was typed is one step back."""
    logger.warning("csrf refused %s: %s", request.path, reason)
    if _wants_json(request):
        return answer_problem(
            request,
            403,
            "csrf",
            _("This page was open for too long. Reload it, then try again."),
        )
    return render(request, "403_csrf.html", status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer a failure of ours. Asks neither the session nor the database: they may be what failed."""
    incident = secrets.token_hex(2).upper()
    logger.error("incident %s: %s %s", incident, request.method, request.path)
    if _wants_json(request):
        response = answer_problem(
            request,
            500,
            "internal",
            _(
                "Not saved; what you wrote is still here. Try again, or give number %(incident)s to the duty team."
            )
            % {"incident": incident},
        )
    else:
        response = HttpResponse(
            render_to_string("errors/500.html", {"incident": incident, "theme": _theme(request)}),
            status=500,
        )
    response["X-Incident"] = incident
    return response


def _theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get("theme", "")
    return theme if theme in {"light", "dark"} else ""


def _wants_json(request: HttpRequest) -> bool:
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accept and "text/html" not in accept)
