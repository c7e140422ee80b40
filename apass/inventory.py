"""The columns of apass: which are personal, and what becomes of them."""

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
    plain="id rollout from_stage to_stage state proposed_at decided_at",
    proposed_by=personal("account", "two people decide", mask="name", erasure="kept nameless"),
    decided_by=personal("account", "two people decide", mask="name", erasure="kept nameless"),
    reason=personal("text", "why", mask="text", erasure="kept"),
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
