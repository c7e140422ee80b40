"""What begins and ends web sessions. Ending one closes its pages, its API and its sockets at once."""

from datetime import timedelta
from time import monotonic

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_oneself
from accounts.actions.browsers import follow_browser, forget_browsers
from accounts.actions.notifications import announce_sign_in
from accounts.models import Ended, Method, User, WebSession
from accounts.sessions import digest_of
from accounts.user_agents import device_of
from common.errors import NotFound
from common.history import record
from common.push import push
from common.rights import require_right

SEEN_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=180)
MOST_REMEMBERED = 20_000
# When this process last wrote down a session's use, by its key: asking the table each time would
# cost every request a query.
_seen: dict[str, float] = {}


@transaction.atomic
def begin_session(
    user: User,
    *,
    key: str,
    method: str = Method.UNKNOWN,
    address: str = "",
    user_agent: str = "",
    device: str = "",
) -> WebSession:
    """Write down that ``user`` is signed in with the session ``key``; a second call changes nothing.

    ``device`` names the browser across sessions. One that never had this person leaves a line in
    their history and tells them, unless it is their very first sign-in.
    """
    browser, system = device_of(user_agent)
    device_hash = digest_of(device) if device else ""
    before = WebSession.objects.filter(user=user)
    is_new_device = (
        method not in {Method.UNKNOWN, Method.DEMO}
        and before.exists()
        and not (device_hash and before.filter(device_hash=device_hash).exists())
    )
    session, made = WebSession.objects.get_or_create(
        key_hash=digest_of(key),
        defaults={
            "user": user,
            "device_hash": device_hash,
            "address": address[:64],
            "browser": browser,
            "system": system,
            "method": method,
        },
    )
    if made and is_new_device:
        record(
            user,
            "person.new_device",
            by=user,
            after={"device": session.device_words, "address": address, "method": method},
        )
        announce_sign_in(user, device=session.device_words, place=address)
    return session


@transaction.atomic
def renew_session(old: str, new: str) -> None:
    """Follow a session whose key was changed: it is the same browser still."""
    WebSession.objects.filter(key_hash=digest_of(old)).update(key_hash=digest_of(new))
    follow_browser(digest_of(old), digest_of(new))


def note_seen(user: User, key: str, *, is_new: bool = False) -> None:
    """Write down that the session with ``key`` is in use, at most once a minute from this process.

    ``is_new`` tells that its row has just been written.
    """
    now = monotonic()
    if now - _seen.get(key, -SEEN_EVERY.total_seconds()) < SEEN_EVERY.total_seconds():
        return
    if len(_seen) >= MOST_REMEMBERED:
        _seen.clear()
    _seen[key] = now
    if not is_new:
        _see_session(user, key)


@transaction.atomic
def _see_session(user: User, key: str) -> None:
    # A session from before there were rows gets one.
    now, name = timezone.now(), digest_of(key)
    mine = WebSession.objects.filter(key_hash=name)
    if not mine.filter(seen_at__lt=now - SEEN_EVERY).update(seen_at=now) and not mine.exists():
        begin_session(user, key=key)


@transaction.atomic
def end_sessions(user: User, *, keep: str = "", why: str = Ended.BY_OPERATIONS) -> int:
    """Sign ``user`` out everywhere but in the session with the key ``keep``; return how many ended.

    Pages and the API ask who is there from the next request on; open sockets close.
    """
    ending = WebSession.objects.filter(user=user, ended_at=None)
    if keep:
        ending = ending.exclude(key_hash=digest_of(keep))
    names = list(ending.values_list("key_hash", flat=True))
    Session.objects.filter(session_key__in=names).delete()
    forget_browsers(names)
    ending.filter(key_hash__in=names).update(ended_at=timezone.now(), ended_why=why)
    tell_rights_changed(user)
    return len(names)


@transaction.atomic
def end_session(session: WebSession, *, by: User, why: str = "") -> bool:
    """End one session. Returns False when it had ended before. Raises ``not_found``, ``forbidden``."""
    if not WebSession.objects.visible_to(by).filter(pk=session.pk).exists():
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    own = session.user_id == by.pk
    if not own:
        require_right(by, "people.manage")
    now = timezone.now()
    reason = Ended.BY_PERSON if own else Ended.BY_OPERATIONS
    if not WebSession.objects.filter(pk=session.pk, ended_at=None).update(
        ended_at=now, ended_why=reason
    ):
        return False
    Session.objects.filter(session_key=session.key_hash).delete()
    forget_browsers([session.key_hash])
    record(
        session.user,
        "person.session_ended",
        by=by,
        after={"device": session.device_words, "signed_in_at": session.signed_in_at},
        reason=why,
    )
    tell_rights_changed(session.user)
    return True


@transaction.atomic
def end_other_sessions(user: User, *, keep: str, by: User | None) -> int:
    """End all sessions of ``user`` but the one with the key ``keep``. Raises ``forbidden``."""
    require_oneself(user, by)
    ended = end_sessions(user, keep=keep, why=Ended.BY_PERSON)
    if ended:
        record(user, "person.sessions_ended", by=by, after={"count": ended})
    return ended


@transaction.atomic
def note_ended(key: str, *, why: str) -> None:
    """Write down that the session with ``key`` is over; who ends it deletes the session itself."""
    forget_browsers([digest_of(key)])
    WebSession.objects.filter(key_hash=digest_of(key), ended_at=None).update(
        ended_at=timezone.now(), ended_why=why
    )


@transaction.atomic
def clear_old_sessions() -> int:
    """Delete sessions that time has ended, mark their rows, forget rows that ended long ago.

    Returns how many sessions were deleted.
    """
    now = timezone.now()
    cleared, _by_model = Session.objects.filter(expire_date__lt=now).delete()
    going_on = Session.objects.filter(session_key=OuterRef("key_hash"))
    WebSession.objects.filter(~Exists(going_on), ended_at=None).update(
        ended_at=now, ended_why=Ended.EXPIRED
    )
    WebSession.objects.filter(ended_at__lt=now - KEPT).delete()
    return cleared


def user_topic(user: User) -> str:
    """Return the bus topic of one person."""
    return f"user.{user.pk}"


def tell_rights_changed(user: User) -> None:
    """Have the person's sockets ask again who is there and what they may hear.

    Clients read it too, so it names the person by the key that everybody outside reads.
    """
    push(user_topic(user), "rights.changed", user=user.public_key)
