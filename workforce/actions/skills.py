"""What people can, and what teams ask for."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.asking import require_reason
from accounts.models import User
from common.errors import DomainError
from common.history import record
from common.rights import require_right
from workforce import rules
from workforce.models import AgentSkill, Skill, Team, TeamSkill


@transaction.atomic
def give_skill(
    user: User,
    skill: Skill,
    level: int,
    *,
    certified_until: date | None = None,
    by: User | None,
    reason: str,
) -> AgentSkill:
    """Say how good ``user`` is at ``skill``, and until when that is certified.

    Raises ``forbidden``, ``person.no_reason``, ``skill.bad_level``, ``skill.not_agent``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    _require_level(level)
    if not user.is_agent:
        raise DomainError("skill.not_agent", _("Only people at the desk have skills."))
    before = AgentSkill.objects.select_for_update().filter(user=user, skill=skill).first()
    row, _made = AgentSkill.objects.update_or_create(
        user=user, skill=skill, defaults={"level": level, "certified_until": certified_until}
    )
    record(
        skill,
        "skill.given",
        by=by,
        before={"level": before.level, "certified_until": before.certified_until}
        if before
        else None,
        after={"user": user.pk, "level": level, "certified_until": certified_until},
        reason=reason,
    )
    return row


@transaction.atomic
def drop_skill(user: User, skill: Skill, *, by: User | None, reason: str) -> bool:
    """Say that ``user`` has ``skill`` no more; False when they had not.

    Raises ``forbidden``, ``person.no_reason``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    gone, _rows = AgentSkill.objects.filter(user=user, skill=skill).delete()
    if gone:
        record(skill, "skill.dropped", by=by, before={"user": user.pk}, reason=reason)
    return bool(gone)


@transaction.atomic
def require_skill(
    team: Team, skill: Skill, minimum: int | None, *, by: User | None, reason: str
) -> None:
    """Have ``team`` ask for ``skill`` at a level at least; None asks for it no more.

    Raises ``forbidden``, ``person.no_reason``, ``skill.bad_level``, ``skill.closed``.
    """
    require_right(by, "people.manage")
    require_reason(reason)
    before = TeamSkill.objects.select_for_update().filter(team=team, skill=skill).first()
    if (before.minimum if before else None) == minimum:
        return
    if minimum is None:
        TeamSkill.objects.filter(team=team, skill=skill).delete()
    else:
        _require_level(minimum)
        if not skill.is_active:
            raise DomainError("skill.closed", _("This skill is not in use."))
        TeamSkill.objects.update_or_create(team=team, skill=skill, defaults={"minimum": minimum})
    record(
        team,
        "team.skill_set",
        by=by,
        before={"skill": skill.code, "minimum": before.minimum if before else None},
        after={"skill": skill.code, "minimum": minimum},
        reason=reason,
    )


def _require_level(level: int) -> None:
    if level not in rules.LEVELS:
        raise DomainError("skill.bad_level", _("Levels go from 1 to 5."))
