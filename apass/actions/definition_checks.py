"""What a definition is refused for, beside what the rules know: what the house has, and slips of the hand."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apass.entitlements import rules
from apass.entitlements.queries import members_in
from apass.entitlements.rules import Refused
from apass.entitlements.teams import is_team
from apass.entitlements.words import refusal
from apass.models import (
    Allowance,
    Entitlement,
    Kind,
    Rollout,
    ServicePackage,
)
from apass.models.rollouts import SubjectKind
from common.errors import DomainError

LONGEST_CLOCK = timedelta(days=366)
MOST_BUDGET = Decimal(10) ** 9
LAST_RANK = 1000


def require_same_promise(made: Entitlement) -> None:
    """Refuse another kind, and another period once uses were counted: no period would hold them."""
    before = Entitlement.objects.filter(code=made.code)
    if before.exclude(kind=made.kind).exists():
        raise DomainError(
            "entitlement.other_kind", _("This code belongs to an entitlement of another kind.")
        )
    if (
        before.exclude(period=made.period).exists()
        and Allowance.objects.filter(code=made.code).exists()
    ):
        raise DomainError(
            "entitlement.other_period",
            _("Members have used this already, counted by another period. Give it a new code."),
        )


def require_rollout(code: str) -> None:
    """Refuse a rollout that the house does not know: nobody would ever be promised it."""
    known = Rollout.objects.filter(code=code, subject_kind=SubjectKind.MEMBER)
    if code and not known.exists():
        raise DomainError(
            "entitlement.unknown_rollout",
            _("There is no rollout for members of this code. Open it first."),
            unknown=code,
        )


def require_moments(*moments: datetime | None) -> None:
    """Raise ``span.far_off`` for years nobody means; None is no moment."""
    try:
        rules.check_moments(*moments)
    except Refused as refused:
        raise refusal(refused) from None


def require_not_past(at: datetime, now: datetime | None) -> None:
    """Raise ``entitlement.in_the_past`` for what is over: what held then is not rewritten."""
    if at < (now or timezone.now()) - timedelta(minutes=1):
        raise DomainError(
            "entitlement.in_the_past", _("What was promised in the past cannot be changed.")
        )


def kind_of(code: str) -> str:
    """Return the kind of an entitlement. Raises ``entitlement.unknown``."""
    kind = Entitlement.objects.filter(code=code).values_list("kind", flat=True).first()
    if kind is None:
        raise DomainError(
            "entitlement.unknown", _("There is no entitlement of this code."), unknown=code
        )
    return str(Kind(kind))


def require_somebody(segment: rules.Segment, now: datetime | None) -> None:
    """Refuse what nobody is meant by, among those who are there."""
    if not members_in(segment, now or timezone.now()).exists():
        raise DomainError(
            "segment.nobody", _("No member is like this. Look at the conditions again.")
        )


def require_names(made: Any, *also: str) -> None:
    """Raise ``entitlement.no_name`` unless it has a code and words in both languages."""
    if not all(one.strip() for one in (made.code, made.name_zh, made.name_en, *also)):
        raise DomainError(
            "entitlement.no_name", _("It needs a code, and its words in both languages.")
        )


def require_service(made: ServicePackage) -> None:
    """Raise ``package.*`` for clocks, a team, a place in the queue or a budget that cannot be."""
    clocks = (made.first_reply, made.next_reply, made.complaint_resolution, made.call_back)
    if any(one is not None and not timedelta(0) < one <= LONGEST_CLOCK for one in clocks):
        raise DomainError("package.clock", _("A clock runs for some time, and for a year at most."))
    if made.team_code and not is_team(made.team_code):
        raise DomainError(
            "package.unknown_team",
            _("No team of ours takes conversations under this code."),
            unknown=made.team_code,
        )
    if made.queue_priority is not None and not 1 <= made.queue_priority <= 9:
        raise DomainError("package.priority", _("The place in the queue is from 1 to 9."))
    if made.budget_amount is not None and not 0 <= made.budget_amount <= MOST_BUDGET:
        raise DomainError("package.budget", _("A budget is from nothing to a thousand million."))
    require_rank(made.rank)


def require_rank(rank: int) -> None:
    """Raise ``entitlement.rank`` for a rank that no list would hold."""
    if not 0 <= rank <= LAST_RANK:
        raise DomainError("entitlement.rank", _("The rank is from 0 to 1000."))
