"""Reads of teams, presence, hours, skills and limits."""

from workforce.queries.authority import factor_of, level_of, limit_of
from workforce.queries.calendars import hours_facts, hours_of, hours_of_teams, usual_week
from workforce.queries.presence import capacities, minutes_of
from workforce.queries.skills import is_skilled, teams_served_by

__all__ = [
    "capacities",
    "factor_of",
    "hours_facts",
    "hours_of",
    "hours_of_teams",
    "is_skilled",
    "level_of",
    "limit_of",
    "minutes_of",
    "teams_served_by",
    "usual_week",
]
