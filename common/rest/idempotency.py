"""Idempotency keys: who asks the same thing again hears the first answer, and nothing happens twice."""

import hashlib
from collections.abc import Callable
from datetime import datetime

import orjson
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import DomainError
from common.models import KeptAnswer
from common.parameters import value
from common.rest.wire import dumped
from common.text import TextRefused

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST_KEY = 255
_NOT_KEPT = frozenset({400, 401, 413, 415, 429})


class StillRunning(DomainError):
    """The first request with this key has not been answered yet: 409, to be tried again."""

    wait = 1

    def __init__(self) -> None:
        super().__init__(
            "idempotency.running",
            _("The same request is still being dealt with. Ask again in a second."),
        )


def key_of(request: Request) -> str:
    """Return the request's idempotency key, empty when it has none. Raises ``idempotency.bad_key``."""
    key = str(request.headers.get(HEADER, ""))
    if len(key) > LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise TextRefused(
            "idempotency.bad_key", _("A key has at most 255 letters, digits and signs.")
        )
    return key


def answer_once(
    request: Request, *, key: str, caller: str, route: str, answer: Callable[[], Response]
) -> Response:
    """Answer ``request``, or say again what the same request was answered before.

    All of it is one transaction: a failure of ours (5xx) leaves neither a change nor an answer. A
    refusal is kept too, without what was changed before it. What was malformed (400, 413, 415) is
    not kept: it may be mended under the same key. Raises ``idempotency.running`` and
    ``idempotency.other_request``.
    """
    print_ = fingerprint(request)
    now = timezone.now()
    with transaction.atomic():
        _claim(f"{caller}\n{route}\n{key}")
        kept = KeptAnswer.objects.filter(actor=caller, route=route, key=key).first()
        if kept is not None and kept.at > now - value("api.answers_kept"):
            return _again(kept, print_)
        response = _tried(answer)
        if response.status_code in _NOT_KEPT or response.status_code >= 500:
            return response
        KeptAnswer(
            pk=kept.pk if kept else None,
            actor=caller,
            route=route,
            key=key,
            fingerprint=print_,
            status=response.status_code,
            body="" if response.data is None else dumped(response.data).decode(),
            content_type=response.content_type or "",
            at=now,
        ).save()
    return response


def fingerprint(request: Request) -> bytes:
    """Return the SHA-256 of where the request goes and what it carries, files byte by byte.

    Of forms the parts are read, not the envelope: a second try has another boundary.
    """
    digest = hashlib.sha256()
    digest.update(f"{request.method} {request.get_full_path()}\n".encode())
    data = request.data
    if hasattr(data, "lists"):
        files = set(request.FILES)
        data = {name: values for name, values in data.lists() if name not in files}
    digest.update(orjson.dumps(data, default=str, option=orjson.OPT_SORT_KEYS))
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            digest.update(f"\n{name}\0{file.name}\0{file.content_type}\0{file.size}\n".encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.digest()


def forget_old_answers(now: datetime) -> int:
    """Drop the answers that have been kept long enough. Part of the hourly upkeep."""
    return KeptAnswer.objects.filter(at__lt=now - value("api.answers_kept")).delete()[0]


class _Undone(Exception):
    """Carries a refusal out of the savepoint whose changes it takes back."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def _tried(answer: Callable[[], Response]) -> Response:
    try:
        with transaction.atomic():
            response = answer()
            if response.status_code >= 400:
                raise _Undone(response)
    except _Undone as undone:
        return undone.response
    return response


def _claim(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        if not cursor.fetchone()[0]:
            raise StillRunning()


def _again(kept: KeptAnswer, print_: bytes) -> Response:
    if bytes(kept.fingerprint) != print_:
        raise DomainError(
            "idempotency.other_request",
            _("This key belongs to another request. Take a new key for a new request."),
        )
    body = orjson.loads(kept.body) if kept.body else None
    response = Response(body, status=kept.status, content_type=kept.content_type or None)
    response[REPLAYED] = "true"
    return response
