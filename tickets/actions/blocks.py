"""Contact blocks: a case is confirmed by a second person, contact is limited for a time and told, and ends.

Locks are taken in the order of :mod:`tickets.actions.harassment`.
"""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import hold_totals, post_entry
from accounts.actions.asking import refuse_own_case
from accounts.models import Cause, Member, Score, User
from common.deadlines import drop_deadline, set_deadline
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.push import push
from common.rights import require_right
from tickets.actions.conversations import CLOSE, announce, locked, reason_from
from tickets.actions.harassment import hold_member, require_undecided
from tickets.actions.limits import apply_limits, may_keep, restricted_team
from tickets.actions.ownership import return_conversation
from tickets.actions.partners import tell_it_left
from tickets.actions.telling import say_limits, tell_ended, tell_limited, tell_rest
from tickets.models import (
    CaseState,
    ContactBlock,
    Conversation,
    End,
    Grade,
    HarassmentCase,
    State,
    WhyReturned,
)
from tickets.queries.harassment import earlier_blocks
from tickets.rules import harassment as rules
from tickets.rules.harassment import Limits
from tickets.webhooks import tell
from workforce.actions import hold_status
from workforce.models import TeamMembership

END_OF_BLOCK = "harassment.block_end"
"""The deadline at which a contact block is over."""


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
    closed. Raises ``forbidden``, ``conflict.own_case``, ``harassment.same_person``,
    ``harassment.decided``, ``harassment.no_owner``, ``reason.missing``.
    """
    why = reason_from(reason)
    hold_totals()
    member = hold_member(case.member_id)
    keeper = _keeper(owner, member, by, now or timezone.now()) if has_request else None
    if keeper is not None:
        # Whoever joins them with who asks waits, and then finds what has become theirs.
        hold_status(keeper)
    conversation = locked(Conversation(pk=case.conversation_id))
    case = require_undecided(case, conversation, by)
    # Read after the wait: a block that was decided meanwhile is an earlier one.
    now = now or timezone.now()
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
        # Asked only now that their status is held: they may have turned out to be who asks meanwhile.
        if keeper is None or not may_keep(keeper, member.pk):
            raise DomainError(
                "harassment.no_owner", _("Choose who at the desk goes on in writing.")
            )
        _keep_in_writing(conversation, block, keeper, by, now)
    else:
        _close(conversation, block, by, now)
    _limit(member, now)
    push(conversation.notes_topic, "harassment.confirmed", conversation=conversation.public_key)
    tell_limited(block, now=now)
    tell_rest(case, now=now)
    return block


@transaction.atomic
def lift_block(
    block: ContactBlock, *, reason: str, by: User, now: datetime | None = None
) -> ContactBlock:
    """End a block early; the case stands.

    Raises ``forbidden``, ``conflict.own_case``, ``harassment.ended``, ``reason.missing``.
    """
    require_right(by, "harassment.confirm")
    why = reason_from(reason)
    member, block = hold_block(block)
    refuse_own_case(member.pk, by)
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


# --- Shared with appeals --------------------------------------------------------------------------


def hold_block(block: ContactBlock) -> tuple[Member, ContactBlock]:
    """Return the block's member and the block as they are now, both locked."""
    member = hold_member(block.member_id)
    return member, ContactBlock.objects.select_for_update(of=("self",)).select_related("case").get(
        pk=block.pk
    )


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
    if _limit(member, now) is None:
        tell_ended(block, why, now=now)


# --- Inside ---------------------------------------------------------------------------------------


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


def _keeper(chosen: User | None, member: Member, by: User, now: datetime) -> User | None:
    """Return who goes on in writing: ``chosen``, else ``by`` at the desk, else who leads the restricted team."""
    if chosen is not None:
        return chosen
    if may_keep(by, member.pk):
        return by
    those = TeamMembership.objects.filter(team=restricted_team(now)).select_related("user")
    keepers = (one.user for one in those.order_by("-is_lead", "pk"))
    return next((one for one in keepers if may_keep(one, member.pk)), None)


def _limit(member: Member, now: datetime) -> Limits | None:
    """Apply what limits ``member`` now; who may not go on with one of their talks gives it back."""
    limits = apply_limits(member, now)
    if limits is not None:
        open_talks = Conversation.objects.filter(member=member, state=State.OPEN)
        for talk in open_talks.select_related("owner").order_by("pk"):
            if talk.owner is not None and not may_keep(talk.owner, member.pk):
                return_conversation(talk, former=talk.owner, why=WhyReturned.LIMITED)
    return limits


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
    tell_it_left(old_team)
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
