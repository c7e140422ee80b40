"""The back office of teams, partners, skills, hours, presence and limits."""

from workforce.admin import calendars, partners, presence, quality, skills, teams

__all__ = ["calendars", "partners", "presence", "quality", "skills", "teams"]
