"""What changes those who serve."""

from workforce.actions.authority import (
    cap_authority,
    count_quality,
    record_quality,
)
from workforce.actions.calendars import (
    add_calendar,
    add_exception,
    set_hours,
    set_team_hours,
    withdraw_exception,
)
from workforce.actions.partners import (
    add_partner,
    close_partner,
    give_team,
    join_partner,
    leave_partner,
    reopen_partner,
)
from workforce.actions.presence import (
    hold_status,
    set_capacity,
    set_level,
    set_presence,
    tell_lines,
    turn_away_lost,
)
from workforce.actions.skills import drop_skill, give_skill, require_skill
from workforce.actions.teams import join_team, leave_team

__all__ = [
    "add_calendar",
    "add_exception",
    "add_partner",
    "cap_authority",
    "close_partner",
    "count_quality",
    "drop_skill",
    "give_skill",
    "give_team",
    "hold_status",
    "join_partner",
    "join_team",
    "leave_partner",
    "leave_team",
    "record_quality",
    "reopen_partner",
    "require_skill",
    "set_capacity",
    "set_hours",
    "set_level",
    "set_presence",
    "set_team_hours",
    "tell_lines",
    "turn_away_lost",
    "withdraw_exception",
]
