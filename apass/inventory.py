"""The columns of apass: which are personal, and what becomes of them."""

from apass.membership import inventory as _membership  # noqa: F401
from common.inventory import personal, table

TESTBED = "operations, testbed"
SUBJECT = personal(
    "account",
    "whom it is open to; the number of a row, no name",
    mask="as it is",
    erasure="kept nameless",
)

table(
    "apass.Cohort",
    owner=TESTBED,
    purpose="Groups that services are tried on: a list or a rule.",
    kept="for good",
    plain="id code name subject_kind is_list tiers registered_from registered_until revision",
)
table(
    "apass.CohortMember",
    owner=TESTBED,
    purpose="Who is on the list of a cohort.",
    kept="as long as the cohort",
    plain="id cohort added_at",
    subject=SUBJECT,
)
table(
    "apass.Rollout",
    owner=TESTBED,
    purpose="What is opened step by step.",
    kept="for good",
    # The owner is a colleague, named in their work.
    plain="id code name kind subject_kind owner salt state reached holdout_share holdout_released_at "
    "stage_since stepped_back_at made_at revision",
)
table(
    "apass.RolloutStage",
    owner=TESTBED,
    purpose="To whom each step opens.",
    kept="for good",
    plain="id rollout position name kind cohort share tiers counted counted_at",
    subjects=SUBJECT,
)
table(
    "apass.StageChange",
    owner=TESTBED,
    purpose="Who proposed a step, who decided it.",
    kept="for good",
    # Why a step is taken is said of the service, not of anybody.
    plain="id rollout from_stage to_stage state proposed_at decided_at reason",
    proposed_by=personal("account", "two people decide", mask="name", erasure="kept nameless"),
    decided_by=personal("account", "two people decide", mask="name", erasure="kept nameless"),
)
table(
    "apass.MetricSnapshot",
    owner=TESTBED,
    purpose="Figures at the moment a step was proposed.",
    kept="for good",
    plain="id change metric arm size mean spread at",
)
table(
    "apass.Guardrail",
    owner=TESTBED,
    purpose="Figures at which a rollout steps back.",
    kept="for good",
    plain="id rollout metric direction threshold window smallest measured sample measured_at "
    "tripped_at",
)
table(
    "apass.Exposure",
    owner=TESTBED,
    purpose="Who has met a rollout first, on which side.",
    kept="as long as the rollout",
    plain="rollout arm stage at",
    subject=SUBJECT,
)
table(
    "apass.RolloutPromise",
    owner=TESTBED,
    purpose="What was promised while it was open to them.",
    kept="for good",
    plain="id rollout stage given_at until",
    subject=SUBJECT,
)
table(
    "apass.RolloutDecline",
    owner=TESTBED,
    purpose="Who does not want to try it.",
    kept="as long as the rollout",
    plain="id rollout at",
    subject=SUBJECT,
)

# --- entitlements ----------------------------------------------------------------------

OWNER = "operations, members"
GOOD = "for good: what was promised can be asked at any past moment"
SEGMENT = "tiers bands guided registered_from registered_until segment_code"
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
