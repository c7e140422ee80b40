from merchants.models.dsr import (
    CountKind,
    Dimension,
    DSRDay,
    DSRSnapshot,
    MoveWhy,
    PeerScore,
    RatingMove,
    ShopScore,
)
from merchants.models.ratings import (
    FollowupReview,
    Grade,
    MeasureGround,
    MeasureKind,
    Rating,
    RatingMeasure,
    Replied,
    ReviewReply,
)
from merchants.models.rulebook import Rule, RuleFamily, RuleState, RuleVersion, ViolationClass
from merchants.models.shops import Merchant, Shop, ShopLine
from merchants.models.staff import StaffAccount, StaffRight, shops_of

__all__ = [
    "CountKind",
    "DSRDay",
    "DSRSnapshot",
    "Dimension",
    "FollowupReview",
    "Grade",
    "MeasureGround",
    "MeasureKind",
    "Merchant",
    "MoveWhy",
    "PeerScore",
    "Rating",
    "RatingMeasure",
    "RatingMove",
    "Replied",
    "ReviewReply",
    "Rule",
    "RuleFamily",
    "RuleState",
    "RuleVersion",
    "Shop",
    "ShopLine",
    "ShopScore",
    "StaffAccount",
    "StaffRight",
    "ViolationClass",
    "shops_of",
]
