"""The columns of account managers, pilot shops and their words: which are personal."""

from common.inventory import Column, personal, table

OWNER = "operations, merchants"


def _who(purpose: str) -> Column:
    return personal("account", purpose, mask="name", erasure="kept nameless")


def _words(purpose: str) -> Column:
    return personal(
        "masked text", f"{purpose}; numbers of people are masked when it is written", mask="text",
        erasure="kept",
    )  # fmt: skip


table(
    "merchants.ManagerAssignment",
    owner=OWNER,
    purpose="Who looks after a key account.",
    kept="as long as the shop",
    plain="id shop merchant since until",
    manager=_who("whom the shop calls"),
    deputy=_who("whom the shop calls while the manager is away"),
)
table(
    "merchants.ManagerAbsence",
    owner=OWNER,
    purpose="When an account manager is away.",
    kept="as long as the account",
    plain="id first_day last_day why noted_at ended_at",
    person=_who("the deputy is called instead"),
    noted_by=_who("who answers for it"),
)
table(
    "merchants.ContactNote",
    owner=OWNER,
    purpose="What was said with a key account.",
    kept="as long as the shop",
    plain="id shop merchant medium next_on at",
    text=_words("what was agreed"),
    by=_who("who spoke with the shop"),
)
table(
    "merchants.PilotShop",
    owner=OWNER,
    purpose="Shops that try new things first.",
    kept="as long as the shop",
    plain="id shop since orders orders_needed products products_needed counted_days measured_at "
    "review_at state left_at",
)
table(
    "merchants.PilotFeedback",
    owner=OWNER,
    purpose="What pilot shops and the house say of something that is tried.",
    kept="as long as the rollout",
    plain="id rollout shop at",
    by=_who("who said it"),
    text=_words("what is good and what is not"),
)
