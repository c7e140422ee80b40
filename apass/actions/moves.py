"""What every move of a membership does: ask, write, set the clock, record. And how a term begins."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import grant_title, notify
from accounts.models import Tier, User
from apass.membership import rules
from apass.models import ManagerAssignment, Membership, MembershipState
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.words import last_day_words

DUE = "apass.due"
"""The one timer of a membership: what it does follows from the state."""

PAGE = "/me/apass/"
MADE_ACTIVE = gettext_lazy("APASS is yours")
MADE_ACTIVE_BODY = gettext_lazy(
    "Until %(until)s somebody of ours is there for you by name. See what is promised."
)


def locked(membership: Membership) -> Membership:
    """Return the membership as it is now, held until the transaction ends."""
    return (
        Membership.objects.select_for_update(of=("self",))
        .select_related("member", "member__user")
        .get(pk=membership.pk)
    )


def require_move(membership: Membership, to: str) -> None:
    """Raise ``apass.cannot_move`` unless the membership may go to ``to``; it names what would have worked."""
    if not rules.may_move(membership.state, to):
        raise DomainError(
            "apass.cannot_move",
            _("This is not possible while it is “%(state)s”.")
            % {"state": membership.get_state_display()},
            state=membership.state,
            possible_from=rules.sources(to),
        )


def move(
    membership: Membership,
    to: str,
    event: str,
    *,
    by: User | None,
    now: datetime,
    due_at: datetime | None = None,
    reason: str = "",
    **fields: Any,
) -> Membership:
    """Take a locked membership to another state, with its clock and its line of history."""
    require_move(membership, to)
    before = {"state": membership.state, "term": membership.term}
    fields |= {"state": to, "since": now, "due_at": due_at}
    if to not in rules.OPEN:
        fields["ended_at"] = now
        release_manager(membership, by=by, now=now)
    for name, given in fields.items():
        setattr(membership, name, given)
    membership.save(update_fields=list(fields))
    if due_at is None:
        drop_deadline(DUE, membership)
    else:
        set_deadline(DUE, membership, due_at)
    after = {"state": to, "term": membership.term, "due_at": due_at}
    record(membership, event, by=by, before=before, after=after, reason=reason, at=now)
    return membership


def begin_first_term(
    membership: Membership, *, by: User, now: datetime, **fields: Any
) -> Membership:
    """Make a locked membership active: the first term, the title, and the member is told."""
    ends = rules.end_of_day(now, value("apass.term", now).days)
    move(
        membership,
        MembershipState.ACTIVE,
        "membership.activated",
        by=by,
        now=now,
        due_at=ends - value("apass.review_before", now),
        activated_at=now,
        term=1,
        term_began_at=now,
        term_ends_at=ends,
        **fields,
    )
    give_title(membership, since=now, until=ends, now=now)
    tell(
        membership,
        MADE_ACTIVE,
        MADE_ACTIVE_BODY,
        words={"until": last_day_words(ends)},
        dedupe="active",
        now=now,
    )
    return membership


def give_title(membership: Membership, *, since: datetime, until: datetime, now: datetime) -> None:
    """Give the member the title of the membership's term."""
    grant_title(
        membership.member,
        Tier.APASS,
        since=since,
        until=until,
        source_key=membership.title_key,
        by=None,
        reason=_("APASS, term %(term)s") % {"term": membership.term},
        now=now,
    )


def release_manager(membership: Membership, *, by: User | None, now: datetime) -> None:
    """End who looks after the member, when somebody does."""
    named = (
        ManagerAssignment.objects.select_for_update()
        .filter(member=membership.member_id, until=None)
        .first()
    )
    if named is None:
        return
    named.until = max(now, named.since)
    named.save(update_fields=["until"])
    people = {"manager": named.manager_id, "deputy": named.deputy_id}
    record(membership, "membership.manager_released", by=by, before=people, at=now)


def tell(
    membership: Membership,
    title: object,
    body: object,
    *,
    dedupe: str,
    now: datetime,
    words: dict[str, object] | None = None,
) -> None:
    """Tell the member, when they can sign in."""
    if membership.member.user is not None:
        notify(
            membership.member.user,
            "apass.membership",
            title=title,
            body=body,
            url=PAGE,
            subject=membership,
            dedupe=f"{dedupe}:{membership.term}",
            words=words,
            now=now,
        )
