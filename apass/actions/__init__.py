from apass.actions.entitlements import (
    EntitlementDraft,
    PackageDraft,
    RuleDraft,
    SegmentDraft,
    end_entitlement,
    end_package,
    end_rule,
    publish_entitlement,
    publish_package,
    publish_rule,
    refusal_to_publish,
)
from apass.actions.redemptions import (
    end_grant,
    give_grant,
    redeem,
    release,
)

__all__ = [
    "EntitlementDraft",
    "PackageDraft",
    "RuleDraft",
    "SegmentDraft",
    "end_entitlement",
    "end_grant",
    "end_package",
    "end_rule",
    "give_grant",
    "publish_entitlement",
    "publish_package",
    "publish_rule",
    "redeem",
    "refusal_to_publish",
    "release",
]
