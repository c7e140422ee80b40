"""The operators' self-test: what the server knows of itself, and what only a browser can measure."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from common.context import live_url
from common.health import BAD, GOOD, findings, worst
from common.push import push


def selftest(request: HttpRequest, site: Any) -> HttpResponse:
    """Show every check with what to do; the page's script adds the socket's."""
    if not request.user.has_perm("common.view_heartbeat"):
        raise Http404
    found = findings(timezone.now())
    state = worst(found)
    context = {
        **site.each_context(request),
        "title": _("Self-test"),
        "findings": found,
        "state": state,
        "sentence": {
            GOOD: _("All that the server can see of itself is well."),
            BAD: _("Something stands still. The red lines say what to do."),
        }.get(state, _("It works, but look at the amber lines.")),
        "live": live_url(request),
        "echo_url": reverse("admin:selftest-echo"),
        "words": {
            "socket": _("open after {open} ms, ping {ping} ms"),
            "echo": _("signal back after {time} ms, through database, bus and socket"),
            "slow": _("Slow: look at the network between this browser and the server first."),
            "no_socket": _("the socket did not open ({why})"),
            "no_socket_todo": _(
                "See whether the live process runs and whether a proxy lets /ws/ through."
            ),
            "no_echo": _("not tried: there is no socket"),
            "echo_lost": _("the signal did not come back ({why})"),
            "echo_todo": _("The live process does not hear the database: start it again."),
        },
    }
    request.current_app = site.name
    return TemplateResponse(request, "common/admin/selftest.html", context)


def selftest_echo(request: HttpRequest) -> HttpResponse:
    """Send a signal to this person's own sockets: the browser times its way back."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user: Any = request.user
    if not user.has_perm("common.view_heartbeat"):
        raise Http404
    push(f"user.{user.pk}", "selftest.echo", mark=request.POST.get("mark", "")[:64])
    return HttpResponse(status=204)
