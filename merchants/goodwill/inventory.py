"""The columns of goodwill: which are personal, and what becomes of them."""

from common.inventory import personal, table

OWNER = "operations, merchants"
BY_LAW = "three years from the end of the matter at least (E-Commerce Law 31)"

table(
    "merchants.GoodwillPlan",
    owner=OWNER,
    purpose="What a shop sets aside to make good.",
    kept=BY_LAW,
    plain="id shop month_budget most_each kinds since",
    by=personal("account", "who set it", mask="name", erasure="kept nameless"),
)
table(
    "merchants.Gesture",
    owner=OWNER,
    purpose="What a shop offered a buyer to make good, and what became of it.",
    kept=BY_LAW,
    plain="id shop order_no conversation_no kind amount state month offered_at holds_until "
    "answered_at due_at is_late ended_at",
    member=personal(
        "identifier", "to whom it was offered", mask="name", copy="goodwill",
        erasure="kept nameless",
    ),
    words=personal(
        "words", "what the shop says; masked when it is written", mask="text", copy="goodwill",
        erasure="blanked",
    ),
    proof=personal(
        "masked text", "by what it is proved", mask="text", copy="goodwill", erasure="kept"
    ),
    coupon_code=personal(
        "identifier", "what the buyer uses it by", mask="as it is", copy="goodwill", erasure="kept"
    ),
    offered_by=personal("account", "who offered it", mask="name", erasure="kept nameless"),
    ended_by=personal("account", "who ended it", mask="name", erasure="kept nameless"),
)  # fmt: skip
