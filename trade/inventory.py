"""The columns of trade: which are personal, and what becomes of them."""

from common.inventory import personal, table

table(
    "trade.Order",
    owner="operations, trade",
    purpose="What was bought: E-Commerce Law 31 wants it for three years from completion.",
    kept="parameter trade.orders_kept (1096 days after completion, not less) once erasure was asked",
    plain="id shop category freight changed_at promised_ship_at promised_deliver_at",
    order_no=personal(
        "identifier", "to name an order", mask="as it is", copy="orders", erasure="kept"
    ),
    member=personal(
        "identifier", "who bought", mask="name", copy="orders", erasure="kept nameless"
    ),
    product=personal(
        "behaviour", "what was bought", mask="as it is", copy="orders", erasure="kept"
    ),
    quantity=personal(
        "behaviour", "what was bought", mask="as it is", copy="orders", erasure="kept"
    ),
    paid_amount=personal(
        "behaviour", "what was paid", mask="as it is", copy="orders", erasure="kept"
    ),
    refunded_amount=personal(
        "behaviour", "what was paid back", mask="as it is", copy="orders", erasure="kept"
    ),
    region=personal("region", "where it went", mask="region", copy="orders", erasure="emptied"),
    status=personal("behaviour", "how far it is", mask="as it is", copy="orders", erasure="kept"),
    paid_at=personal(
        "behaviour", "when it was paid", mask="as it is", copy="orders", erasure="kept"
    ),
    shipped_at=personal("behaviour", "promises", mask="as it is", copy="orders", erasure="kept"),
    signed_at=personal("behaviour", "promises", mask="as it is", copy="orders", erasure="kept"),
    closed_at=personal("behaviour", "promises", mask="as it is", copy="orders", erasure="kept"),
)
table(
    "trade.Refund",
    owner="operations, trade",
    purpose="What was asked back of an order: belongs to it, as E-Commerce Law 31 wants it.",
    kept="as long as its order (parameter trade.orders_kept)",
    plain="id",
    refund_no=personal(
        "identifier", "to name a refund", mask="as it is", copy="refunds", erasure="kept"
    ),
    order=personal(
        "identifier", "what it is about", mask="as it is", copy="refunds", erasure="kept nameless"
    ),
    kind=personal("behaviour", "what was wanted", mask="as it is", copy="refunds", erasure="kept"),
    amount=personal(
        "behaviour", "what was asked back", mask="as it is", copy="refunds", erasure="kept"
    ),
    reason=personal("words", "why", mask="text", copy="refunds", erasure="emptied"),
    applied_at=personal(
        "behaviour", "when it was asked", mask="as it is", copy="refunds", erasure="kept"
    ),
    finished_at=personal(
        "behaviour", "when it ended", mask="as it is", copy="refunds", erasure="kept"
    ),
    outcome=personal("behaviour", "how it ended", mask="as it is", copy="refunds", erasure="kept"),
)
table(
    "trade.Product",
    owner="operations, trade",
    purpose="What shops offer.",
    kept="for good",
    plain="id product_no shop title category price is_listed taken_down_at added_at",
)
table(
    "trade.ProductLine",
    owner="operations, trade",
    purpose="What it is found by.",
    kept="as long as what it is of",
    plain="product at words sounds hidden",
)
table(
    "trade.StandingDebt",
    owner="operations, trade",
    purpose="Months of members to be counted again, because an order left them.",
    kept="minutes",
    plain="id member_id order_id",
)
