"""Every write about merchants."""

from merchants.actions.dsr import bring_up_to_date, compare_peers, count_day, differences, mend
from merchants.actions.measures import exclude_rating, mask_review, restore_rating, unmask_review
from merchants.actions.ratings import RatedOrder, RatingDraft, record_rating
from merchants.actions.reviews import add_followup, edit_review, reply_to_review, withdraw_review
from merchants.actions.stored_ratings import hold_all_ratings, store_ratings

__all__ = [
    "RatedOrder",
    "RatingDraft",
    "add_followup",
    "bring_up_to_date",
    "compare_peers",
    "count_day",
    "differences",
    "edit_review",
    "exclude_rating",
    "hold_all_ratings",
    "mask_review",
    "mend",
    "record_rating",
    "reply_to_review",
    "restore_rating",
    "store_ratings",
    "unmask_review",
    "withdraw_review",
]
