"""Members with figures, and memberships in every state, for the tests of APASS."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Member, MemberStanding, Role, User
from apass.actions import accept_invitation, advance, approve, invite, look_for_candidates
from apass.actions.moves import DUE
from apass.models import Membership
from common.errors import DomainError
from common.history import history_of
from common.models import Deadline
from tests.conftest import member, person

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
WHY = "核对过了"


def give_figures(
    user: User, *, value=2600, credit=760, spent="120000.00", real_name=True
) -> Member:
    """Give a member what APASS asks of them, or what is said instead."""
    Member.objects.filter(pk=user.member.pk).update(real_name_verified=real_name)
    MemberStanding.objects.update_or_create(
        member=user.member,
        defaults={
            "value": value, "credit": credit, "activity": 0, "value_sum": value,
            "credit_sum": credit - 600, "activity_sum": 0, "spent": Decimal(spent), "orders": 20,
            "rules_version": 0,
        },
    )  # fmt: skip
    user.member.refresh_from_db()
    return user.member


def friend(name: str, number: int, **figures) -> User:
    """Make one more member, with the figures of somebody in good standing who buys little."""
    user = person(name, f"朋友{name}", Role.MEMBER)
    member(user, f"M2000{number:04}", "normal", f"1360000{number:04}")
    give_figures(user, **({"value": 300, "credit": 700, "spent": "900.00"} | figures))
    return user


def candidate(user: User, now: datetime = NOW) -> Membership:
    """Let the nightly look find a member."""
    give_figures(user)
    look_for_candidates(now)
    return Membership.objects.get(member=user.member, state="candidate")


def invited(user: User, by: User | None = None, now: datetime = NOW) -> Membership:
    """Bring a member as far as the invitation."""
    return invite(approve(candidate(user, now), by=by, reason=WHY, now=now), by=by, now=now)


def active(user: User, now: datetime = NOW) -> Membership:
    """Bring a member into their first term."""
    return accept_invitation(invited(user, now=now), by=user, now=now)


def in_review(user: User) -> Membership:
    """Bring a member to a review that the figures do not pass."""
    membership = active(user)
    give_figures(user, spent="10.00")
    return advance(membership, now=membership.due_at)


def clock_of(membership: Membership) -> datetime | None:
    """Return when the clock looks at a membership again."""
    running = Deadline.objects.filter(kind=DUE, subject_id=str(membership.pk), done_at=None)
    return running.values_list("due_at", flat=True).first()


def actions_of(membership: Membership) -> set[str]:
    """Return what was done; lines of one moment stand in any order."""
    return {line.action for line in history_of(membership)}


def refusal(verb, *args, **kwargs) -> str:
    """Return the code with which ``verb`` refuses."""
    with pytest.raises(DomainError) as refused:
        verb(*args, **kwargs)
    return refused.value.code
