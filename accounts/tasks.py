"""Background work about people: what is told goes out, what is old goes away."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import get_connection
from django.utils import timezone
from django_q.tasks import async_task

from accounts import actions
from accounts.actions import codes
from accounts.actions.challenges import forget_challenges
from accounts.actions.deliveries import (
    Errand,
    claim_deliveries,
    give_back,
    prune_notifications,
    settle_delivery,
)
from accounts.actions.notifications import DELIVER
from accounts.models import EmailAddress, NoticeMedium
from accounts.notifications import mail, mobile, providers, webpush  # noqa: F401  (vendors)
from accounts.notifications.outcomes import AGAIN, Outcome

AT_ONCE = 32
THREADS = 8
# The queue ends a task after 20 seconds; what is left then goes to the next one.
SECONDS = 10.0


def deliver_notifications() -> int:
    """Send what is due, a few at a time, and return how many were settled. Any number may run."""
    started, count = time.monotonic(), 0
    while True:
        claimed = claim_deliveries(now=timezone.now(), limit=AT_ONCE)
        count += claimed.settled
        if not claimed.errands:
            # Held and skipped ones fill a claim too: more may be behind them.
            if not claimed.settled:
                return count
            continue
        count += _send(claimed.errands, until=started + SECONDS)
        if time.monotonic() >= started + SECONDS:
            async_task(DELIVER)
            return count


def send_email_code(address_id: str, code: str) -> str:
    """Send the code for a new address; a mail server in trouble is asked again by the queue."""
    address = EmailAddress.objects.select_related("person").filter(pk=address_id).first()
    if address is None or address.confirmed_at is not None:
        return "no longer asked for"
    language = address.person.language or settings.LANGUAGE_CODE
    outcome = mail.send(mail.code_letter(address, code, language))
    if outcome.verdict == AGAIN:
        raise RuntimeError(outcome.answer)
    return outcome.answer


def send_code(key: str) -> bool:
    """Hand one code to the provider of text messages."""
    return codes.send_code(UUID(key))


def clear_old_sessions() -> int:
    """Delete sessions, challenges and codes that time has ended. Scheduled every night."""
    now = timezone.now()
    forget_challenges(now)
    codes.forget_codes(now)
    return actions.clear_old_sessions()


def prune_old_notifications() -> int:
    """Forget notifications that have expired. Scheduled every night."""
    count = 0
    while gone := prune_notifications(now=timezone.now()):
        count += gone
    return count


def _send(errands: list[Errand], *, until: float) -> int:
    letters = [it for it in errands if it.delivery.medium == NoticeMedium.EMAIL]
    others = [it for it in errands if it.delivery.medium != NoticeMedium.EMAIL]
    return _send_pushes(others) + _send_letters(letters, until=until)


def _send_pushes(errands: list[Errand]) -> int:
    """Send to browsers and phones beside each other: each answers in its own time."""
    if not errands:
        return 0
    with ThreadPoolExecutor(min(THREADS, len(errands)), "push") as pool:
        outcomes = list(pool.map(_push, errands))
    return _settle(zip(errands, outcomes, strict=True))


def _push(errand: Errand) -> Outcome:
    send: Any = webpush.send if errand.delivery.medium == NoticeMedium.WEB else mobile.send
    outcome: Outcome = send(errand.target, errand.message)
    return outcome


def _send_letters(errands: list[Errand], *, until: float) -> int:
    """Send letters through one connection; what there is no time for is given back."""
    if not errands:
        return 0
    count, connection = 0, get_connection()
    try:
        connection.open()
    except OSError as error:  # SMTPException is one
        trouble = Outcome(AGAIN, f"{type(error).__name__}: {error}")
        return _settle((errand, trouble) for errand in errands)
    try:
        for number, errand in enumerate(errands):
            if time.monotonic() >= until:
                give_back(errands[number:], now=timezone.now())
                break
            outcome = mail.send(mail.letter(errand.target, errand.message), connection)
            count += _settle([(errand, outcome)])
    finally:
        connection.close()
    return count


def _settle(sent: Iterable[tuple[Errand, Outcome]]) -> int:
    count = 0
    for errand, outcome in sent:
        settle_delivery(errand.delivery, outcome, now=timezone.now())
        count += 1
    return count
