"""Teams, partners, skills, presence, hours, and how far people may decide."""

from workforce.models.authority import (
    AgentLevel,
    AuthorityCap,
    AuthorityFactor,
    AuthorityKind,
    QualityMeasure,
)
from workforce.models.calendars import CalendarException, ExceptionKind, WorkCalendar, WorkInterval
from workforce.models.presence import (
    AgentLine,
    AgentStatus,
    Presence,
    PresenceReason,
    PresenceSpan,
)
from workforce.models.skills import AgentSkill, Skill, TeamSkill
from workforce.models.teams import Partner, PartnerStaff, Team, TeamMembership

__all__ = [
    "AgentLevel",
    "AgentLine",
    "AgentSkill",
    "AgentStatus",
    "AuthorityCap",
    "AuthorityFactor",
    "AuthorityKind",
    "CalendarException",
    "ExceptionKind",
    "Partner",
    "PartnerStaff",
    "Presence",
    "PresenceReason",
    "PresenceSpan",
    "QualityMeasure",
    "Skill",
    "Team",
    "TeamMembership",
    "TeamSkill",
    "WorkCalendar",
    "WorkInterval",
]
