"""The columns of merchants: which are personal, and what becomes of them."""

from common.inventory import table
from merchants.bulletins import inventory as _bulletins  # noqa: F401
from merchants.complaints import inventory as _complaints  # noqa: F401
from merchants.experience import inventory as _experience  # noqa: F401
from merchants.goodwill import inventory as _goodwill  # noqa: F401
from merchants.key_accounts import inventory as _managers  # noqa: F401
from merchants.penalties import inventory as _penalties  # noqa: F401
from merchants.ratings import inventory as _ratings  # noqa: F401  (declares its tables)
from merchants.rulebook import inventory as _rulebook  # noqa: F401

table(
    "merchants.Merchant",
    owner="operations, merchants",
    purpose="Sellers as companies.",
    kept="for good",
    plain="id merchant_no name",
)
table(
    "merchants.Shop",
    owner="operations, merchants",
    purpose="Sellers' storefronts.",
    kept="for good",
    plain="id shop_no name merchant category region opened_at greeting_word",
)
table(
    "merchants.ShopLine",
    owner="operations, merchants",
    purpose="What it is found by.",
    kept="as long as what it is of",
    plain="shop at words sounds hidden",
)
table(
    "merchants.StaffAccount",
    owner="operations, merchants",
    purpose="Who works for a merchant, with which rights.",
    kept="for good",
    plain="id user merchant rights since ended_at",
)
