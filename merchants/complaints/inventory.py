"""The columns of complaints, flags and appeals: which are personal, and what becomes of them."""

from common.inventory import Column, personal, table

OWNER = "operations, merchants"
BY_LAW = "three years from the end of the matter at least (E-Commerce Law 31), then as long as the review"


def _who(purpose: str) -> Column:
    return personal("account", purpose, mask="name", erasure="kept nameless")


def _member(purpose: str) -> Column:
    return personal(
        "identifier", purpose, mask="name", copy="malicious_reviews", erasure="kept nameless"
    )


def _words(purpose: str, copy: str = "malicious_reviews") -> Column:
    return personal(
        "words", f"{purpose}; masked when it is written", mask="text", copy=copy, erasure="blanked"
    )


table(
    "merchants.ReviewComplaint",
    owner=OWNER,
    purpose="What a shop says of a review it thinks malicious, and where that is.",
    kept=BY_LAW,
    plain="id rating shop type state outcome filed_at due_at is_late reapply_until reapplied_at "
    "upheld_at measure reversed_at",
    member=_member("whose review it is"),
    text=_words("what the shop says", ""),
    more_text=_words("what the shop adds", ""),
    filed_by=_who("who complained for the shop"),
    reapplied_by=_who("who asked once more for the shop"),
)
table(
    "merchants.ComplaintDecision",
    owner=OWNER,
    purpose="How a complaint was decided, by whom and why.",
    kept=BY_LAW,
    plain="id complaint stage outcome at",
    reason=personal(
        "masked text", "why; masked when it is written", mask="text", copy="malicious_reviews",
        erasure="kept",
    ),
    by=_who("nobody decides twice in one matter"),
)  # fmt: skip
table(
    "merchants.ComplaintQuote",
    owner=OWNER,
    purpose="Messages a complaint rests on, as they stood.",
    kept=BY_LAW,
    plain="id complaint conversation_no seq author said_at",
    body=_words("evidence", ""),
)
table(
    "merchants.ComplaintFile",
    owner=OWNER,
    purpose="Files a complaint rests on.",
    kept=f"{BY_LAW}; what no complaint names, a day",
    plain="id rating complaint uploaded_at kind content_type size sha256",
    uploaded_by=_who("who sent it"),
    name=personal("masked text", "what it is called", mask="as it is", erasure="kept"),
    file=personal("evidence", "shows what happened", mask="never shown", erasure="kept"),
)
table(
    "merchants.BuyerPointsEntry",
    owner=OWNER,
    purpose="Penalty points of a buyer for malicious reviews.",
    kept=BY_LAW,
    plain="id cause complaint at",
    member=_member("whose points"),
    points=personal(
        "behaviour", "what a malicious review costs", mask="as it is", copy="malicious_reviews",
        erasure="kept nameless",
    ),
)  # fmt: skip
table(
    "merchants.ReviewerFlag",
    owner=OWNER,
    purpose="Whose reviews were malicious several times, from when until when.",
    kept=BY_LAW,
    plain="id complaints arm ended_why",
    member=_member("who is meant"),
    since=personal(
        "behaviour", "from when", mask="as it is", copy="malicious_reviews", erasure="kept nameless"
    ),
    until=personal(
        "behaviour", "until when", mask="as it is", copy="malicious_reviews",
        erasure="kept nameless",
    ),
    by=_who("does not answer the appeal"),
    reason=_words("why", ""),
    ended_at=personal(
        "behaviour", "when it ended", mask="as it is", copy="malicious_reviews",
        erasure="kept nameless",
    ),
    ended_by=_who("who ended it"),
    ended_reason=_words("why it ended", ""),
)  # fmt: skip
table(
    "merchants.FlagSignal",
    owner=OWNER,
    purpose="The independent signs a flag rests on: kinds and counts, nobody's data.",
    kept=BY_LAW,
    plain="id flag kind facts at",
)
table(
    "merchants.ReviewerAppeal",
    owner=OWNER,
    purpose="What a member says against an upheld complaint or a flag, and the answer.",
    kept=BY_LAW,
    plain="id complaint flag state filed_at due_at is_late decided_at",
    member=_member("who appeals"),
    text=_words("what the member says"),
    decided_by=_who("has not decided in the matter before"),
    answer=_words("the answer"),
)
table(
    "merchants.HeldReview",
    owner=OWNER,
    purpose="Reviews that are looked at before others read them.",
    kept=BY_LAW,
    plain="id rating held_at until released_at reason",
    released_by=_who("who looked at it"),
)
table(
    "merchants.ReviewerExposure",
    owner=OWNER,
    purpose="How often a weak shop could have been shown to a flagged member on a day; counts alone.",
    kept="as long as the flag",
    plain="id flag shop day count",
)
