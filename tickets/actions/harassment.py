"""Harassment: marked by the agent, confirmed by a second person, limited for a time, told to the member.

Locks are taken in one order: scores (where they change), the member, their conversations, the case, its block.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import hold_totals, post_entry
from accounts.models import Cause, Member, Score, User
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError, Forbidden, NotFound
from common.history import record
from common.parameters import value
from common.push import push
from common.rights import require_right
from tickets.actions.conversations import (
    CLOSE,
    announce,
    locked,
    reason_from,
    require,
    require_owner,
    say,
)
from tickets.actions.limits import apply_limits, restricted_team
from tickets.actions.telling import (
    say_limits,
    say_warning,
    tell_ended,
    tell_leads,
    tell_limited,
    tell_rest,
)
from tickets.models import (
    AuthorKind,
    CaseState,
    ContactBlock,
    Conversation,
    End,
    Grade,
    Ground,
    HarassmentCase,
    Message,
    State,
)
from tickets.queries.harassment import earlier_blocks, warned_lately
from tickets.rules import harassment as rules
from tickets.webhooks import tell
from workforce.actions import set_presence
from workforce.models import Presence, TeamMembership

END_OF_BLOCK = "harassment.block_end"
"""The deadline at which a contact block is over."""

MOST_QUOTES = 20


@dataclass(frozen=True)
class Marked:
    """A case; ``made`` is False when the same conversation waits for a second person already."""

    case: HarassmentCase
    made: bool


@transaction.atomic
def mark_harassment(
    conversation: Conversation,
    *,
    grade: int,
    ground: str,
    reason: str,
    quotes: Sequence[int],
    by: User,
    now: datetime | None = None,
) -> Marked:
    """Mark what the member did in ``conversation``; H1 and H2 warn them at once, H3 waits for a second person.

    ``quotes`` are numbers of the member's own messages; from H1 on there is at least one. Which grade
    follows which: :func:`tickets.rules.harassment.open_grades`. Raises ``forbidden``, ``not_owner``,
    ``harassment.no_member``, ``harassment.unknown`` (grade or ground), ``harassment.grade``
    (possible), ``harassment.no_quote``, ``harassment.bad_quote``, ``reason.missing``.
    """
    why = reason_from(reason)
    if grade not in Grade.values or ground not in Ground.values:
        raise DomainError("harassment.unknown", _("There is no such grade of harassment."))
    member = _hold_member(conversation.member_id)
    # Read after the wait: a warning that was given meanwhile is an earlier one.
    now = now or timezone.now()
    conversation = locked(conversation)
    require(by, "tickets.reply", conversation)
    require_owner(conversation, by)
    if member.user_id == by.pk:
        raise Forbidden()
    waiting = HarassmentCase.objects.to_confirm().filter(conversation=conversation).first()
    if waiting is not None and grade == Grade.END:
        return Marked(waiting, made=False)
    _require_grade(member, grade, ground, now)
    case = HarassmentCase.objects.create(
        member=member,
        conversation=conversation,
        grade=grade,
        ground=ground,
        quoted_seqs=_require_quotes(conversation, quotes, needed=grade > Grade.CALM),
        reason=why,
        marked_by=by,
        marked_at=now,
    )
    after = {"grade": grade, "ground": ground, "quotes": case.quoted_seqs}
    record(case, "harassment.marked", by=by, after=after, reason=why, at=now)
    push(conversation.notes_topic, "harassment.marked", conversation=conversation.public_key)
    if grade in {Grade.WARN, Grade.WARN_AGAIN}:
        say_warning(conversation, grade)
    if grade >= Grade.WARN_AGAIN:
        tell_leads(case, now=now)
    return Marked(case, made=True)


@transaction.atomic
def confirm_case(
    case: HarassmentCase,
    *,
    has_request: bool,
    reason: str,
    by: User,
    owner: User | None = None,
    now: datetime | None = None,
) -> ContactBlock:
    """Confirm an H3 as the second person: limits, credit, end of contact, a rest for the agent.

    With a real request inside (``has_request``) the conversation stays open, in writing, with an
    owner: ``owner``, else ``by`` at the desk, else who leads the restricted team. Without one it is
    closed. Raises ``forbidden``, ``harassment.same_person``, ``harassment.decided``,
    ``harassment.no_owner``, ``reason.missing``.
    """
    now = now or timezone.now()
    why = reason_from(reason)
    hold_totals()
    member = _hold_member(case.member_id)
    conversation = locked(Conversation(pk=case.conversation_id))
    case = _require_undecided(case, conversation, by)
    if case.grade != Grade.END:
        raise DomainError("harassment.decided", _("Only an H3 is confirmed."), state=case.state)
    HarassmentCase.objects.filter(pk=case.pk).update(
        state=CaseState.CONFIRMED,
        decided_by=by,
        decided_at=now,
        decision_reason=why,
        has_request=has_request,
        rest_until=now + value("harassment.rest", now),
    )
    block = _block(case, member, now)
    post_entry(
        member,
        Score.CREDIT,
        -value("harassment.credit_points", now),
        Cause.HARASSMENT,
        case.public_key,
        by=None,  # what a confirmed case costs is the house's rule, nobody's choice
        reason=why,
        now=now,
    )
    record(
        case,
        "harassment.confirmed",
        by=by,
        before={"state": case.state},
        after={"state": CaseState.CONFIRMED, "until": block.until, "request": has_request},
        reason=why,
        at=now,
    )
    set_deadline(END_OF_BLOCK, block, block.until)
    if has_request:
        _keep_in_writing(conversation, block, _owner(owner, by, now), by, now)
        apply_limits(member, now)
    else:
        _close(conversation, block, by, now)
        apply_limits(member, now)
    push(conversation.notes_topic, "harassment.confirmed", conversation=conversation.public_key)
    tell_limited(block, now=now)
    tell_rest(case, now=now)
    return block


@transaction.atomic
def dismiss_case(
    case: HarassmentCase, *, reason: str, by: User, now: datetime | None = None
) -> HarassmentCase:
    """Say as a second person that it was none; a warning is taken back and counts no more.

    Raises ``forbidden``, ``harassment.same_person``, ``harassment.decided``, ``reason.missing``.
    """
    now = now or timezone.now()
    why = reason_from(reason)
    _hold_member(case.member_id)
    conversation = locked(Conversation(pk=case.conversation_id))
    case = _require_undecided(case, conversation, by)
    HarassmentCase.objects.filter(pk=case.pk).update(
        state=CaseState.DISMISSED, decided_by=by, decided_at=now, decision_reason=why
    )
    record(
        case,
        "harassment.dismissed",
        by=by,
        before={"state": case.state},
        after={"state": CaseState.DISMISSED},
        reason=why,
        at=now,
    )
    if case.grade in {Grade.WARN, Grade.WARN_AGAIN}:
        say(conversation, _("We have looked at it again and take the warning back."))
    push(conversation.notes_topic, "harassment.dismissed", conversation=conversation.public_key)
    case.refresh_from_db()
    return case


@transaction.atomic
def lift_block(
    block: ContactBlock, *, reason: str, by: User, now: datetime | None = None
) -> ContactBlock:
    """End a block early; the case stands. Raises ``forbidden``, ``harassment.ended``, ``reason.missing``."""
    require_right(by, "harassment.confirm")
    why = reason_from(reason)
    member, block = hold_block(block)
    require_not_about(member, by)
    if not block.is_running:
        raise DomainError("harassment.ended", _("This block has ended already."))
    end_block(block, member, End.LIFTED, by=by, reason=why, now=now or timezone.now())
    block.refresh_from_db()
    return block


@transaction.atomic
def end_expired(block_id: uuid.UUID, *, now: datetime) -> bool:
    """End a block whose time is over, once; False when it has ended, is gone, or runs on."""
    found = ContactBlock.objects.filter(pk=block_id).first()
    if found is None:
        return False
    member, block = hold_block(found)
    if not block.is_running or block.until > now:
        return False
    end_block(block, member, End.EXPIRED, by=None, reason="", now=now)
    return True


@transaction.atomic
def take_rest(case: HarassmentCase, *, by: User, now: datetime | None = None) -> HarassmentCase:
    """Take the rest that is offered after a confirmed case: ``by``, who was harassed, goes on a break.

    A second call changes nothing. Raises ``not_found``, ``harassment.no_rest``.
    """
    now = now or timezone.now()
    case = HarassmentCase.objects.select_for_update().get(pk=case.pk)
    if case.marked_by_id != by.pk:
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    if case.rest_taken_at is not None:
        return case
    if case.rest_until is None or case.rest_until <= now:
        raise DomainError("harassment.no_rest", _("No rest is offered at the moment."))
    case.rest_taken_at = now
    case.save(update_fields=["rest_taken_at"])
    record(case, "harassment.rest_taken", by=by, after={"until": case.rest_until}, at=now)
    set_presence(by, Presence.BREAK, by=by)
    return case


# --- Shared with appeals --------------------------------------------------------------------------


def hold_block(block: ContactBlock) -> tuple[Member, ContactBlock]:
    """Return the block's member and the block as they are now, both locked."""
    member = _hold_member(block.member_id)
    return member, ContactBlock.objects.select_for_update(of=("self",)).select_related("case").get(
        pk=block.pk
    )


def require_not_about(member: Member, by: User) -> None:
    """Refuse (``forbidden``) who would judge what they did themselves as a member."""
    if member.user_id == by.pk:
        raise Forbidden()


def end_block(
    block: ContactBlock, member: Member, why: str, *, by: User | None, reason: str, now: datetime
) -> None:
    """End a running block of ``member``, both held by the caller: limits, case, timer, and tell."""
    ContactBlock.objects.filter(pk=block.pk).update(ended_at=now, ended_why=why, ended_by=by)
    HarassmentCase.objects.filter(pk=block.case_id).update(state=CaseState.ENDED)
    record(
        block.case,
        f"harassment.{why if why != End.APPEAL else 'overturned'}",
        by=by,
        before={"state": block.case.state},
        after={"state": CaseState.ENDED, "why": why},
        reason=reason,
        at=now,
    )
    if why != End.EXPIRED:
        drop_deadline(END_OF_BLOCK, block)
    if apply_limits(member, now) is None:
        tell_ended(block, why, now=now)


# --- Inside ---------------------------------------------------------------------------------------


def _hold_member(member_id: int | None) -> Member:
    """Return the member, locked: warnings are counted, and limits written, by one at a time."""
    if member_id is None:
        raise DomainError("harassment.no_member", _("Nobody is signed in at the other end."))
    return Member.objects.select_for_update(no_key=True).get(pk=member_id)


def _require_grade(member: Member, grade: int, ground: str, now: datetime) -> None:
    possible = rules.open_grades(ground, warned_lately(member.pk, now))
    if grade in possible:
        return
    names = ", ".join(f"H{one}" for one in sorted(possible))
    raise DomainError(
        "harassment.grade",
        _("After what has been said so far this can be: %(grades)s.") % {"grades": names},
        possible=sorted(possible),
    )


def _require_quotes(
    conversation: Conversation, quotes: Sequence[int], *, needed: bool
) -> list[int]:
    wanted = sorted(set(quotes))
    if (needed and not wanted) or len(wanted) > MOST_QUOTES:
        raise DomainError("harassment.no_quote", _("Choose the lines in which it happened."))
    said = Message.objects.filter(
        conversation=conversation, seq__in=wanted, author_kind=AuthorKind.MEMBER
    ).count()
    if said != len(wanted):
        raise DomainError("harassment.bad_quote", _("These are not lines of the customer."))
    return wanted


def _require_undecided(
    case: HarassmentCase, conversation: Conversation, by: User
) -> HarassmentCase:
    """Return the case as it is now, locked, for ``by`` to decide."""
    require(by, "harassment.confirm", conversation)
    case = HarassmentCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    require_not_about(case.member, by)
    if case.marked_by_id == by.pk:
        raise DomainError(
            "harassment.same_person", _("Somebody else decides: you have marked it yourself.")
        )
    if case.state != CaseState.MARKED:
        raise DomainError(
            "harassment.decided",
            _("This is decided already: “%(state)s”.") % {"state": case.get_state_display()},
            state=case.state,
        )
    return case


def _block(case: HarassmentCase, member: Member, now: datetime) -> ContactBlock:
    earlier = earlier_blocks(member.pk, now)
    steps = [value(f"harassment.{nth}_block", now) for nth in ("first", "second", "third")]
    return ContactBlock.objects.create(
        case=case,
        member=member,
        since=now,
        until=now + rules.block_length(earlier, steps),
        text_only=value("harassment.text_only", now),
        slow_seconds=value("harassment.slow_seconds", now),
        no_new=earlier + 1 >= value("harassment.no_new_from", now),
    )


def _owner(chosen: User | None, by: User, now: datetime) -> User:
    if chosen is None and by.is_agent:
        return by
    if chosen is None:
        membership = (
            TeamMembership.objects.filter(team=restricted_team(now), user__is_active=True)
            .select_related("user")
            .order_by("-is_lead", "pk")
            .first()
        )
        chosen = membership.user if membership else None
    if chosen is None or not chosen.is_agent or not chosen.is_active:
        raise DomainError("harassment.no_owner", _("Choose who at the desk goes on in writing."))
    return chosen


def _keep_in_writing(
    conversation: Conversation, block: ContactBlock, owner: User, by: User, now: datetime
) -> None:
    former, old_team, team = conversation.owner, conversation.team, restricted_team(now)
    Conversation.objects.filter(pk=conversation.pk).update(
        state=State.OPEN,
        owner=owner,
        first_owner=conversation.first_owner or owner,
        team=team,
        queued_at=None,
        accepted_at=now,
        resolved_at=None,
        closed_at=None,
        disposition=None,
        waiting_since=conversation.waiting_since or now,
    )
    drop_deadline(CLOSE, conversation)
    record(
        conversation,
        "conversation.set_apart",
        by=by,
        before={"state": conversation.state, "owner": former, "team": old_team},
        after={"state": State.OPEN, "owner": owner, "team": team},
        at=now,
    )
    say_limits(conversation, block, goes_on=True)
    announce(conversation, "conversation.transferred", people=[former, owner], teams=[team])
    tell(conversation, "conversation.transferred")


def _close(conversation: Conversation, block: ContactBlock, by: User, now: datetime) -> None:
    if conversation.state == State.CLOSED:
        return
    # The last word goes before the move: afterwards the conversation is done.
    say_limits(conversation, block, goes_on=False)
    drop_deadline(CLOSE, conversation)
    changes: dict[str, Any] = {"state": State.CLOSED, "closed_at": now, "queued_at": None}
    Conversation.objects.filter(pk=conversation.pk).update(
        **changes,
        resolved_at=conversation.resolved_at or now,
        waiting_since=None,
        staff_unread=0,
    )
    record(
        conversation,
        "conversation.closed",
        by=by,
        before={"state": conversation.state},
        after={"state": State.CLOSED},
        at=now,
    )
    announce(conversation, "conversation.closed", people=[conversation.owner])
    tell(conversation, "conversation.closed")
