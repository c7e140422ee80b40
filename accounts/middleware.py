"""What every request passes: its language, and what a session still owes before it opens anything."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from accounts.actions import note_seen
from accounts.authentication import SecondStepMissing
from accounts.letting_in import method_of
from accounts.models import User
from accounts.queries import owes_second_step
from common.rest import answer_refusal


class LocaleMiddleware:
    """Chinese unless somebody chose otherwise: the browser's header does not decide for pages.

    REST clients are answered by ``Accept-Language``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(self._language_of(request))
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response

    def _language_of(self, request: HttpRequest) -> str:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen in dict(settings.LANGUAGES):
            return chosen
        if request.path.startswith("/api/") and "Accept-Language" in request.headers:
            return translation.get_language_from_request(request)
        return settings.LANGUAGE_CODE


class SessionMiddleware:
    """Notes that a session is in use, and leads those who owe a second step to where they set it up."""

    # What stays open to somebody who owes a second step: setting it up, and leaving.
    open_to_all = (
        "/profile/second-step/",
        "/profile/passkeys/",
        "/profile/prove/",
        "/sign-out/",
        "/demo/",
        "/i18n/",
        "/jsi18n/",
        "/healthz",
        "/readyz",
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            refused = self._look_at(request)
            if refused is not None:
                return refused
        return self.get_response(request)

    def _look_at(self, request: HttpRequest) -> HttpResponse | None:
        if request.path.startswith(self.open_to_all) or not isinstance(request.user, User):
            return None
        note_seen(request.user, request.session.session_key or "")
        if not owes_second_step(request.user, method_of(request), now=timezone.now()):
            return None
        if request.path.startswith("/api/"):
            return answer_refusal(request, SecondStepMissing())
        where = {"next": request.get_full_path()} if request.method == "GET" else {}
        query = f"?{urlencode(where)}" if where else ""
        return HttpResponseRedirect(reverse("second-step-setup") + query)
