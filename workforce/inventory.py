"""The columns of teams and shifts: which are personal, and what becomes of them."""

from common.inventory import table

OWNER = "operations, people"

# Members are never in a team: these are people of the house, at work.
table(
    "workforce.AgentLevel",
    owner=OWNER,
    purpose="Which level somebody had since when.",
    kept="as long as the account",
    plain="id user level began_at",
)
table(
    "workforce.AgentLine",
    owner=OWNER,
    purpose="Whose sockets are open in which process, to notice lost lines.",
    kept="one day after it was last seen",
    plain="id user process sockets seen_at",
)
table(
    "workforce.AgentSkill",
    owner=OWNER,
    purpose="What somebody is certified in.",
    kept="as long as the account",
    plain="id user skill level certified_until",
)
table(
    "workforce.AgentStatus",
    owner=OWNER,
    purpose="Who takes chats now, and how many.",
    kept="as long as the account",
    plain="user presence reason since level capacity",
)
table(
    "workforce.AuthorityCap",
    owner=OWNER,
    purpose="Bounds of what somebody may decide alone.",
    kept="as long as the account",
    plain="id user kind amount began_at",
)
table(
    "workforce.AuthorityFactor",
    owner=OWNER,
    purpose="What somebody's limits are multiplied with, by measured month.",
    kept="as long as the account",
    plain="id user month factor why began_at",
)
table(
    "workforce.CalendarException",
    owner=OWNER,
    purpose="One-off closures and openings.",
    kept="for good",
    plain="id calendar kind starts_at ends_at words",
)
table(
    "workforce.Partner",
    owner=OWNER,
    purpose="Service partners.",
    kept="for good",
    plain="id code name is_active",
)
table(
    "workforce.PartnerStaff",
    owner=OWNER,
    purpose="Who works for which partner.",
    kept="as long as the account",
    plain="user partner since",
)
table(
    "workforce.PresenceSpan",
    owner=OWNER,
    purpose="How long somebody stood how, at work.",
    kept="as long as the account",
    plain="id user presence reason began_at ended_at",
)
table(
    "workforce.QualityMeasure",
    owner=OWNER,
    purpose="Quality of somebody's work by month; their limits follow from it.",
    kept="as long as the account",
    plain="id user month csat_rate qa_score sample recorded_at",
)
table(
    "workforce.Skill",
    owner=OWNER,
    purpose="What one can be good at.",
    kept="for good",
    plain="id code name is_active",
)
table(
    "workforce.Team",
    owner=OWNER,
    purpose="Teams and their queues.",
    kept="for good",
    plain="id code name is_default is_active partner calendar",
)
table(
    "workforce.TeamMembership",
    owner=OWNER,
    purpose="Who works in which team.",
    kept="as long as the account",
    plain="id team user is_lead",
)
table(
    "workforce.TeamSkill",
    owner=OWNER,
    purpose="What teams ask of their people.",
    kept="for good",
    plain="id team skill minimum",
)
table(
    "workforce.WorkCalendar",
    owner=OWNER,
    purpose="Working hours of teams.",
    kept="for good",
    plain="id code name follows_holidays",
)
table(
    "workforce.WorkInterval",
    owner=OWNER,
    purpose="When a team is open on a kind of day.",
    kept="for good",
    plain="id calendar day opens closes",
)
