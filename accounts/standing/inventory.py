"""The columns of standing: which are personal, and what becomes of them."""

from common.inventory import personal, table

OWNER = "operations, members"
AS_MEMBER = "as long as the member; points say nothing once the member is nameless"

table(
    "accounts.Guide",
    owner=OWNER,
    purpose="New members who are led by the hand.",
    kept=AS_MEMBER,
    plain="member began_at ends_at completed first_order_no first_completed_at counted_at ended_at "
    "doubled_with doubled_by",
)
table(
    "accounts.MemberMark",
    owner=OWNER,
    purpose="Keyed digests of devices, addresses and payers, to see that two accounts are one person.",
    kept="as long as the member; deleted when they are made nameless",
    plain="id member kind seen_at",
    digest=personal(
        "id", "tells that two accounts share a thing", mask="never shown", erasure="deleted"
    ),
)
table(
    "accounts.MemberMonth",
    owner=OWNER,
    purpose="What the orders of a month came to, in points.",
    kept=AS_MEMBER,
    plain="member month orders clean_count spent value_points credit_points activity_points rules_version",
)
table(
    "accounts.MemberPeriod",
    owner=OWNER,
    purpose="Tier and credit band at any past moment.",
    kept=AS_MEMBER,
    plain="id member since until tier band rules_version why facts",
)
table(
    "accounts.MemberStanding",
    owner=OWNER,
    purpose="The three scores now.",
    kept=AS_MEMBER,
    plain="member value credit activity value_sum credit_sum activity_sum spent orders rules_version",
)
table(
    "accounts.PopulationDay",
    owner=OWNER,
    purpose="How all members are spread over tiers and scores, by day.",
    kept="for good",
    plain="on tiers bands histograms members",
)
table(
    "accounts.ScoreEntry",
    owner=OWNER,
    purpose="Rows of scores that are not orders.",
    kept=AS_MEMBER,
    plain="id member score points cause cause_key rules_version at expires_at about by",
    reason=personal("text", "why; masked when it is written", mask="text", erasure="kept"),
)
table(
    "accounts.Segment",
    owner=OWNER,
    purpose="Conditions on where members stand, under a name.",
    kept="for good",
    plain="id code name conditions made_by made_at",
)
table(
    "accounts.StandingRules",
    owner=OWNER,
    purpose="The numbers behind scores and tiers.",
    kept="for good",
    plain="version effective_on numbers reason made_by made_at published_at preview dropped_at",
)
table(
    "accounts.StandingRun",
    owner=OWNER,
    purpose="Runs over the orders.",
    kept="for good",
    plain="id kind at cursor settled_on rules_version downwards settled_upto finished_at members moved "
    "seconds",
)
table(
    "accounts.TierTitle",
    owner=OWNER,
    purpose="88VIP that was bought, APASS by invitation.",
    kept=AS_MEMBER,
    plain="id member tier since until ended_at source_key by",
    reason=personal("text", "why; masked when it is written", mask="text", erasure="kept"),
)
