"""The columns of entitlements: which are personal, and what becomes of them."""

from common.inventory import personal, table

OWNER = "operations, members"
GOOD = "for good: what was promised can be asked at any past moment"
SEGMENT = "tiers bands guided registered_from registered_until"
LIFE = "as long as the member; kept nameless after erasure"
_whose = personal("identifier", "whose promise", mask="name", erasure="kept nameless")
_what_for = personal(
    "text", "which thing it was for", mask="text", copy="entitlements", erasure="emptied"
)
_why = personal("text", "why it was given", mask="text", erasure="emptied")
_by = personal("account", "who gave it", mask="name", erasure="kept nameless")

table(
    "apass.Entitlement",
    owner=OWNER,
    purpose="What may be promised.",
    kept=GOOD,
    plain="id code kind name_zh name_en promise_zh promise_en period quantity parameters is_live "
    "rollout_code effective_from effective_until",
)
table(
    "apass.EntitlementRule",
    owner=OWNER,
    purpose="Who has an entitlement.",
    kept=GOOD,
    plain=f"id code rank parameters effective_from effective_until {SEGMENT}",
)
table(
    "apass.ServicePackage",
    owner=OWNER,
    purpose="What a segment is served with.",
    kept=GOOD,
    plain="id code name_zh name_en rank first_reply next_reply complaint_resolution call_back "
    "queue_priority team_code persona budget_amount effective_from effective_until " + SEGMENT,
)
table(
    "apass.PackageItem",
    owner=OWNER,
    purpose="Entitlements of a package.",
    kept=GOOD,
    plain="id package code parameters",
)
table(
    "apass.Allowance",
    owner=OWNER,
    purpose="How often an entitlement was used.",
    kept=LIFE,
    plain="id code since until used",
    member=_whose,
)
table(
    "apass.Grant",
    owner=OWNER,
    purpose="Entitlements given to one member.",
    kept=LIFE,
    plain="id code since until ended_at parameters",
    member=_whose,
    by=_by,
    reason=_why,
)
table(
    "apass.Redemption",
    owner=OWNER,
    purpose="Uses of entitlements.",
    kept=LIFE,
    plain="id entitlement code allowance idempotency_key parameters source at",
    member=_whose,
    subject_key=_what_for,
    by=_by,
    reason=_why,
)
table(
    "apass.RedemptionRelease",
    owner=OWNER,
    purpose="Redemptions given back.",
    kept=LIFE,
    plain="redemption at",
    by=_by,
    reason=_why,
)
