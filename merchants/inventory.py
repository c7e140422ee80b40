"""The columns of merchants: which are personal, and what becomes of them."""

from common.inventory import table

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
    plain="id shop_no name merchant category opened_at greeting_word",
)
table(
    "merchants.ShopLine",
    owner="operations, merchants",
    purpose="What it is found by.",
    kept="as long as what it is of",
    plain="shop at words sounds hidden",
)
