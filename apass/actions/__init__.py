from apass.actions.cohorts import add_to_cohort, open_cohort, remove_from_cohort
from apass.actions.promises import decline, give_promise, take_part_again
from apass.actions.rollouts import (
    approve_stage,
    evaluate_guardrails,
    finish,
    hold,
    propose_stage,
    reject_stage,
    release_holdout,
    resume,
    roll_back,
)
from apass.actions.stages import (
    add_guardrail,
    add_stage,
    count_stages,
    drop_guardrail,
    drop_stage,
    open_rollout,
)

__all__ = [
    "add_guardrail",
    "add_stage",
    "add_to_cohort",
    "approve_stage",
    "count_stages",
    "decline",
    "drop_guardrail",
    "drop_stage",
    "evaluate_guardrails",
    "finish",
    "give_promise",
    "hold",
    "open_cohort",
    "open_rollout",
    "propose_stage",
    "reject_stage",
    "release_holdout",
    "remove_from_cohort",
    "resume",
    "roll_back",
    "take_part_again",
]
