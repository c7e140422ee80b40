"""The columns of the experience score: none is personal."""

from common.inventory import table

OWNER = "operations, merchants"
AS_LONG = "as long as experience.metric_days says"

table(
    "merchants.ExperienceCount",
    owner=OWNER,
    purpose="Days whose experience scores were counted.",
    kept="for good",
    plain="day counted_at metrics shops seconds",
)
table(
    "merchants.PeerMetric",
    owner=OWNER,
    purpose="Where the shops of a category stand in a metric on a day.",
    kept=AS_LONG,
    plain="id day category metric dimension is_lower_better least shops mean",
)
table(
    "merchants.ShopMetricDay",
    owner=OWNER,
    purpose="A shop's metrics on a day, and where it stands among its peers.",
    kept=AS_LONG,
    plain="id peers shop value sample worse level score_e5",
)
table(
    "merchants.ExperienceDay",
    owner=OWNER,
    purpose="A shop's experience score on a day.",
    kept="for good",
    plain="id day shop category preset metrics score",
)
table(
    "merchants.ExperienceWarning",
    owner=OWNER,
    purpose="Early warnings to shops.",
    kept="for good",
    plain="id shop metric colour day until value line at told_at",
)
