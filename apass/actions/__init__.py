"""Every write about tiers' promises."""

from apass.actions.candidates import look_for_candidates
from apass.actions.codes import give_friend_code, redeem_code, send_invitation
from apass.actions.cohorts import add_to_cohort, open_cohort, remove_from_cohort
from apass.actions.drafts import EntitlementDraft, PackageDraft, RuleDraft, SegmentDraft
from apass.actions.entitlements import (
    end_entitlement,
    end_package,
    end_rule,
    publish_entitlement,
    publish_package,
    publish_rule,
    refusal_to_publish,
)
from apass.actions.guardrails import (
    conclude_guardrails,
    evaluate_guardrails,
    measure_guardrails,
)
from apass.actions.looking_after import assign_manager
from apass.actions.membership import (
    accept_invitation,
    advance,
    approve,
    decline_invitation,
    end_for_erasure,
    invite,
    let_lapse,
    propose,
    reject,
    renew,
)
from apass.actions.promises import (
    decline,
    decline_for,
    give_promise,
    take_part_again,
    take_part_for,
)
from apass.actions.redemptions import (
    end_grant,
    give_grant,
    redeem,
    release,
)
from apass.actions.rollouts import (
    approve_stage,
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
    pilots_changed,
)
from apass.actions.tier_news import tell_tier_moves

__all__ = [
    "EntitlementDraft",
    "PackageDraft",
    "RuleDraft",
    "SegmentDraft",
    "accept_invitation",
    "add_guardrail",
    "add_stage",
    "add_to_cohort",
    "advance",
    "approve",
    "approve_stage",
    "assign_manager",
    "conclude_guardrails",
    "count_stages",
    "decline",
    "decline_for",
    "decline_invitation",
    "drop_guardrail",
    "drop_stage",
    "end_entitlement",
    "end_for_erasure",
    "end_grant",
    "end_package",
    "end_rule",
    "evaluate_guardrails",
    "finish",
    "give_friend_code",
    "give_grant",
    "give_promise",
    "hold",
    "invite",
    "let_lapse",
    "look_for_candidates",
    "measure_guardrails",
    "open_cohort",
    "open_rollout",
    "pilots_changed",
    "propose",
    "propose_stage",
    "publish_entitlement",
    "publish_package",
    "publish_rule",
    "redeem",
    "redeem_code",
    "refusal_to_publish",
    "reject",
    "reject_stage",
    "release",
    "release_holdout",
    "remove_from_cohort",
    "renew",
    "resume",
    "roll_back",
    "send_invitation",
    "take_part_again",
    "take_part_for",
    "tell_tier_moves",
]
