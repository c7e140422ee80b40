"""What follows from Django's own words about signing in and out: rows of web sessions."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.actions import begin_session, note_ended, note_seen, notice_device
from accounts.models import Ended, Method, User
from common.addresses import address_of


@receiver(user_logged_in)
def write_down(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Write down that a session began."""
    session = request.session
    if not session.session_key:
        session.create()
    key = session.session_key or ""
    begin_session(
        user,
        key=key,
        method=session.get("method", ""),
        address=address_of(request),
        user_agent=request.headers.get("User-Agent", ""),
        device=session.get("device", ""),
    )
    note_seen(user, key, is_new=True)
    if session.get("method") != Method.DEMO:
        # In the demo world one browser plays everybody.
        notice_device(user, session.get("device", ""), now=timezone.now())


@receiver(user_logged_out)
def cross_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Write down that a session is over."""
    if user is not None and request.session.session_key:
        note_ended(request.session.session_key, why=Ended.SIGNED_OUT)
