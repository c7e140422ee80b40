"""The life of a conversation: opened, noted, resolved, reopened, closed.

Who answers it is in :mod:`tickets.actions.ownership`.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.actions import user_topic
from accounts.actions.asking import refuse_own_case
from accounts.models import Member, User
from common.deadlines import drop_deadline, set_deadline
from common.errors import Changed, DomainError, Forbidden
from common.history import record
from common.parameters import value
from common.push import push
from common.text import clean
from merchants.models import Shop
from tickets import rules
from tickets.actions.limits import may_keep, require_way_in, restricted_team
from tickets.actions.partners import tell_it_left
from tickets.actions.posting import Posted, post_message
from tickets.actions.routing import route, tell_manager
from tickets.models import (
    AuthorKind,
    Conversation,
    Disposition,
    Medium,
    MessageKind,
    Note,
    State,
)
from tickets.queries.harassment import limits_in_force
from tickets.rules.harassment import Limits
from tickets.webhooks import tell, tell_reopened
from trade.models import Order
from workforce.actions import hold_status
from workforce.models import Team, TeamMembership

CLOSE = "conversation.close"
"""The deadline at which a resolved conversation can no longer be reopened."""

AWAY = "conversation.away"
"""The deadline at which a resolved conversation's last words should have been read."""

SUBJECT_CHARACTERS = 120
NOTE_CHARACTERS = 2000


@dataclass(frozen=True)
class Opened:
    """A conversation that is live; ``made`` is False when it was live before."""

    conversation: Conversation
    made: bool
    posted: Posted


@transaction.atomic
def open_conversation(
    member: Member,
    *,
    medium: str,
    body: str,
    by: User,
    order: Order | None = None,
    shop: Shop | None = None,
    subject: str = "",
    team: Team | None = None,
    client_id: uuid.UUID | None = None,
    kind: str = MessageKind.TEXT,
    payload: dict[str, Any] | None = None,
    written: bool = False,
) -> Opened:
    """Put ``member``'s first message into a queue.

    The one live conversation of the same member, order and shop gets the message instead of a
    second one being made. The queue is ``team``'s, else by how the member is served
    (:mod:`tickets.actions.routing`). Whose contact is limited gets the restricted team, whatever ``team`` says,
    and under a block that closes new chats only a ``written`` complaint is taken. ``by`` is the
    member. Raises ``forbidden``, ``conversation.bad_medium``, ``order.unknown``, ``team.none``,
    ``contact.blocked``, ``contact.one_written`` and what ``post_message`` raises.
    """
    # One opening per member at a time: the second of two taps finds what the first one made.
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.user_id != by.pk or not by.is_active:
        raise Forbidden()
    if medium not in Medium.values:
        raise DomainError("conversation.bad_medium", _("There is no such way to reach us."))
    if order is not None:
        if order.member_id != member.pk:
            raise DomainError("order.unknown", _("This customer has no such order."))
        shop = order.shop
    conversation = (
        Conversation.objects.filter(member=member, order=order, shop=shop, state__in=rules.LIVE)
        .order_by("-id")
        .first()
    )
    made = conversation is None
    if conversation is None:
        limits = limits_in_force(member.pk, timezone.now())
        require_way_in(member, limits, written=written)
        conversation = _queue_new(
            member, medium, subject or _about(order, body), order, shop, team, limits
        )
    posted = post_message(
        conversation,
        by=by,
        author_kind=AuthorKind.MEMBER,
        kind=kind,
        body=body,
        payload=payload,
        client_id=client_id,
    )
    if made:
        record(
            conversation,
            "conversation.opened",
            by=by,
            after={
                "medium": medium,
                "team": conversation.team_id,
                "priority": conversation.priority,
                "order": order.order_no if order else None,
                "shop": shop.shop_no if shop else None,
            },
        )
        push(conversation.team.topic, "conversation.queued", conversation=conversation.public_key)
        tell(conversation, "conversation.opened")
    conversation.refresh_from_db()
    return Opened(conversation, made, posted)


@transaction.atomic
def add_note(conversation: Conversation, *, body: str, by: User) -> Note:
    """Write ``body`` for colleagues; the requester never sees it. Raises ``forbidden``, ``text.*``."""
    conversation = locked(conversation)
    require(by, "tickets.note", conversation)
    text = clean(body, max_chars=NOTE_CHARACTERS)
    return write_note(conversation, text, by=by)


@transaction.atomic
def resolve_conversation(
    conversation: Conversation, *, disposition: Disposition | str, by: User, note: str = ""
) -> Conversation:
    """Finish the conversation with what came of it; a new message within the window reopens it.

    ``disposition`` is a row or its code. Only the owner may, or who may reassign. A second call
    with the same disposition changes nothing. Raises ``forbidden``, ``not_owner``,
    ``conversation.not_open``, ``disposition.unknown``.
    """
    conversation = locked(conversation)
    require(
        by, "tickets.reassign" if not by.can("tickets.reply") else "tickets.reply", conversation
    )
    code = disposition.code if isinstance(disposition, Disposition) else disposition
    chosen = Disposition.objects.filter(code=code, is_active=True).first()
    if chosen is None:
        raise DomainError("disposition.unknown", _("Choose what came of it."))
    if conversation.state == State.RESOLVED and conversation.disposition_id == chosen.pk:
        return conversation
    require_state(conversation, "resolve")
    require_owner(conversation, by)
    if note.strip():
        write_note(conversation, clean(note, max_chars=NOTE_CHARACTERS), by=by)
    now, window = timezone.now(), value("chat.reopen_window")
    # The last word goes before the move: afterwards the conversation is done.
    say(
        conversation,
        _("Done for now. Write within %(days)s days and we go on from here."),
        days=max(window.days, 1),
    )
    Conversation.objects.filter(pk=conversation.pk).update(
        state=State.RESOLVED,
        disposition=chosen,
        resolved_at=now,
        waiting_since=None,
        staff_unread=0,
    )
    set_deadline(CLOSE, conversation, now + window, {"resolved_at": now.isoformat()})
    # The sweep for unread answers looks at open conversations alone.
    set_deadline(AWAY, conversation, now + value("chat.away_after", now))
    record(
        conversation,
        "conversation.resolved",
        by=by,
        before={"state": conversation.state},
        after={"state": State.RESOLVED, "disposition": chosen.code},
        reason=note.strip(),
    )
    announce(conversation, "conversation.resolved", people=[conversation.owner])
    tell(conversation, "conversation.resolved")
    conversation.refresh_from_db()
    return conversation


@transaction.atomic
def reopen_conversation(conversation: Conversation, *, reason: str, by: User) -> Conversation:
    """Take a resolved conversation up again: by an agent of the team for themselves, else its queue.

    While the member is limited it goes on in the restricted team, whoever takes it up.
    Raises ``forbidden``, ``conflict.own_case``, ``reason.missing``, ``conversation.not_resolved``.
    """
    if by.is_agent:
        # Whoever joins them with who asks waits, and then finds what they have taken up.
        hold_status(by)
    conversation = locked(conversation)
    refuse_own_case(conversation.member_id, by)
    if not by.can("tickets.reassign"):
        require(by, "tickets.reply", conversation)
    why = reason_from(reason)
    require_state(conversation, "reopen")
    now = timezone.now()
    is_limited = conversation.is_limited(now)
    to_me = by.is_agent and in_team(by, conversation.team_id)
    if is_limited:
        to_me = to_me and may_keep(by, conversation.member_id)
    changes: dict[str, Any] = {
        "state": State.OPEN if to_me else State.WAITING,
        "owner": by if to_me else None,
        "queued_at": None if to_me else now,
        "accepted_at": now if to_me else None,
    }
    if is_limited:
        tell_it_left(conversation.team)
        changes["team"] = conversation.team = restricted_team(now)
    Conversation.objects.filter(pk=conversation.pk).update(
        **changes,
        resolved_at=None,
        disposition=None,
        waiting_since=now,
        reopened_count=conversation.reopened_count + 1,
    )
    drop_deadline(CLOSE, conversation)
    record(
        conversation,
        "conversation.reopened",
        by=by,
        before={"state": conversation.state, "disposition": conversation.disposition_id},
        after={"state": changes["state"], "owner": changes["owner"]},
        reason=why,
    )
    say(conversation, _("We have taken this up again."))
    announce(conversation, "conversation.reopened", people=[changes["owner"]])
    tell_reopened(conversation.pk)
    if not to_me:
        push(conversation.team.topic, "conversation.queued", conversation=conversation.public_key)
    conversation.refresh_from_db()
    return conversation


@transaction.atomic
def close_resolved(conversation_id: uuid.UUID, *, resolved_at: datetime, now: datetime) -> bool:
    """Close what was resolved at ``resolved_at`` and not reopened since; False when it moved on.

    Raises ``OperationalError`` when somebody holds the conversation: waiting here would deadlock
    with whoever reopens it, who holds the conversation and wants our deadline.
    """
    still = Conversation.objects.filter(
        pk=conversation_id, state=State.RESOLVED, resolved_at=resolved_at
    )
    if still.select_for_update(no_key=True, nowait=True).first() is None:
        return False
    conversation = _with_people().get(pk=conversation_id)
    Conversation.objects.filter(pk=conversation.pk).update(state=State.CLOSED, closed_at=now)
    record(
        conversation,
        "conversation.closed",
        by=None,
        before={"state": State.RESOLVED},
        after={"state": State.CLOSED},
        at=now,
    )
    announce(conversation, "conversation.closed", people=[conversation.owner])
    tell(conversation, "conversation.closed")
    return True


# --- Shared by the verbs of this package ----------------------------------------------------------


def locked(conversation: Conversation) -> Conversation:
    """Return the row as it is now, locked until the transaction ends.

    Raises ``precondition.changed`` when the wish was made for another version of it.
    """
    # Locked alone: joined to its team, a row that changes team while we wait would vanish, because
    # PostgreSQL asks the join again with the new row and the old team.
    Conversation.objects.select_for_update(no_key=True).only("pk").get(pk=conversation.pk)
    row = _with_people().get(pk=conversation.pk)
    if conversation.seen_versions is not None and row.version not in conversation.seen_versions:
        raise Changed()
    return row


def _with_people() -> QuerySet[Conversation]:
    return Conversation.objects.select_related("team", "owner", "first_owner")


def in_team(user: User, team_id: int) -> bool:
    """Tell whether ``user`` belongs to the team."""
    return TeamMembership.objects.filter(user=user, team_id=team_id).exists()


def require(by: User, right: str, conversation: Conversation) -> None:
    """Refuse (``forbidden``) who lacks ``right`` or has nothing to do with the conversation's team.

    Its owner, its team and who may see everything have; who asked has not (``conflict.own_case``),
    whatever they are besides.
    """
    if not by.can(right):
        raise Forbidden()
    refuse_own_case(conversation.member_id, by)
    if not (
        by.pk in {conversation.owner_id, conversation.first_owner_id}
        or by.can("tickets.see_all")
        or in_team(by, conversation.team_id)
    ):
        raise Forbidden()


def require_state(conversation: Conversation, verb: str) -> None:
    """Refuse a verb that may not start from the present state, naming those that would do."""
    if rules.may(verb, conversation.state):
        return
    code = {"take_over": "not_open", "resolve": "not_open", "reopen": "not_resolved"}.get(
        verb, "not_live"
    )
    raise DomainError(
        f"conversation.{code}",
        _("This cannot be done now: the conversation is “%(state)s”.")
        % {"state": conversation.get_state_display()},
        state=conversation.state,
        possible=sorted(rules.MOVES[verb]),
    )


def require_owner(conversation: Conversation, by: User) -> None:
    """Refuse (``not_owner``) who neither owns the conversation nor may reassign."""
    if conversation.owner_id == by.pk or by.can("tickets.reassign"):
        return
    name = conversation.owner.display_name if conversation.owner else ""
    raise DomainError(
        "not_owner",
        _("%(name)s is answering this conversation. Take it over first.") % {"name": name},
        owner={"name": name},
    )


def reason_from(text: str) -> str:
    """Return the cleaned reason. Raises ``reason.missing``."""
    if not text.strip():
        raise DomainError("reason.missing", _("Write why."))
    return clean(text, max_chars=NOTE_CHARACTERS)


def say(conversation: Conversation, sentence: Any, **words: object) -> None:
    """Tell the requester in the house's language what has just changed."""
    with translation.override(settings.LANGUAGE_CODE):
        body = str(sentence) % words
    post_message(
        conversation, by=None, author_kind=AuthorKind.SYSTEM, kind=MessageKind.SYSTEM, body=body
    )


def announce(
    conversation: Conversation,
    event: str,
    *,
    people: list[User | None] | None = None,
    teams: list[Team] | None = None,
) -> None:
    """Push ``event`` to both sides, the conversation's team, further ``teams`` and ``people``."""
    key = conversation.public_key
    topics = [conversation.topic, conversation.team.topic]
    topics += [team.topic for team in teams or []]
    topics += [user_topic(person) for person in people or [] if person is not None]
    for topic in dict.fromkeys(topics):
        push(topic, event, conversation=key)


def write_note(conversation: Conversation, text: str, *, by: User) -> Note:
    """Store a note with its history line and tell the colleagues who look at the conversation."""
    note = Note.objects.create(
        conversation=conversation,
        after_seq=conversation.last_seq,
        author=by,
        body=text,
        written_at=timezone.now(),
    )
    record(conversation, "note.added", by=by, after={"note": note.pk})
    push(
        conversation.notes_topic,
        "note.added",
        conversation=conversation.public_key,
        note=note.public_key,
    )
    return note


def _queue_new(
    member: Member,
    medium: str,
    subject: str,
    order: Order | None,
    shop: Shop | None,
    team: Team | None,
    limits: Limits | None,
) -> Conversation:
    now = timezone.now()
    way = route(member, team, is_limited=limits is not None, now=now)
    conversation = Conversation.objects.create(
        member=member,
        medium=medium,
        order=order,
        shop=shop,
        team=way.team,
        subject=clean(subject, max_chars=SUBJECT_CHARACTERS, single_line=True, required=False),
        priority=way.priority,
        state=State.WAITING,
        opened_at=now,
        queued_at=now,
        waiting_since=now,
        limited_until=limits.until if limits else None,
        limited_to_text=bool(limits and limits.text_only),
        limited_slow_seconds=limits.slow_seconds if limits else 0,
    )
    tell_manager(conversation, way.manager, now=now)
    return conversation


def _about(order: Order | None, body: str) -> str:
    """Return what the conversation is about when the member did not say: the product, or their words."""
    if order is not None and order.product:
        return order.product[:SUBJECT_CHARACTERS]
    return " ".join(body[:200].split())[:40]
