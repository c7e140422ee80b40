"""What the desk shows at once: my work, my teams' queue, who is here; and the panel beside a talk."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Sum
from django.utils.translation import gettext as _

from accounts.masks import shown_member
from accounts.models import Member, Tier, User
from apass.membership.cards import care_of
from apass.queries import queue_priority
from common.calendars import day_start
from common.history import history_of
from common.ids import public_key
from tickets.models import Conversation, Disposition, State
from tickets.queries.conversations import cards, greeting_word
from tickets.queries.parties import PARTY_COLUMNS, Parties
from trade.queries import newest_orders_of
from workforce.models import AgentStatus, Presence, Team, TeamMembership

MINE = 200
QUEUE = 100
PANEL_ORDERS = 10
PANEL_PAST = 20


def desk(user: User, now: datetime) -> dict[str, Any]:
    """Return the whole desk of ``user`` in a number of queries that does not grow with its rows.

    ``mine`` by longest wait, then those whose turn it is not ours; ``queue`` by turn, the first
    hundred. ``counts.queue`` counts them all.
    """
    teams = list(Team.objects.filter(memberships__user=user, is_active=True))
    ids = [team.pk for team in teams]
    visible = Conversation.objects.visible_to(user)
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
    status = AgentStatus.objects.filter(user=user).first() or AgentStatus(user=user)
    return {
        "me": {
            "id": user.public_key,
            "name": user.display_name,
            "presence": status.presence,
            "presence_label": status.get_presence_display(),
            "since": status.since,
            "load": counts["mine"],
            "capacity": status.capacity,
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
            Team.objects.filter(is_active=True).exclude(pk__in=ids).values("code", "name")
        ),
        "presences": [{"code": code, "name": str(name)} for code, name in Presence.choices],
        "dispositions": list(
            Disposition.objects.filter(is_active=True)
            .order_by("position", "code")
            .values("code", "name")
        ),
        "greeting_word": greeting_word(None),
        "now": now,
    }


def panel(conversation: Conversation, user: User, now: datetime) -> dict[str, Any]:
    """Return who the requester is: masked facts, tier and why, newest orders, earlier conversations."""
    member = conversation.member
    if member is None:
        return {"member": None, "orders": [], "past": []}
    return {
        "member": {
            "member_no": member.member_no,
            **shown_member(member, to=user),
            "can_reveal": user.can("personal_data.reveal"),
            "tier": member.tier,
            "tier_label": str(Tier(member.tier).label),
            "tier_why": _tier_why(member, now),
            "registered_at": member.registered_at,
            "real_name_verified": member.real_name_verified,
            "apass": care_of(member, now),
        },
        "orders": newest_orders_of(member.pk, user, limit=PANEL_ORDERS),
        "past": _past(conversation, member, user),
    }


def team_cards(user: User) -> list[dict[str, Any]]:
    """Return the teams in use by code, and which of them are ``user``'s."""
    mine = {membership.team_id for membership in user.memberships.all()}
    return [
        {"code": team.code, "name": team.name, "is_mine": team.pk in mine}
        for team in Team.objects.filter(is_active=True).order_by("code")
    ]


def _past(conversation: Conversation, member: Member, user: User) -> list[dict[str, Any]]:
    rows = list(
        Conversation.objects.visible_to(user)
        .filter(member=member)
        .exclude(pk=conversation.pk)
        .order_by("-id")
        .values(
            "id", "conversation_no", "subject", "state", "opened_at", "disposition__name",
            *PARTY_COLUMNS,
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
        }
        for row, subject in zip(rows, subjects, strict=True)
    ]


def _tier_why(member: Member, now: datetime) -> str:
    """Say why the member has the tier, and what it gives them in the queue."""
    set_by = history_of(member).filter(action="member.tier_set").first()
    place = _("Served at priority %(priority)s; 1 comes first.") % {
        "priority": queue_priority(member.tier, now)
    }
    return f"{set_by.reason} {place}".strip() if set_by else place


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
    for row in rows:
        people.setdefault(row["team_id"], []).append(
            {
                "id": public_key("usr", row["user__public_id"]),
                "name": row["user__display_name"],
                "is_lead": row["is_lead"],
                "presence": row["user__agent_status__presence"] or Presence.OFFLINE.value,
                "load": load.get(row["user_id"], 0),
                "capacity": row["user__agent_status__capacity"] or 0,
            }
        )
    for team in people.values():
        team.sort(key=lambda one: one["presence"] != Presence.ONLINE)
    return people
