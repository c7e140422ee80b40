"""The view all REST addresses inherit from."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.addresses import address_of
from common.rest.fields import known_fields, only, wanted_fields
from common.rest.idempotency import answer_once, key_of
from common.rest.preconditions import is_among, tag_of
from common.rest.rates import (
    READS,
    STRANGERS,
    WRITES,
    TooFast,
    Turn,
    caller_of,
    give_back,
    take_turn,
)
from common.rest.sent import asked

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELDS = "fields"


class Unmeasured(exceptions.APIException):
    """A body that comes in pieces, of which nobody has said how long it is."""

    status_code = 411
    default_code = "length_required"
    default_detail = _("Say how long the body is (Content-Length), and send it again.")


class Endpoint(APIView):
    """A REST address: counts who asks, answers a retried POST once, says "nothing new" with 304.

    A view declares what it is and writes ``get``, ``post`` and so on; everything here happens around
    them. ``rate`` names the parameter ``api.<rate>_a_minute`` that bounds it (else reads and writes
    have one each, strangers a third). ``shape`` is the serializer of one thing it answers with: its
    fields are those that ``fields=`` may name. ``keeps_answers = False`` for answers with a secret
    in them, which must not be stored under an idempotency key, and for tries that are counted: with
    a key a refusal takes back all that was written before it.
    """

    rate: ClassVar[str] = ""
    shape: ClassVar[type[serializers.BaseSerializer[Any]] | None] = None
    keeps_answers: ClassVar[bool] = True

    turn: Turn | None = None
    names: list[str] | None = None
    version: str = ""

    def query(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the checked fields of the address's query. Raises ``BadQuery`` (400)."""
        apart = frozenset({FIELDS}) if self.shape else frozenset()
        return asked(form, self.request.query_params, apart=apart)

    def page(self, data: list[Any], next_cursor: str | None) -> Response:
        """Answer with one page of a list; the next one's address is in ``Link`` as well."""
        response = Response({"data": data, "next_cursor": next_cursor or None})
        if next_cursor:
            query = {**self.request.query_params.dict(), "cursor": next_cursor}
            response["Link"] = f'<{self.request.path}?{urlencode(query)}>; rel="next"'
        return response

    # --- Around the handlers --------------------------------------------------------------------

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Negotiate, find out who asks, count it, then ask whether they may: in this order."""
        self.format_kwarg = self.get_format_suffix(**kwargs)
        # What comes in pieces would be read as nothing, and "nothing to change" answered with 200.
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise Unmeasured()
        neg = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = neg
        request.version, request.versioning_scheme = self.determine_version(
            request, *args, **kwargs
        )
        try:
            self.perform_authentication(request)
        except exceptions.APIException:
            # Who guesses tokens is a stranger, and counted as one.
            self._count(f"address:{address_of(request._request)}", STRANGERS)
            raise
        self._speak_their_language(request)
        self._count(caller_of(request), self._scope(request))
        self.check_permissions(request)
        if request.method in SAFE and self.shape and FIELDS in request.query_params:
            known = known_fields(self.shape)
            self.names = wanted_fields(request.query_params[FIELDS], known)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, with everything around it. The one place where a handler is called."""
        self.args, self.kwargs = args, kwargs
        asked_for = self.initialize_request(request, *args, **kwargs)
        self.request = asked_for
        self.headers = self.default_response_headers
        try:
            self.initial(asked_for, *args, **kwargs)
            response = self._answer(asked_for, *args, **kwargs)
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(asked_for, response, *args, **kwargs)
        return self.response

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Choose the fields, tag the answer, and say "nothing new" when it is."""
        if (
            self.names is not None
            and isinstance(response, Response)
            and response.status_code == 200
        ):
            response.data = only(response.data, self.names)
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(final, ("Accept-Language", "Authorization", "Cookie"))
        if isinstance(final, Response):
            self._tag(request, final)
        if self.turn is not None:
            for name, words in self.turn.headers().items():
                final[name] = words
        return final

    def _answer(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        handler = self._handler(request)
        if request.method != "POST" or not self.keeps_answers:
            return handler(request, *args, **kwargs)
        key = key_of(request)
        if not key or not request.user.is_authenticated:
            return handler(request, *args, **kwargs)

        def answer() -> Response:
            try:
                return handler(request, *args, **kwargs)
            except Exception as error:
                return self.handle_exception(error)

        match = request._request.resolver_match
        route = str(match.route if match else request.path)[-160:]
        return answer_once(request, key=key, caller=caller_of(request), route=route, answer=answer)

    def _handler(self, request: Request) -> Callable[..., Any]:
        name = (request.method or "").lower()
        if name in self.http_method_names:
            return getattr(self, name, self.http_method_not_allowed)
        return self.http_method_not_allowed

    def _scope(self, request: Request) -> str:
        if self.rate:
            return self.rate
        if not request.user.is_authenticated:
            return STRANGERS
        return READS if request.method in SAFE else WRITES

    def _count(self, caller: str, scope: str) -> None:
        self.turn = take_turn(caller, scope)
        if not self.turn.let_through:
            raise TooFast(self.turn.wait)

    def _speak_their_language(self, request: Request) -> None:
        """Speak the language the person chose, when the request itself does not say one."""
        chosen = getattr(request.user, "language", "")
        says = "Accept-Language" in request.headers
        if chosen and not says and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(chosen)
            request._request.LANGUAGE_CODE = translation.get_language()

    def _tag(self, request: Request, response: Response) -> None:
        is_read = request.method in ("GET", "HEAD")
        response.headers.setdefault("Cache-Control", "private, no-cache" if is_read else "no-store")
        if response.status_code not in (200, 201) or not (is_read or self.version):
            return
        response.render()
        tag = tag_of(response.content, self.version)
        response["ETag"] = tag
        if is_read and is_among(tag, request.headers.get("If-None-Match", "")):
            response.status_code, response.content = 304, b""
            for name in ("Content-Type", "Content-Length"):
                response.headers.pop(name, None)
            if self.turn is not None:
                give_back(caller_of(request), self.turn.scope)
