"""The columns of the radio: which are personal, and what becomes of them."""

from common.inventory import personal, table

OWNER = "operations, radio"
FOR_GOOD = "for good; nameless after erasure"

table(
    "radio.Case",
    owner=OWNER,
    purpose="What the business should hear, masked before it is stored.",
    kept=FOR_GOOD,
    plain="id conversation severity member_tier state pushed_by pushed_at screened_by screened_at "
    "merged_into",
    headline=personal("text", "what is heard", mask="text", copy="voices", erasure="blanked"),
    reason=personal("text", "why it is heard", mask="text", erasure="blanked"),
    reject_reason=personal("text", "why it came back", mask="text", erasure="blanked"),
    member_region=personal("region", "where it hurts", mask="region", erasure="emptied"),
)
table(
    "radio.CaseQuote",
    owner=OWNER,
    purpose="Lines in the member's own words, masked before they are stored.",
    kept=FOR_GOOD,
    plain="id case seq speaker_kind",
    speaker_name=personal("name", "who said it; masked", mask="name", erasure="emptied"),
    body=personal("text", "what is heard", mask="text", copy="voices", erasure="blanked"),
    said_at=personal("behaviour", "when", mask="as it is", copy="voices", erasure="kept nameless"),
)
# What follows is about people of the house at work, never about members.
for _label, _purpose, _plain in (
    (
        "Channel",
        "Themes.",
        "id code name description owner is_private is_active active_since position",
    ),
    ("Channel_people", "Who knows of a private channel.", "id channel user"),
    ("Edition", "What came out on a day.", "id channel day number publish_at aired_at changed_at"),
    ("EditionItem", "Cases in editions.", "id edition case position"),
    (
        "FeedToken",
        "Secret addresses of feeds.",
        "id user channel token_hash created_at last_used_at revoked_at",
    ),
    ("Reading", "Who has read what.", "id user case edition delivered_at read_at"),
    ("Subscription", "Who hears what.", "id user channel subscribed_at muted_at"),
):
    table(f"radio.{_label}", owner=OWNER, purpose=_purpose, kept="for good", plain=_plain)
table(
    "radio.CaseLine",
    owner=OWNER,
    purpose="What a case is found by.",
    kept="as long as the case",
    plain="case at sounds hidden",
    words=personal("text", "search", mask="never shown", erasure="deleted"),
)
