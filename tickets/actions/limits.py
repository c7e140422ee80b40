"""What a contact block does to a member's conversations: limits, and who takes them.

Locks are taken in one order: the member, then their conversations by id.
"""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actions import tell_rights_changed
from accounts.actions.asking import is_own_case
from accounts.models import Member, Role, User
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.push import push
from tickets import rules
from tickets.actions.partners import tell_it_left
from tickets.models import Conversation, State
from tickets.queries.harassment import limits_in_force
from tickets.rules.harassment import Limits
from workforce.models import Team, TeamMembership


def restricted_team(now: datetime) -> Team:
    """Return the team that takes conversations of limited members, by parameter ``harassment.team``.

    Until somebody has made it, it is made here, of those who lead the default team: a complaint that
    may not go into an ordinary queue must not be lost either.
    """
    code = value("harassment.team", now)
    team, made = Team.objects.get_or_create(code=code, defaults={"name": "书面处理组"})
    if made:
        record(team, "team.added", by=None, after={"code": code})
        leads = TeamMembership.objects.filter(
            team__is_default=True, is_lead=True, user__roles__contains=[Role.LEAD]
        )
        for lead in leads.select_related("user"):
            TeamMembership.objects.create(team=team, user=lead.user, is_lead=True)
            record(team, "team.joined", by=None, after={"user": lead.user_id, "lead": True})
            tell_rights_changed(lead.user)
    return team


def may_keep(person: User, member_id: int | None) -> bool:
    """Tell whether ``person`` may go on in writing with a member whose contact is limited.

    Of our own desk, not a partner's, and never who asks themselves.
    """
    return (
        person.is_active
        and person.is_agent
        and not person.is_partner_agent
        and not is_own_case(member_id, person)
    )


def require_way_in(member: Member, limits: Limits | None, *, written: bool) -> None:
    """Refuse a new conversation that the member's limits do not allow.

    Under limits that close new chats a ``written`` complaint is still taken, one at a time. Raises
    ``contact.blocked`` (until), ``contact.one_written`` (conversation).
    """
    if limits is None or not limits.no_new:
        return
    if not written:
        raise DomainError(
            "contact.blocked",
            _("New chats are closed to you for now. A written complaint is still taken."),
            until=limits.until.isoformat(),
        )
    running = Conversation.objects.filter(
        member=member, state__in=rules.LIVE, limited_until__isnull=False
    ).first()
    if running is not None:
        raise DomainError(
            "contact.one_written",
            _("We are already dealing with something you wrote. Please go on there."),
            conversation=running.public_key,
        )


def apply_limits(member: Member, now: datetime) -> Limits | None:
    """Write the member's limits at ``now`` onto their conversations, and return them.

    Whatever is live leaves the ordinary queues for the restricted team; an owner stays: the caller,
    who holds the member's row, puts back what its owner may not keep (:func:`may_keep`).
    """
    limits = limits_in_force(member.pk, now)
    talks = Conversation.objects.filter(member=member).exclude(state=State.CLOSED)
    # In the order in which the posting statement takes them.
    held = list(talks.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=held).update(
        limited_until=limits.until if limits else None,
        limited_to_text=bool(limits and limits.text_only),
        limited_slow_seconds=limits.slow_seconds if limits else 0,
    )
    if limits is not None:
        _move(Conversation.objects.filter(pk__in=held, state__in=rules.LIVE), now)
    return limits


def _move(talks: QuerySet[Conversation], now: datetime) -> None:
    team = restricted_team(now)
    moving = list(talks.exclude(team=team).select_related("team"))
    for talk in moving:
        Conversation.objects.filter(pk=talk.pk).update(team=team)
        record(
            talk, "conversation.set_apart", by=None,
            before={"team": talk.team_id}, after={"team": team.pk}, at=now,
        )  # fmt: skip
        push(talk.team.topic, "conversation.transferred", conversation=talk.public_key)
        event = "queued" if talk.state == State.WAITING else "transferred"
        push(team.topic, f"conversation.{event}", conversation=talk.public_key)
    for left in {talk.team for talk in moving}:
        tell_it_left(left)
