"""The columns of ratings: which are personal, and what becomes of them."""

from common.inventory import personal, table

OWNER = "operations, merchants"
FOR_GOOD = "for good: reviews are not deleted (E-Commerce Law 39)"
_SUMS = (
    "desc_sum desc_count service_sum service_count logistics_sum logistics_count positive neutral "
    "negative credit"
)


table(
    "merchants.Rating",
    owner=OWNER,
    purpose="What a buyer said of an order.",
    kept=FOR_GOOD,
    plain="id shop succeeded_at is_default edits withdrawn_at is_excluded is_masked is_surplus credit "
    "nth day month",
    order_no=personal(
        "identifier", "which order", mask="as it is", copy="ratings", erasure="kept nameless"
    ),
    member=personal(
        "identifier", "who said it", mask="name", copy="ratings", erasure="kept nameless"
    ),
    rated_at=personal(
        "behaviour", "when it was said", mask="as it is", copy="ratings", erasure="kept nameless"
    ),
    **{
        name: personal(
            "behaviour", "a shop's score", mask="as it is", copy="ratings", erasure="kept nameless"
        )
        for name in ("desc_match", "service_attitude", "logistics_service", "grade")
    },
    comment=personal(
        "words", "what others read of it", mask="text", copy="ratings", erasure="blanked"
    ),
)
table(
    "merchants.FollowupReview",
    owner=OWNER,
    purpose="What a buyer added to a review later.",
    kept=FOR_GOOD,
    plain="id rating at",
    text=personal(
        "words", "what others read of it", mask="text", copy="ratings", erasure="blanked"
    ),
)
table(
    "merchants.ReviewReply",
    owner=OWNER,
    purpose="What a shop answered under a review.",
    kept=FOR_GOOD,
    plain="id rating to at by",
    text=personal(
        "words", "what others read under it", mask="text", copy="ratings", erasure="blanked"
    ),
)
table(
    "merchants.RatingMeasure",
    owner=OWNER,
    purpose="What the house did to a review, and why.",
    kept=FOR_GOOD,
    plain="id rating kind ground since by ended_at ended_by",
    words=personal(
        "words", "what nobody reads any more", mask="text", copy="ratings", erasure="blanked"
    ),
    reason=personal("words", "why it was done", mask="text", erasure="blanked"),
    ended_reason=personal("words", "why it was lifted", mask="text", erasure="blanked"),
)
table(
    "merchants.RatingMove",
    owner=OWNER,
    purpose="By how much a rating counts differently since its day was counted.",
    kept="for good: scores are retraced by it",
    plain=f"id rating shop day why at applied_on {_SUMS}",
)
table(
    "merchants.DSRDay",
    owner=OWNER,
    purpose="Days whose scores were counted.",
    kept="for good",
    plain="day counted_at kind window_days shops seconds",
)
table(
    "merchants.ShopScore",
    owner=OWNER,
    purpose="A shop's running figures.",
    kept="as long as the shop",
    plain=f"shop {_SUMS}",
)
table(
    "merchants.DSRSnapshot",
    owner=OWNER,
    purpose="A shop's figures at the end of a day.",
    kept="for good: scores are retraced by it",
    plain=f"id day shop {_SUMS} desc_e5 service_e5 logistics_e5",
)
table(
    "merchants.PeerScore",
    owner=OWNER,
    purpose="Where the shops of a category stand on a day.",
    kept="for good",
    plain="id day category dimension shops mean_e5 lowest_e5 highest_e5",
)
