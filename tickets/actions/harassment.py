"""Harassment: marked by the agent, who warns or ends contact; dismissed by a second person; a rest after it.

What follows a confirmed case is in :mod:`tickets.actions.blocks`. Locks are taken in one order: scores
(where they change), the member, the status of whoever goes on with it, their conversations, the case,
its block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, User
from common.errors import DomainError, NotFound
from common.history import record
from common.push import push
from tickets.actions.conversations import locked, reason_from, require, require_owner, say
from tickets.actions.telling import say_warning, tell_leads
from tickets.models import (
    AuthorKind,
    CaseState,
    Conversation,
    Grade,
    Ground,
    HarassmentCase,
    Message,
)
from tickets.queries.harassment import Warned, last_warning
from tickets.rules import harassment as rules
from workforce.actions import hold_status, set_presence
from workforce.models import Presence

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

    ``quotes`` are numbers of the member's own messages; from H1 on there is at least one, and what
    follows a warning quotes what was said after it. Which grade follows which:
    :func:`tickets.rules.harassment.open_grades`. Raises ``forbidden``, ``conflict.own_case``,
    ``not_owner``, ``harassment.no_member``, ``harassment.unknown`` (grade or ground),
    ``harassment.grade`` (possible), ``harassment.no_quote``, ``harassment.bad_quote``,
    ``harassment.old_quote``, ``reason.missing``.
    """
    why = reason_from(reason)
    if grade not in Grade.values or ground not in Ground.values:
        raise DomainError("harassment.unknown", _("There is no such grade of harassment."))
    member = hold_member(conversation.member_id)
    conversation = locked(conversation)
    # Read after the wait: a warning that was given meanwhile is an earlier one.
    now = now or timezone.now()
    require(by, "tickets.reply", conversation)
    require_owner(conversation, by)
    waiting = HarassmentCase.objects.to_confirm().filter(conversation=conversation).first()
    if waiting is not None and grade == Grade.END:
        return Marked(waiting, made=False)
    warned = last_warning(member.pk, now)
    _require_grade(warned, grade, ground)
    case = HarassmentCase.objects.create(
        member=member,
        conversation=conversation,
        grade=grade,
        ground=ground,
        quoted_seqs=_require_quotes(
            conversation,
            quotes,
            needed=grade > Grade.CALM,
            after=warned.at if rules.follows_a_warning(grade, ground) else None,
        ),
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
def dismiss_case(
    case: HarassmentCase, *, reason: str, by: User, now: datetime | None = None
) -> HarassmentCase:
    """Say as a second person that it was none; a warning is taken back and counts no more.

    Raises ``forbidden``, ``conflict.own_case``, ``harassment.same_person``, ``harassment.decided``,
    ``reason.missing``.
    """
    why = reason_from(reason)
    hold_member(case.member_id)
    conversation = locked(Conversation(pk=case.conversation_id))
    case = require_undecided(case, conversation, by)
    now = now or timezone.now()
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
def take_rest(case: HarassmentCase, *, by: User, now: datetime | None = None) -> HarassmentCase:
    """Take the rest that is offered after a confirmed case: ``by``, who was harassed, goes on a break.

    A second call changes nothing. Raises ``not_found``, ``harassment.no_rest``.
    """
    if case.marked_by_id != by.pk:
        raise NotFound("not_found", _("No such thing, or it is not yours to see."))
    # Before the case, as whoever confirms it does: it may go on with the same person.
    hold_status(by)
    case = HarassmentCase.objects.select_for_update().get(pk=case.pk)
    now = now or timezone.now()
    if case.rest_taken_at is not None:
        return case
    if case.rest_until is None or case.rest_until <= now:
        raise DomainError("harassment.no_rest", _("No rest is offered at the moment."))
    case.rest_taken_at = now
    case.save(update_fields=["rest_taken_at"])
    record(case, "harassment.rest_taken", by=by, after={"until": case.rest_until}, at=now)
    set_presence(by, Presence.BREAK, by=by)
    return case


# --- Shared with blocks ---------------------------------------------------------------------------


def hold_member(member_id: int | None) -> Member:
    """Return the member, locked: warnings are counted, and limits written, by one at a time."""
    if member_id is None:
        raise DomainError("harassment.no_member", _("Nobody is signed in at the other end."))
    return Member.objects.select_for_update(no_key=True).get(pk=member_id)


def require_undecided(case: HarassmentCase, conversation: Conversation, by: User) -> HarassmentCase:
    """Return the case as it is now, locked, for ``by`` to decide: never one's own (``conflict.own_case``)."""
    require(by, "harassment.confirm", conversation)
    case = HarassmentCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
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


# --- Inside ---------------------------------------------------------------------------------------


def _require_grade(warned: Warned, grade: int, ground: str) -> None:
    possible = rules.open_grades(ground, warned.grade)
    if grade in possible:
        return
    names = ", ".join(f"H{one}" for one in sorted(possible))
    raise DomainError(
        "harassment.grade",
        _("After what has been said so far this can be: %(grades)s.") % {"grades": names},
        possible=sorted(possible),
    )


def _require_quotes(
    conversation: Conversation, quotes: Sequence[int], *, needed: bool, after: datetime | None
) -> list[int]:
    wanted = sorted(set(quotes))
    if (needed and not wanted) or len(wanted) > MOST_QUOTES:
        raise DomainError("harassment.no_quote", _("Choose the lines in which it happened."))
    said = list(
        Message.objects.filter(
            conversation=conversation, seq__in=wanted, author_kind=AuthorKind.MEMBER
        ).values_list("sent_at", flat=True)
    )
    if len(said) != len(wanted):
        raise DomainError("harassment.bad_quote", _("These are not lines of the customer."))
    if after is not None and any(at <= after for at in said):
        raise DomainError(
            "harassment.old_quote",
            _("Choose lines from after the last warning: what was said before it is warned of."),
        )
    return wanted
