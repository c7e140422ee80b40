"""Who is there: the one way in which pages and the back office ask it."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """Return the person who asks. Raises ``PermissionDenied`` for a stranger.

    Doors let strangers in nowhere; this says so to the reader and to the type checker. REST views
    say it in their signature instead: ``accounts.api.SignedIn``.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def language_of(user: User | None) -> str:
    """Return the language in which things are written for ``user``."""
    return (user.language if user is not None else "") or settings.LANGUAGE_CODE
