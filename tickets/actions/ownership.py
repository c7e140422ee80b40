"""Who answers a conversation: accepted, handed on, taken over.

Locks are taken in one order: the agent's status, then the conversation.
"""

import uuid
from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify
from accounts.actions.asking import is_own_case, refuse_own_case
from accounts.masks import names_of, shown_texts
from accounts.models import User, own_members
from common.errors import DomainError, Forbidden
from common.history import record
from common.push import push
from common.text import clean
from tickets.actions.conversations import (
    NOTE_CHARACTERS,
    announce,
    in_team,
    locked,
    require,
    require_owner,
    require_state,
    say,
    write_note,
)
from tickets.actions.limits import may_keep, restricted_team
from tickets.actions.partners import tell_it_left
from tickets.models import Conversation, State, WhyReturned
from tickets.webhooks import tell
from workforce.actions import hold_status
from workforce.models import AgentStatus, Presence, Team, TeamMembership
from workforce.queries import capacities, is_skilled, teams_served_by


@transaction.atomic
def accept_conversation(conversation: Conversation, *, by: User) -> Conversation:
    """Make ``by`` the owner of a waiting conversation; of many who try, exactly one wins.

    The owner's second call changes nothing. Raises ``forbidden`` (no right, not of the team),
    ``conflict.own_case`` (``by`` is who asks), ``presence.not_online``,
    ``conversation.at_capacity`` (load, capacity), ``conversation.taken`` (owner),
    ``conversation.not_live``, ``conversation.skill_missing``.
    """
    _require_taker(by)
    rows = Conversation.objects.values_list("team_id", "member_id")
    team_id, member_id = rows.get(pk=conversation.pk)
    if not in_team(by, team_id):
        raise Forbidden(_("This conversation waits for another team."))
    refuse_own_case(member_id, by)
    if not is_skilled(by, team_id, timezone.now()):
        raise DomainError(
            "conversation.skill_missing", _("This queue asks for a skill you are not certified in.")
        )
    if Conversation.objects.owned_by(by).filter(pk=conversation.pk).exists():
        return _again(conversation.pk)
    _require_room(by)
    # Again, now that their status is held: they may have turned out to be who asks meanwhile.
    refuse_own_case(member_id, by)
    return _accept(conversation.pk, team_id, by)


@transaction.atomic
def accept_next(*, by: User) -> Conversation | None:
    """Accept whose turn it is in ``by``'s teams: priority, then longest wait. None when nobody waits.

    What ``by`` asks themselves waits for a colleague.
    Two agents at once get two conversations. Raises what :func:`accept_conversation` raises.
    """
    _require_taker(by)
    _require_room(by)
    teams = list(teams_served_by(by, timezone.now()).values_list("pk", flat=True))
    conversation = (
        Conversation.objects.waiting()
        .filter(team_id__in=teams)
        .exclude(member__in=own_members(by))
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .first()
    )
    return None if conversation is None else _accept(conversation.pk, conversation.team_id, by)


@transaction.atomic
def transfer_conversation(
    conversation: Conversation,
    *,
    note: str,
    by: User,
    team: Team | None = None,
    person: User | None = None,
) -> Conversation:
    """Hand the conversation with a note to ``person``, or into ``team``'s queue.

    A person must be an agent of ``team`` (left out: of the present team, else of their first),
    taking chats, and below their limit unless ``by`` may reassign. In a queue the requester keeps
    the time they have been waiting. Raises ``forbidden``, ``not_owner``, ``conversation.not_live``,
    ``transfer.no_target``, ``transfer.no_note``, ``transfer.same_owner``, ``transfer.same_team``,
    ``transfer.team_closed``, ``transfer.set_apart``, ``transfer.not_agent``, ``transfer.not_in_team``,
    ``transfer.not_online``, ``transfer.not_free`` (the person is who asks, or a partner's and the member
    is limited), ``transfer.at_capacity``,
    ``transfer.out_of_reach``.
    """
    if not note.strip():
        raise DomainError("transfer.no_note", _("Write a line for whoever takes it on."))
    text = clean(note, max_chars=NOTE_CHARACTERS)
    if person is not None:
        status = hold_status(person)
    conversation = locked(conversation)
    require(
        by, "tickets.reassign" if not by.can("tickets.reply") else "tickets.reply", conversation
    )
    require_state(conversation, "transfer")
    if conversation.state == State.OPEN:
        require_owner(conversation, by)
    if person is not None:
        target = _team_for(person, team, conversation)
        if conversation.is_limited(timezone.now()):
            # Set apart it stays: what comes back from the person waits in no ordinary queue.
            target = conversation.team
        _require_within_reach(target, by, person)
        _require_receiver(conversation, person, status, by)
    elif team is not None:
        target = team
        _require_within_reach(target, by)
        _require_queue(conversation, team)
    else:
        raise DomainError("transfer.no_target", _("Choose a team or a person."))
    return _hand_on(conversation, target, person, text, by)


@transaction.atomic
def take_over_conversation(
    conversation: Conversation, *, by: User, reason: str = ""
) -> Conversation:
    """Make ``by``, of the same team, the owner in a colleague's place; the colleague is told.

    The owner's own call changes nothing. Raises ``forbidden``, ``conversation.not_open``.
    """
    # Whoever joins them with who asks waits, and then finds what they have taken.
    hold_status(by)
    conversation = locked(conversation)
    require(by, "tickets.reply", conversation)
    if not in_team(by, conversation.team_id):
        raise Forbidden()
    require_state(conversation, "take_over")
    if conversation.owner_id == by.pk:
        return conversation
    former = conversation.owner
    Conversation.objects.filter(pk=conversation.pk).update(owner=by)
    record(
        conversation,
        "conversation.taken_over",
        by=by,
        before={"owner": former},
        after={"owner": by},
        reason=clean(reason, max_chars=NOTE_CHARACTERS, required=False),
    )
    say(conversation, _("%(name)s goes on from here and has read the chat."), name=by.display_name)
    announce(conversation, "conversation.taken_over", people=[former, by])
    tell(conversation, "conversation.taken_over")
    return _again(conversation.pk)


@transaction.atomic
def return_conversation(
    conversation: Conversation, *, former: User, why: str = WhyReturned.LEFT_THE_DESK
) -> bool:
    """Put back into its queue what ``former`` can answer no more; False when it has moved on.

    The requester keeps the time they have been waiting and is told.
    """
    conversation = locked(conversation)
    if conversation.state != State.OPEN or conversation.owner_id != former.pk:
        return False
    now = timezone.now()
    Conversation.objects.filter(pk=conversation.pk).update(
        state=State.WAITING,
        owner=None,
        queued_at=conversation.waiting_since or now,
        accepted_at=None,
    )
    record(
        conversation,
        "conversation.returned",
        by=None,
        before={"state": State.OPEN, "owner": former},
        after={"state": State.WAITING, "owner": None, "why": why},
    )
    team = conversation.team
    say(conversation, _("You are now with %(team)s; what you wrote went along."), team=team.name)
    push(team.topic, "conversation.queued", conversation=conversation.public_key)
    announce(conversation, "conversation.returned", teams=[team], people=[former])
    tell(conversation, "conversation.returned")
    return True


def return_own_cases(users: Iterable[User]) -> int:
    """Put back what people answer and, as it turned out, asked themselves; return how many.

    What they take at this very moment is waited for; what they take later sees who they are.
    """
    users = sorted(users, key=lambda user: user.pk)
    # All of them before any conversation: the order of this module.
    for user in users:
        if user.is_agent:
            hold_status(user)
    return sum(
        return_conversation(conversation, former=user, why=WhyReturned.OWN_CASE)
        for user in users
        for conversation in Conversation.objects.owned_by(user).filter(member__in=own_members(user))
    )


def _accept(key: uuid.UUID, team_id: int, by: User) -> Conversation:
    now = timezone.now()
    # Columns of the row alone, no joins: PostgreSQL asks again after waiting for another's update.
    free = Conversation.objects.filter(pk=key, state=State.WAITING, owner=None, team_id=team_id)
    won = free.update(
        state=State.OPEN,
        owner=by,
        first_owner=Coalesce(F("first_owner_id"), by.pk),
        queued_at=None,
        accepted_at=now,
    )
    conversation = _again(key)
    if not won:
        _refuse_acceptance(conversation)
    record(
        conversation,
        "conversation.accepted",
        by=by,
        before={"state": State.WAITING},
        after={"state": State.OPEN, "owner": by},
        at=now,
    )
    say(conversation, _("%(name)s is here and has read the chat."), name=by.display_name)
    announce(conversation, "conversation.accepted", people=[by])
    tell(conversation, "conversation.accepted")
    conversation.refresh_from_db()
    return conversation


def _refuse_acceptance(conversation: Conversation) -> NoReturn:
    if conversation.state == State.OPEN and conversation.owner is not None:
        name = conversation.owner.display_name
        raise DomainError(
            "conversation.taken", _("%(name)s has taken it.") % {"name": name}, owner={"name": name}
        )
    require_state(conversation, "accept")
    raise Forbidden(_("This conversation waits for another team."))


def _hand_on(
    conversation: Conversation, team: Team, person: User | None, note: str, by: User
) -> Conversation:
    now = timezone.now()
    former, old_team = conversation.owner, conversation.team
    changes: dict[str, Any] = {"team": team, "owner": person}
    if person is not None:
        changes |= {"state": State.OPEN, "queued_at": None, "accepted_at": now}
        changes |= {"first_owner": conversation.first_owner or person}
    else:
        # Who has been waiting for an answer does not start again at the end.
        since = conversation.queued_at or conversation.waiting_since or now
        changes |= {"state": State.WAITING, "queued_at": since, "accepted_at": None}
    write_note(conversation, note, by=by)
    Conversation.objects.filter(pk=conversation.pk).update(**changes)
    record(
        conversation,
        "conversation.transferred",
        by=by,
        before={"state": conversation.state, "owner": former, "team": old_team},
        after={"state": changes["state"], "owner": person, "team": team},
        reason=note,
    )
    if person is not None:
        say(
            conversation,
            _("You are now with %(name)s, who has read the chat."),
            name=person.display_name,
        )
    else:
        say(
            conversation, _("You are now with %(team)s; what you wrote went along."), team=team.name
        )
        push(team.topic, "conversation.queued", conversation=conversation.public_key)
    announce(conversation, "conversation.transferred", teams=[team], people=[former, person])
    if team != old_team:
        tell_it_left(old_team)
    tell(conversation, "conversation.transferred")
    if person is not None and person != by:
        names = names_of(conversation.member)
        (told,) = shown_texts([note], is_party=not person.is_partner_agent, names=names)
        notify(
            person,
            "conversation.assigned",
            title=_("%(name)s hands a conversation to you"),
            body=told,
            words={"name": by.display_name},
            url=f"{reverse('desk')}?c={conversation.public_key}",
            subject=conversation,
            dedupe=now.isoformat(),
            now=now,
        )
    return _again(conversation.pk)


def _require_taker(by: User) -> None:
    if not (by.can("tickets.accept") and by.is_agent):
        raise Forbidden()


def _require_room(by: User) -> None:
    status = hold_status(by)
    if status.presence != Presence.ONLINE:
        raise DomainError(
            "presence.not_online", _("Switch to taking chats first."), presence=status.presence
        )
    load = Conversation.objects.owned_by(by).count()
    capacity = capacities().of(status.level, status.capacity)
    if load >= capacity:
        raise DomainError(
            "conversation.at_capacity",
            _("You are answering %(load)s of %(capacity)s. Finish one first.")
            % {"load": load, "capacity": capacity},
            load=load,
            capacity=capacity,
        )


def _team_for(person: User, team: Team | None, conversation: Conversation) -> Team:
    if not person.is_agent or not person.is_active:
        raise DomainError("transfer.not_agent", _("Only people at the desk can take it on."))
    memberships = TeamMembership.objects.filter(user=person, team__is_active=True)
    if team is not None:
        memberships = memberships.filter(team=team)
    by_id = {m.team_id: m.team for m in memberships.select_related("team").order_by("team__code")}
    if not by_id:
        raise DomainError("transfer.not_in_team", _("This person is not in that team."))
    return by_id.get(conversation.team_id) or next(iter(by_id.values()))


def _require_within_reach(team: Team, by: User, person: User | None = None) -> None:
    """A partner hands on within its own teams, or back to ours, where it names nobody."""
    if not by.is_partner_agent:
        return
    teams = Team.objects.of_partner_of(by) if person else Team.objects.reachable_by(by)
    if not teams.filter(pk=team.pk).exists():
        raise DomainError(
            "transfer.out_of_reach", _("Hand it on within your teams, or back to the house.")
        )


def _require_receiver(
    conversation: Conversation, person: User, status: AgentStatus, by: User
) -> None:
    name = {"name": person.display_name}
    is_limited = conversation.is_limited(timezone.now())
    if is_own_case(conversation.member_id, person) or (
        is_limited and not may_keep(person, conversation.member_id)
    ):
        # No word of whose case it is: who hands it on need not learn that their colleague buys here.
        raise DomainError("transfer.not_free", _("%(name)s cannot take this one.") % name)
    if conversation.owner_id == person.pk:
        raise DomainError("transfer.same_owner", _("%(name)s has it already.") % name)
    if status.presence != Presence.ONLINE:
        raise DomainError(
            "transfer.not_online", _("%(name)s is not taking chats now.") % name, owner=name
        )
    if by.can("tickets.reassign"):
        return
    if Conversation.objects.owned_by(person).count() >= capacities().of(
        status.level, status.capacity
    ):
        raise DomainError(
            "transfer.at_capacity", _("%(name)s cannot take another one now.") % name, owner=name
        )


def _require_queue(conversation: Conversation, team: Team) -> None:
    if not team.is_active:
        raise DomainError("transfer.team_closed", _("This team takes no conversations."))
    if conversation.state == State.WAITING and conversation.team_id == team.pk:
        raise DomainError("transfer.same_team", _("It waits in this team's queue already."))
    now = timezone.now()
    if conversation.is_limited(now) and team != restricted_team(now):
        raise DomainError(
            "transfer.set_apart",
            _("This customer's contact is limited: hand it to a person, or to “%(team)s”.")
            % {"team": restricted_team(now).name},
        )


def _again(key: uuid.UUID) -> Conversation:
    return Conversation.objects.select_related("team", "owner").get(pk=key)
