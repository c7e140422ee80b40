"""What the desk shows at once: my work, my teams' queue, who is here; and the panel beside a talk."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Sum
from django.utils.translation import gettext as _

from accounts.contacts.queries import joined_members
from accounts.masks import shown_member
from accounts.models import Member, Tier, User
from accounts.standing.queries import standing_in_short
from apass.entitlements.offers import offers_card
from apass.membership.cards import care_of
from apass.queries import queue_priority
from common.calendars import day_start
from common.ids import public_key
from tickets.models import Conversation, Disposition, State
from tickets.queries.conversations import cards, greeting_word
from tickets.queries.harassment import latest_cases, rest_offer
from tickets.queries.parties import PARTY_COLUMNS, Parties
from trade.models import Order
from trade.queries import newest_orders_of, order_cards
from workforce.models import AgentStatus, Presence, PresenceReason, Team, TeamMembership
from workforce.queries import capacities, hours_facts, hours_of_teams, minutes_of
from workforce.rules import LINE_LOST, REASONS

MINE = 200
QUEUE = 100
PANEL_ORDERS = 10
PANEL_PAST = 20


def desk(user: User, now: datetime) -> dict[str, Any]:
    """Return the whole desk of ``user`` in a number of queries that does not grow with its rows.

    ``mine`` by longest wait, then those whose turn it is not ours; ``queue`` by turn, the first
    hundred. ``counts.queue`` counts them all.
    """
    teams = list(Team.objects.visible_to(user).filter(memberships__user=user, is_active=True))
    ids = [team.pk for team in teams]
    visible = Conversation.objects.for_work_of(user)
    mine = cards(
        visible.filter(owner=user, state=State.OPEN).order_by(
            F("waiting_since").asc(nulls_last=True), "-id"
        )[:MINE],
        user,
    )
    waiting = visible.filter(team_id__in=ids, state=State.WAITING)
    queue = cards(waiting.order_by("priority", "queued_at", "id")[:QUEUE], user)
    counts = Conversation.objects.filter(owner=user, state=State.OPEN).aggregate(
        mine=Count("pk"), unread=Sum("staff_unread", default=0)
    )
    counts["queue"] = len(queue) if len(queue) < QUEUE else waiting.count()
    # Of those that stayed with me; what I handed on counts for whoever has it now.
    taken = Conversation.objects.filter(owner=user, accepted_at__gte=day_start(now)).count()
    people = people_of(ids)
    minutes = minutes_of(user, day_start(now), now)
    status = AgentStatus.objects.filter(user=user).first() or AgentStatus(user=user)
    return {
        "me": {
            "id": user.public_key,
            "name": user.display_name,
            "presence": status.presence,
            "presence_label": status.get_presence_display(),
            "reason": status.reason,
            "reason_label": status.get_reason_display() if status.reason else "",
            "since": status.since,
            "level": status.level,
            "load": counts["mine"],
            "capacity": capacities(now).of(status.level, status.capacity),
            "taken_today": taken,
        },
        "mine": mine,
        "queue": queue,
        "counts": counts,
        "teams": [
            {"code": team.code, "name": team.name, "people": people.get(team.pk, [])}
            for team in teams
        ],
        "other_teams": list(
            Team.objects.reachable_by(user).exclude(pk__in=ids).values("code", "name")
        ),
        "presences": [
            {
                "code": code,
                "name": str(name),
                "minutes": minutes.get(code, 0),
                "reasons": [
                    {"code": why, "name": str(PresenceReason(why).label)}
                    for why in REASONS.get(code, ())
                    if why != LINE_LOST
                ],
            }
            for code, name in Presence.choices
        ],
        "dispositions": list(
            Disposition.objects.filter(is_active=True)
            .order_by("position", "code")
            .values("code", "name")
        ),
        "greeting_word": greeting_word(None),
        "rest_offer": rest_offer(user, now),
        "now": now,
    }


def panel(conversation: Conversation, user: User, now: datetime) -> dict[str, Any]:
    """Return who the requester is: masked facts, tier and why, newest orders, earlier conversations.

    Orders and conversations are those of all their members that are one contact, each marked with
    the number where it is another one.
    """
    member = conversation.member
    if member is None:
        return {"member": None, "offers": None, "orders": [], "past": [], "harassment": []}
    standing = _standing(member, now)
    # What somebody is elsewhere, and the rows of their scores, is not a partner's to know.
    outside = user.is_partner_agent
    others = {} if outside else {one.pk: one.member_no for one in joined_members(member)}
    return {
        "offers": offers_card(member, now) | {"may_give": user.can("entitlements.redeem")},
        "member": {
            "member_no": member.member_no,
            **shown_member(member, to=user),
            "can_reveal": user.can("personal_data.reveal"),
            "tier": member.tier,
            "tier_label": str(Tier(member.tier).label),
            "tier_why": "" if outside else standing["why"],
            "standing": None if outside else standing,
            "registered_at": member.registered_at,
            "real_name_verified": member.real_name_verified,
            "also": list(others.values()),
            "apass": None if outside else care_of(member, now),
        },
        "orders": _orders(conversation, member, others, user),
        "past": _past(conversation, member, others, user),
        "harassment": latest_cases(member.pk, user),
    }


def team_cards(user: User, now: datetime) -> list[dict[str, Any]]:
    """Return the teams ``user`` can hand to, by code: which are theirs, and when they are open."""
    mine = {membership.team_id for membership in user.memberships.all()}
    teams = list(Team.objects.reachable_by(user).order_by("code"))
    hours = hours_of_teams(teams)
    return [
        {
            "code": team.code,
            "name": team.name,
            "is_mine": team.pk in mine,
            "hours": hours_facts(hours[team.pk], now),
        }
        for team in teams
    ]


def team_card(user: User, code: str, now: datetime) -> dict[str, Any] | None:
    """Return one team that ``user`` can hand to, with its hours and people; None when there is none."""
    team = Team.objects.reachable_by(user).filter(code=code).first()
    if team is None:
        return None
    is_mine = user.memberships.filter(team=team).exists()
    # Who works in our teams is not a partner's to know.
    is_shown = not user.is_partner_agent or team.partner_id is not None
    return {
        "code": team.code,
        "name": team.name,
        "is_mine": is_mine,
        "hours": hours_facts(hours_of_teams([team])[team.pk], now),
        "people": people_of([team.pk]).get(team.pk, []) if is_shown else [],
    }


def _orders(
    conversation: Conversation, member: Member, others: dict[int, str], user: User
) -> list[dict[str, Any]]:
    """Return the person's newest orders; to a partner the one order that it is about."""
    if user.is_partner_agent:
        about = Order.objects.filter(pk__in=filter(None, [conversation.order_id]))
        return [card | {"account": None} for card in order_cards(about, user)]
    return [
        card | {"account": others.get(member_id)}
        for member_id, card in newest_orders_of([member.pk, *others], user, limit=PANEL_ORDERS)
    ]


def _past(
    conversation: Conversation, member: Member, others: dict[int, str], user: User
) -> list[dict[str, Any]]:
    rows = list(
        Conversation.objects.for_work_of(user)
        .filter(member__in=[member.pk, *others])
        .exclude(pk=conversation.pk)
        .order_by("-id")
        .values(
            "id", "conversation_no", "subject", "state", "opened_at", "disposition__name",
            "member_id", *PARTY_COLUMNS,
        )[:PANEL_PAST]
    )  # fmt: skip
    subjects = Parties(user).readable([(row, row["subject"]) for row in rows])
    return [
        {
            "id": public_key("cnv", row["id"]),
            "conversation_no": row["conversation_no"],
            "subject": subject,
            "state": row["state"],
            "opened_at": row["opened_at"],
            "disposition": row["disposition__name"],
            "account": others.get(row["member_id"]),
        }
        for row, subject in zip(rows, subjects, strict=True)
    ]


def _standing(member: Member, now: datetime) -> dict[str, Any]:
    """Say where the member stands, and what the tier gives them in the queue."""
    place = _("Served at priority %(priority)s; 1 comes first.") % {
        "priority": queue_priority(member, now)
    }
    short = standing_in_short(member, now)
    return short | {"why": f"{short['why']} {place}"}


def people_of(team_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the teams' people with presence and load, those who take chats first."""
    rows = list(
        TeamMembership.objects.filter(team_id__in=team_ids, user__is_active=True)
        .order_by("user__display_name")
        .values(
            "team_id",
            "is_lead",
            "user_id",
            "user__public_id",
            "user__display_name",
            "user__agent_status__presence",
            "user__agent_status__level",
            "user__agent_status__capacity",
        )
    )
    # Counted apart: joined to the people it would read everything they ever owned.
    load = dict(
        Conversation.objects.filter(state=State.OPEN, owner_id__in={row["user_id"] for row in rows})
        .values_list("owner_id")
        .annotate(load=Count("pk"))
    )
    people: dict[int, list[dict[str, Any]]] = {}
    numbers = capacities()
    for row in rows:
        people.setdefault(row["team_id"], []).append(
            {
                "id": public_key("usr", row["user__public_id"]),
                "name": row["user__display_name"],
                "is_lead": row["is_lead"],
                "presence": row["user__agent_status__presence"] or Presence.OFFLINE.value,
                "load": load.get(row["user_id"], 0),
                "capacity": numbers.of(
                    row["user__agent_status__level"], row["user__agent_status__capacity"]
                )
                if row["user__agent_status__level"]
                else 0,
            }
        )
    for team in people.values():
        team.sort(key=lambda one: one["presence"] != Presence.ONLINE)
    return people
