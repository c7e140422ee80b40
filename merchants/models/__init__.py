from merchants.models.rulebook import Rule, RuleFamily, RuleState, RuleVersion, ViolationClass
from merchants.models.shops import Merchant, Shop, ShopLine
from merchants.models.staff import StaffAccount, StaffRight, shops_of

__all__ = [
    "Merchant",
    "Rule",
    "RuleFamily",
    "RuleState",
    "RuleVersion",
    "Shop",
    "ShopLine",
    "StaffAccount",
    "StaffRight",
    "ViolationClass",
    "shops_of",
]
