from apass.models.rollouts import (
    Cohort,
    CohortMember,
    Exposure,
    Guardrail,
    MetricSnapshot,
    Rollout,
    RolloutDecline,
    RolloutPromise,
    RolloutStage,
    StageChange,
)

__all__ = [
    "Cohort",
    "CohortMember",
    "Exposure",
    "Guardrail",
    "MetricSnapshot",
    "Rollout",
    "RolloutDecline",
    "RolloutPromise",
    "RolloutStage",
    "StageChange",
]
