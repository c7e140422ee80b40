from apass.models.entitlements import (
    Entitlement,
    EntitlementRule,
    Guided,
    Kind,
    PackageItem,
    Period,
    ServicePackage,
)
from apass.models.redemptions import (
    Allowance,
    Grant,
    Redemption,
    RedemptionRelease,
)

__all__ = [
    "Allowance",
    "Entitlement",
    "EntitlementRule",
    "Grant",
    "Guided",
    "Kind",
    "PackageItem",
    "Period",
    "Redemption",
    "RedemptionRelease",
    "ServicePackage",
]
