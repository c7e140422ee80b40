"""Counting wrong tries: by account and address together, by account anywhere, by address.

Counted are names as typed, whether or not such a person exists, so that the answer tells nothing
about who exists. ``SignInGuard`` rows with an empty address count a name from anywhere, rows with
an empty account count an address for all names.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.actions.asking import require_reason
from accounts.models import SignInGuard, User
from accounts.phones import mainland_phone
from accounts.queries import people_lately_at
from common.history import record
from common.parameters import value
from common.rights import require_right

FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Try:
    """One try: whether it may be made, how many are left after it, and until when the door is shut.

    The last try both may be made and shuts the door: a right answer opens it again.
    """

    may: bool
    left: int = 0
    locked_until: datetime | None = None


@transaction.atomic
def take_try(account: str, *, where: str, limits: dict[str, int], now: datetime) -> Try:
    """Count one try for ``account`` before it is made.

    ``limits`` says how many tries there are by place: ``where`` for the one at hand, "" for
    anywhere. The place with the fewest left decides.
    """
    # Names nobody has tried for a day are forgotten: guessers must not fill the table.
    SignInGuard.objects.filter(failed_at__lt=now - FORGOTTEN_AFTER).delete()
    guards = [
        (_guard(as_typed(account), place), limit)
        for place, limit in sorted(limits.items(), reverse=True)
    ]
    shut = [g.locked_until for g, _limit in guards if g.locked_until and g.locked_until > now]
    if shut:
        return Try(may=False, locked_until=max(shut))
    left = [_count(guard, limit, now) for guard, limit in guards]
    shut = [g.locked_until for g, _limit in guards if g.locked_until and g.locked_until > now]
    return Try(may=True, left=min(left), locked_until=max(shut) if shut else None)


@transaction.atomic
def give_tries_back(account: str, *, places: tuple[str, ...]) -> None:
    """Start counting anew after a right answer; other addresses keep their count."""
    SignInGuard.objects.filter(account=as_typed(account), address__in=places).delete()


def address_locked_until(address: str, *, now: datetime) -> datetime | None:
    """Return until when nobody unknown may try at ``address``, or None when it is open."""
    return (
        SignInGuard.objects.filter(account="", address=address[:64], locked_until__gt=now)
        .values_list("locked_until", flat=True)
        .first()
    )


@transaction.atomic
def count_failure_at(address: str, *, now: datetime) -> None:
    """Count one failure at ``address``, whoever was tried.

    The more people came in from there lately, the more wrong tries it has: an office is not one
    person. Browsers that had the person before are not asked (``sign_in.try_password``).
    """
    limit = value("sign_in.tries_address") + value("sign_in.tries_person_here") * people_lately_at(
        address, now=now
    )
    _count(_guard("", address), limit, now)


@transaction.atomic
def lift_sign_in_lock(user: User, *, by: User, reason: str) -> int:
    """Let ``user`` try again at once after too many wrong passwords; returns how many locks went.

    Raises ``forbidden``, ``person.no_reason``. A second call lifts nothing.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    names = {as_typed(name) for name in (user.username, user.phone) if name}
    names.add(step_account(user))
    guards = SignInGuard.objects.select_for_update().filter(account__in=names).order_by("pk")
    until = [guard.locked_until for guard in guards if guard.locked_until]
    lifted, _by_model = guards.delete()
    if lifted:
        record(
            user,
            "person.unlocked",
            by=by,
            before={"locked_until": max(until) if until else None},
            reason=reason,
        )
    return lifted


def as_typed(account: str) -> str:
    """Return the name under which tries of ``account`` are counted."""
    return mainland_phone(account) or account.strip().casefold()[:64]


def step_account(user: User) -> str:
    """Return the name under which second steps of ``user`` are counted; nobody can type it."""
    return f"\x01step:{user.pk}"


def _guard(account: str, place: str) -> SignInGuard:
    key = {"account": account, "address": place[:64]}
    # Made or found, and held: a right answer beside this one may take the row away at any moment,
    # and between "it is there" and reading it there would be nothing left to read.
    SignInGuard.objects.bulk_create(
        [SignInGuard(**key)],
        update_conflicts=True,
        unique_fields=list(key),
        update_fields=list(key),
    )
    return SignInGuard.objects.get(**key)


def _count(guard: SignInGuard, limit: int, now: datetime) -> int:
    lock: timedelta = value("sign_in.lock")
    stale = guard.failed_at < now - lock
    guard.failures = 1 if stale else guard.failures + 1
    guard.failed_at = now
    if guard.failures >= limit:
        guard.locked_until, guard.failures = now + lock, 0
    guard.save(update_fields=["failures", "failed_at", "locked_until"])
    return limit - guard.failures if guard.failures else 0
