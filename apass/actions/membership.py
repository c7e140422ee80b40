"""The life of a membership: proposed, approved, invited, accepted, reviewed, renewed, ended."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.asking import refuse_own_case, require_oneself, require_reason
from accounts.models import Member, User
from apass.actions import codes
from apass.actions.moves import (
    DUE,
    begin_first_term,
    give_title,
    locked,
    move,
    require_move,
    tell,
)
from apass.membership import rules
from apass.membership.queries import figures_now, needs_at
from apass.models import Membership, MembershipState, Origin
from common.deadlines import set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.rights import require_right
from common.words import last_day_words

RIGHT = "apass.manage"
NO_REASON = "apass.no_reason"


@transaction.atomic
def propose(
    member: Member, *, by: User | None, reason: str, now: datetime | None = None
) -> Membership:
    """Put a member on the list by hand; somebody else approves. The figures are kept with it.

    Raises ``forbidden``, ``conflict.own_case``, ``apass.no_reason``, ``member.nameless``, ``apass.already_open``, and
    ``apass.not_fit`` (``missing``) for who has no proved name or a flag of fraud.
    """
    require_right(by, RIGHT)
    refuse_own_case(member.pk, by)
    require_reason(reason, code=NO_REASON)
    now = now or timezone.now()
    member = Member.objects.get(pk=member.pk)
    if member.erased_at is not None or member.hidden_at is not None:
        raise DomainError("member.nameless", _("This member has been made nameless."))
    figures = figures_now(member, now)
    never = [name for name in (rules.REAL_NAME, rules.HONEST) if not getattr(figures, name)]
    if never:
        raise DomainError(
            "apass.not_fit",
            _("Without a proved real name, or with a flag of fraud, nobody is proposed."),
            missing=never,
        )
    due_at = now + value("apass.candidate_waits", now)
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                member=member,
                state=MembershipState.CANDIDATE,
                since=now,
                due_at=due_at,
                origin=Origin.PERSON,
                figures=figures.plain(),
                figures_at=now,
                made_at=now,
                proposed_by=by,
            )
    except IntegrityError:
        raise DomainError(
            "apass.already_open", _("This member is on the list, or one of APASS, already.")
        ) from None
    set_deadline(DUE, membership, due_at)
    after = {"state": membership.state, "figures": membership.figures}
    record(membership, "membership.proposed", by=by, after=after, reason=reason, at=now)
    return membership


@transaction.atomic
def approve(
    membership: Membership, *, by: User | None, reason: str, now: datetime | None = None
) -> Membership:
    """Say yes to a candidate; who proposed one does not approve it.

    Raises ``forbidden``, ``conflict.own_case``, ``apass.no_reason``, ``apass.cannot_move``, ``apass.own_proposal``, and
    ``apass.not_fit`` (``missing``) when a candidate of the list meets the checks no more.
    """
    _require_decider(membership, by)
    require_reason(reason, code=NO_REASON)
    now = now or timezone.now()
    membership = locked(membership)
    require_move(membership, MembershipState.APPROVED)
    if by is not None and by.pk == membership.proposed_by_id:
        raise DomainError("apass.own_proposal", _("Who proposed a member does not approve them."))
    figures = figures_now(membership.member, now)
    gone = rules.missing(figures, needs_at(now))
    if gone and membership.origin == Origin.LIST:
        raise DomainError(
            "apass.not_fit", _("The member does not meet the checks any more."), missing=gone
        )
    return move(
        membership,
        MembershipState.APPROVED,
        "membership.approved",
        by=by,
        now=now,
        due_at=now + value("apass.approval_waits", now),
        reason=reason,
        approved_by=by,
        figures=figures.plain(),
        figures_at=now,
    )


@transaction.atomic
def reject(
    membership: Membership, *, by: User | None, reason: str, now: datetime | None = None
) -> Membership:
    """Say no to a candidate or take an approval back; the member never learns of it.

    Raises ``forbidden``, ``conflict.own_case``, ``apass.no_reason``, ``apass.cannot_move``.
    """
    _require_decider(membership, by)
    require_reason(reason, code=NO_REASON)
    return move(
        locked(membership),
        MembershipState.REJECTED,
        "membership.rejected",
        by=by,
        now=now or timezone.now(),
        reason=reason,
    )


@transaction.atomic
def invite(
    membership: Membership, *, by: User | None, reason: str = "", now: datetime | None = None
) -> Membership:
    """Invite an approved member: a code of their own goes to their phone, and their page says so.

    Raises ``forbidden``, ``conflict.own_case``, ``apass.cannot_move``.
    """
    _require_decider(membership, by)
    now = now or timezone.now()
    membership = locked(membership)
    require_move(membership, MembershipState.INVITED)
    expires = rules.end_of_day(now, value("apass.invitation_valid", now).days)
    move(
        membership,
        MembershipState.INVITED,
        "membership.invited",
        by=by,
        now=now,
        due_at=expires,
        reason=reason,
        invited_at=now,
    )
    codes.send_own_code(membership, expires_at=expires, now=now)
    tell(
        membership,
        gettext_lazy("You are invited to APASS"),
        gettext_lazy("Until %(until)s you may accept, by the code we sent or with one tap."),
        words={"until": last_day_words(expires)},
        dedupe="invited",
        now=now,
    )
    return membership


@transaction.atomic
def accept_invitation(
    membership: Membership, *, by: User, now: datetime | None = None
) -> Membership:
    """Accept with one tap, signed in as the member invited; the code that was sent is used up with it.

    Raises ``forbidden``, ``apass.already``, ``apass.code_expired``, ``apass.cannot_move``.
    """
    require_right(by, "me.use")
    now = now or timezone.now()
    membership = locked(membership)
    _require_own(membership, by)
    require_invited(membership, now)
    codes.use_up_own_codes(membership, now=now)
    return begin_first_term(membership, by=by, now=now)


@transaction.atomic
def decline_invitation(
    membership: Membership, *, by: User, now: datetime | None = None
) -> Membership:
    """Say no to an invitation. A second call changes nothing. Raises ``forbidden``, ``apass.cannot_move``."""
    require_right(by, "me.use")
    membership = locked(membership)
    _require_own(membership, by)
    if membership.state == MembershipState.DECLINED:
        return membership
    return move(
        membership,
        MembershipState.DECLINED,
        "membership.declined",
        by=by,
        now=now or timezone.now(),
    )


@transaction.atomic
def renew(
    membership: Membership, *, by: User | None, reason: str, now: datetime | None = None
) -> Membership:
    """Give a membership in review its next term, although the figures do not.

    Raises ``forbidden``, ``conflict.own_case``, ``apass.no_reason``, ``apass.cannot_move``, ``apass.term_over``.
    """
    _require_decider(membership, by)
    require_reason(reason, code=NO_REASON)
    now = now or timezone.now()
    membership = locked(membership)
    require_in_review(membership, now)
    return _next_term(membership, by=by, now=now, reason=reason)


@transaction.atomic
def let_lapse(
    membership: Membership, *, by: User | None, reason: str, now: datetime | None = None
) -> Membership:
    """Decide in review that there is no next term; what is promised holds until the end of this one.

    Raises ``forbidden``, ``conflict.own_case``, ``apass.no_reason``, ``apass.cannot_move`` and
    ``apass.term_over``. A second call changes nothing; renewing before the end takes it back.
    """
    _require_decider(membership, by)
    require_reason(reason, code=NO_REASON)
    now = now or timezone.now()
    membership = locked(membership)
    require_in_review(membership, now)
    if membership.lets_lapse:
        return membership
    membership.lets_lapse = True
    membership.save(update_fields=["lets_lapse"])
    after = {"lets_lapse": True, "term_ends_at": membership.term_ends_at}
    record(membership, "membership.lapse_decided", by=by, after=after, reason=reason, at=now)
    return membership


@transaction.atomic
def advance(membership: Membership, *, now: datetime) -> Membership:
    """Do what the clock of a membership says. Nothing when it is not due (any more)."""
    membership = locked(membership)
    if membership.due_at is None or membership.due_at > now:
        return membership
    match membership.state:
        case MembershipState.CANDIDATE | MembershipState.APPROVED:
            return move(membership, MembershipState.DROPPED, "membership.dropped", by=None, now=now)
        case MembershipState.INVITED:
            return move(membership, MembershipState.EXPIRED, "membership.expired", by=None, now=now)
        case MembershipState.ACTIVE:
            return _begin_review(membership, now)
    return _end_term(membership, now)


@transaction.atomic
def end_for_erasure(membership: Membership, *, now: datetime) -> Membership:
    """End a membership whose member is made nameless, and forget its figures. Nobody's action: the house's."""
    membership = locked(membership)
    if membership.state in rules.OPEN:
        move(membership, MembershipState.DROPPED, "membership.dropped", by=None, now=now)
    membership.figures = {}
    membership.save(update_fields=["figures"])
    return membership


def require_invited(membership: Membership, now: datetime) -> None:
    """Raise unless a locked membership waits for the member's yes."""
    if membership.is_running:
        raise DomainError("apass.already", _("You are one of APASS already."))
    if membership.state == MembershipState.EXPIRED or (
        membership.state == MembershipState.INVITED
        and membership.due_at is not None
        and membership.due_at <= now
    ):
        raise DomainError("apass.code_expired", _("This invitation has expired."))
    if membership.state != MembershipState.INVITED:
        require_move(membership, MembershipState.DECLINED)


def require_in_review(membership: Membership, now: datetime) -> None:
    """Raise unless a locked membership is in review and its term still runs."""
    if membership.state != MembershipState.REVIEW:
        require_move(membership, MembershipState.LAPSED)
    if membership.term_ends_at is None or membership.term_ends_at <= now:
        raise DomainError("apass.term_over", _("The term is over; the clock has decided."))


def _require_decider(membership: Membership, by: User | None) -> None:
    """Raise unless ``by`` decides about memberships, and this is not their own."""
    require_right(by, RIGHT)
    refuse_own_case(membership.member_id, by)


def _require_own(membership: Membership, by: User) -> None:
    user = membership.member.user
    require_oneself(user, by) if user is not None else require_oneself(by, None)


def _begin_review(membership: Membership, now: datetime) -> Membership:
    figures = figures_now(membership.member, now)
    move(
        membership,
        MembershipState.REVIEW,
        "membership.review_began",
        by=None,
        now=now,
        due_at=membership.term_ends_at,
        lets_lapse=False,
        figures=figures.plain(),
        figures_at=now,
    )
    if not rules.missing(figures, needs_at(now)):
        return _next_term(membership, by=None, now=now)
    assert membership.term_ends_at is not None
    tell(
        membership,
        gettext_lazy("We look at your next year of APASS"),
        gettext_lazy("Everything stays as it is until %(until)s. You hear from us before."),
        words={"until": last_day_words(membership.term_ends_at)},
        dedupe="review",
        now=now,
    )
    return membership


def _end_term(membership: Membership, now: datetime) -> Membership:
    """At the end of the term: renewed when the figures say so again and nobody said no, else over."""
    if not membership.lets_lapse:
        figures = figures_now(membership.member, now)
        membership.figures, membership.figures_at = figures.plain(), now
        membership.save(update_fields=["figures", "figures_at"])
        if not rules.missing(figures, needs_at(now)):
            return _next_term(membership, by=None, now=now)
    move(membership, MembershipState.LAPSED, "membership.lapsed", by=None, now=now)
    tell(
        membership,
        gettext_lazy("Your APASS has ended"),
        gettext_lazy("Thank you for this time. What was promised to you until now stays so."),
        dedupe="lapsed",
        now=now,
    )
    return membership


def _next_term(
    membership: Membership, *, by: User | None, now: datetime, reason: str = ""
) -> Membership:
    began = membership.term_ends_at
    assert began is not None
    ends = rules.next_term(began, value("apass.term", now).days)
    move(
        membership,
        MembershipState.ACTIVE,
        "membership.renewed",
        by=by,
        now=now,
        due_at=ends - value("apass.review_before", now),
        reason=reason,
        term=membership.term + 1,
        term_began_at=began,
        term_ends_at=ends,
        lets_lapse=False,
    )
    give_title(membership, since=began, until=ends, now=now)
    tell(
        membership,
        gettext_lazy("Your APASS goes on"),
        gettext_lazy("It is yours until %(until)s."),
        words={"until": last_day_words(ends)},
        dedupe="renewed",
        now=now,
    )
    return membership
