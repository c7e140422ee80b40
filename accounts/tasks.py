"""Background work about people: what is told goes out, what is old goes away."""

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection
from django.utils import timezone
from django_q.tasks import async_task

from accounts import actions
from accounts.actions import codes
from accounts.actions.access_log import forget_old_accesses
from accounts.actions.challenges import forget_challenges
from accounts.actions.copies import finish_copy, gather_slice
from accounts.actions.deliveries import (
    Errand,
    claim_deliveries,
    give_back,
    prune_notifications,
    settle_delivery,
)
from accounts.actions.erasure import erase_what_may_go, make_nameless
from accounts.actions.likenesses import find_likenesses
from accounts.actions.notifications import DELIVER
from accounts.actions.requests import WORK
from accounts.models import (
    EmailAddress,
    NoticeMedium,
    PersonalDataRequest,
    RequestKind,
    Stage,
)
from accounts.notifications import mail, mobile, providers, webpush  # noqa: F401  (vendors)
from accounts.notifications.outcomes import AGAIN, Outcome

log = logging.getLogger(__name__)

AT_ONCE = 32
THREADS = 8
# The queue ends a task after 20 seconds, and one request may take ten: what is not begun by then
# goes to the next task.
SECONDS = 8.0


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
    return _until_done(prune_notifications, again="accounts.tasks.prune_old_notifications")


def work_on_request(request_id: str) -> str:
    """Go on with a copy or an erasure for some seconds; again when there is more. Idempotent."""
    request = PersonalDataRequest.objects.filter(pk=UUID(request_id)).first()
    if request is None:
        return "gone"
    until = time.monotonic() + SECONDS
    step = gather_slice if request.kind == RequestKind.COPY else make_nameless
    while step(request):
        if time.monotonic() > until:
            async_task(WORK, request_id)
            return "more"
    if request.kind == RequestKind.COPY:
        return "ready" if finish_copy(request) else "nothing to do"
    return "done"


def erase_kept(request_id: str) -> str:
    """Delete what the law has let go of one erased member. Idempotent."""
    request = PersonalDataRequest.objects.filter(pk=UUID(request_id)).first()
    if request is None or request.stage != Stage.PSEUDONYMISED:
        return "nothing to do"
    return "all gone" if erase_what_may_go(request) else "some is kept"


def prune_access_log() -> int:
    """Forget looks at personal data that are older than they are kept. Scheduled every night."""
    return _until_done(forget_old_accesses, again="accounts.tasks.prune_access_log")


def _until_done(prune: Callable[..., int], *, again: str) -> int:
    """Call ``prune``, which forgets a batch, until nothing is left; what there is no time for, ``again``."""
    until, count = time.monotonic() + SECONDS, 0
    while gone := prune(now=timezone.now()):
        count += gone
        if time.monotonic() >= until:
            async_task(again)
            break
    return count


def _send(errands: list[Errand], *, until: float) -> int:
    letters = [it for it in errands if it.delivery.medium == NoticeMedium.EMAIL]
    others = [it for it in errands if it.delivery.medium != NoticeMedium.EMAIL]
    return _send_pushes(others, until=until) + _send_letters(letters, until=until)


def _send_pushes(errands: list[Errand], *, until: float) -> int:
    """Send to browsers and phones, some beside each other; what there is no time for is given back."""
    count = 0
    for start in range(0, len(errands), THREADS):
        if time.monotonic() >= until:
            give_back(errands[start:], now=timezone.now())
            break
        some = errands[start : start + THREADS]
        with ThreadPoolExecutor(len(some), "push") as pool:
            outcomes = list(pool.map(_push, some))
        count += _settle(zip(some, outcomes, strict=True))
    return count


def _push(errand: Errand) -> Outcome:
    send: Any = webpush.send if errand.delivery.medium == NoticeMedium.WEB else mobile.send
    try:
        return _tried(errand, lambda: send(errand.target, errand.message))
    finally:
        # Parameters were read on this thread, which ends now.
        connection.close()


def _tried(errand: Errand, send: Callable[[], Outcome]) -> Outcome:
    """Return what ``send`` brings; one that raises, though none may, is trouble of this errand alone."""
    try:
        return send()
    except Exception as error:
        log.exception("notification delivery %s failed", errand.delivery.pk)
        # Not its words: they may hold a token.
        return Outcome(AGAIN, type(error).__name__)


def _send_letters(errands: list[Errand], *, until: float) -> int:
    """Send letters through one connection; what there is no time for is given back."""
    if not errands:
        return 0
    if time.monotonic() >= until:
        # Not even a connection is begun: a mail server that does not answer takes ten seconds.
        give_back(errands, now=timezone.now())
        return 0
    count, server = 0, get_connection()
    try:
        server.open()
    except OSError as error:  # SMTPException is one
        trouble = Outcome(AGAIN, f"{type(error).__name__}: {error}")
        return _settle((errand, trouble) for errand in errands)
    try:
        for number, errand in enumerate(errands):
            if time.monotonic() >= until:
                give_back(errands[number:], now=timezone.now())
                break
            outcome = _tried(errand, lambda it=errand: _write(it, server))  # type: ignore[misc]
            count += _settle([(errand, outcome)])
    finally:
        server.close()
    return count


def _write(errand: Errand, server: Any) -> Outcome:
    return mail.send(mail.letter(errand.target, errand.message), server)


def _settle(sent: Iterable[tuple[Errand, Outcome]]) -> int:
    count = 0
    for errand, outcome in sent:
        settle_delivery(errand.delivery, outcome, now=timezone.now())
        count += 1
    return count


def forget_ended_devices() -> int:
    """Delete the rows of apps that were signed out long ago. Scheduled every night."""
    return actions.forget_ended_devices(now=timezone.now())


def find_who_looks_alike() -> int:
    """Write down which identities may be one person; return how many pairs are new. Scheduled every night."""
    return find_likenesses(timezone.now())


def note_member_marks(rows: list[tuple[str, str, int]], now: datetime) -> int:
    """Keep with what members were seen, and flag second accounts; a second run changes nothing."""
    return actions.note_digests(rows, now=now)
