"""The columns of teams and shifts: which are personal, and what becomes of them."""

from common.inventory import table

OWNER = "operations, people"

# Members are never in a team: these are people of the house, at work.
table(
    "workforce.AgentStatus",
    owner=OWNER,
    purpose="Who takes chats now.",
    kept="as long as the account",
    plain="user presence since capacity",
)
table(
    "workforce.Team",
    owner=OWNER,
    purpose="Teams and their queues.",
    kept="for good",
    plain="id code name is_default is_active",
)
table(
    "workforce.TeamMembership",
    owner=OWNER,
    purpose="Who works in which team.",
    kept="as long as the account",
    plain="id team user is_lead",
)
