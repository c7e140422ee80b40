"""The language of a request: the person's own choice, then the cookie, then Chinese."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


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
