"""What every page of the radio has: its readers, its line on top."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.people import signed_in
from radio.models import Case

View = Callable[..., HttpResponse]


def who_can(right: str) -> Callable[[View], View]:
    """Ask strangers to sign in; for people without ``right`` the page does not exist."""

    def wrap(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not signed_in(request).can(right):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def frame(request: HttpRequest, current: str) -> dict[str, Any]:
    """Return the line on top: where one is, and where else one may go."""
    pages = [
        ("radio", _("Today's edition"), "radio.read"),
        ("radio-channels", _("Channels"), "radio.read"),
    ]
    pages += [("radio-mine", _("What I pushed"), "radio.submit_case")]
    pages += [("radio-kitchen", _("Central kitchen"), "radio.screen")]
    nav = [
        {"url": reverse(name), "label": label, "current": name == current, "name": name}
        for name, label, right in pages
        if signed_in(request).can(right)
    ]
    if signed_in(request).can("radio.screen"):
        waiting = Case.objects.pending().count()
        nav[-1]["label"] = f"{nav[-1]['label']} {waiting}" if waiting else nav[-1]["label"]
    return {
        "topbar_name": _("Nine o'clock radio"),
        "topbar_home": reverse("radio"),
        "topbar_nav": nav,
    }
