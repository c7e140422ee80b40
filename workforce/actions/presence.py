"""Who is at the desk, how many talks they carry, and whose line is lost."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_reason
from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.parameters import value
from common.push import push
from common.rights import require_right
from workforce import rules
from workforce.models import AgentLevel, AgentLine, AgentStatus, Presence, PresenceSpan

TAKING = (Presence.ONLINE, Presence.WRAP_UP)
"""How somebody stands who is set away when their line is lost."""

FORGOTTEN_AFTER = timedelta(days=1)


@transaction.atomic
def set_presence(
    user: User,
    presence: str,
    *,
    by: User | None,
    reason: str = "",
    why: str = "",
    now: datetime | None = None,
) -> AgentStatus:
    """Say whether ``user`` takes conversations; ``why`` is a code of ``rules.REASONS``.

    Raises ``forbidden`` (somebody else's presence), ``presence.unknown``,
    ``presence.reason_unknown``, ``presence.not_agent``.
    """
    if by != user:
        require_right(by, "tickets.reassign")
    if presence not in Presence.values:
        raise DomainError("presence.unknown", _("There is no such presence."))
    # That a line is lost is for the clock to say.
    if not rules.reason_fits(presence, why) or (why == rules.LINE_LOST and by is not None):
        raise DomainError("presence.reason_unknown", _("This reason does not go with it."))
    if not user.is_agent:
        raise DomainError("presence.not_agent", _("Only people at the desk have a presence."))
    status = hold_status(user)
    if (status.presence, status.reason) == (presence, why):
        return status
    return _stand(status, presence, why, by, reason, now or timezone.now())


@transaction.atomic
def set_level(user: User, level: int, *, by: User | None, reason: str) -> AgentStatus:
    """Put ``user`` on a level of 1 to 5 from now on; the same again changes nothing.

    Raises ``forbidden``, ``person.no_reason``, ``level.unknown``, ``presence.not_agent``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    if level not in rules.LEVELS:
        raise DomainError("level.unknown", _("Levels go from 1 to 5."))
    status = _locked(user)
    if status.level == level:
        return status
    now = timezone.now()
    if not AgentLevel.objects.filter(user=user).exists():
        # What they began with, so that the past can still be asked.
        AgentLevel.objects.create(user=user, level=status.level, began_at=user.date_joined)
    AgentLevel.objects.create(user=user, level=level, began_at=now)
    before, status.level = status.level, level
    status.save(update_fields=["level"])
    record(
        status,
        "agent.level_set",
        by=by,
        before={"level": before},
        after={"level": level},
        reason=reason,
    )
    return status


@transaction.atomic
def set_capacity(user: User, capacity: int | None, *, by: User | None, reason: str) -> AgentStatus:
    """Let ``user`` carry another number than their level's; None goes back to the level.

    Raises ``forbidden``, ``person.no_reason``, ``capacity.above_max``, ``presence.not_agent``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    most = value("agents.capacity_max")
    if capacity is not None and not 0 <= capacity <= most:
        raise DomainError(
            "capacity.above_max",
            _("Nobody carries more than %(most)s conversations at once.") % {"most": most},
        )
    status = _locked(user)
    if status.capacity == capacity:
        return status
    before, status.capacity = status.capacity, capacity
    status.save(update_fields=["capacity"])
    record(
        status,
        "agent.capacity_set",
        by=by,
        before={"capacity": before},
        after={"capacity": capacity},
        reason=reason,
    )
    return status


@transaction.atomic
def tell_lines(process: str, sockets: Mapping[int, int], *, now: datetime) -> None:
    """Say how many sockets of which agents ``process`` holds; zero: their last one here has closed.

    Who was set away because their line was lost, and comes back soon enough, takes chats again.
    """
    AgentLine.objects.bulk_create(
        [
            AgentLine(user_id=user, process=process, sockets=sockets[user], seen_at=now)
            for user in sorted(sockets)
        ],
        update_conflicts=True,
        unique_fields=["user", "process"],
        update_fields=["sockets", "seen_at"],
    )
    there = [user for user, count in sockets.items() if count]
    lost = AgentStatus.objects.select_for_update(of=("self",)).filter(
        user__in=there,
        presence=Presence.AWAY,
        reason=rules.LINE_LOST,
        since__gte=now - value("presence.back_within", now),
    )
    for status in lost.select_related("user").order_by("pk"):
        if status.user.is_agent and status.user.is_active:
            _stand(status, Presence.ONLINE, "", None, "", now)


def hold_status(user: User) -> AgentStatus:
    """Return how ``user`` stands, locked until the transaction ends: nothing becomes theirs meanwhile."""
    AgentStatus.objects.get_or_create(user=user)
    return AgentStatus.objects.select_for_update().get(user=user)


@transaction.atomic
def turn_away_lost(*, now: datetime) -> int:
    """Set away who takes chats and has had no line for too long; return how many. Again: nobody.

    Who never had a line, because they work through the API, is left alone.
    """
    long_ago = now - value("presence.away_after", now)
    lost = (
        AgentLine.objects.filter(user__agent_status__presence__in=TAKING)
        .values("user")
        .annotate(seen=Max("seen_at"))
        .filter(seen__lte=long_ago)
        .values_list("user", flat=True)
    )
    rows = AgentStatus.objects.select_for_update(of=("self",)).filter(
        user__in=list(lost), presence__in=TAKING, since__lte=long_ago
    )
    turned = 0
    for status in rows.select_related("user").order_by("pk"):
        _stand(status, Presence.AWAY, rules.LINE_LOST, None, "", now)
        turned += 1
    # The newest line of somebody who is away stays: it tells when they were last there.
    AgentLine.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).exclude(
        user__agent_status__presence__in=TAKING
    ).delete()
    return turned


def _stand(
    status: AgentStatus, presence: str, why: str, by: User | None, reason: str, now: datetime
) -> AgentStatus:
    """Write the new presence of a locked status, close the old span and open one."""
    before = {"presence": status.presence, "reason": status.reason}
    spans = PresenceSpan.objects.filter(user=status.user_id, ended_at=None)
    closed = spans.filter(began_at__lte=now).update(ended_at=now)
    if not closed and not spans.exists() and status.since < now:
        PresenceSpan.objects.create(
            user_id=status.user_id,
            presence=status.presence,
            reason=status.reason,
            began_at=status.since,
            ended_at=now,
        )
    status.presence, status.reason, status.since = presence, why, now
    status.save(update_fields=["presence", "reason", "since"])
    spans.delete()  # one that would begin after it ends: clocks of two machines
    PresenceSpan.objects.create(user_id=status.user_id, presence=presence, reason=why, began_at=now)
    record(
        status,
        "presence.set",
        by=by,
        before=before,
        after={"presence": presence, "reason": why},
        reason=reason,
    )
    for team in status.user.teams.all():
        push(team.topic, "presence.set", user=status.user.public_key)
    return status


def _locked(user: User) -> AgentStatus:
    if not user.is_agent:
        raise DomainError("presence.not_agent", _("Only people at the desk have a presence."))
    return hold_status(user)
