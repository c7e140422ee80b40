"""The columns of bulletins: which are personal."""

from common.inventory import Column, personal, table

OWNER = "operations, merchants"


def _who(purpose: str) -> Column:
    return personal("account", purpose, mask="name", erasure="kept nameless")


table(
    "merchants.Bulletin",
    owner=OWNER,
    purpose="What operations tell many shops at once.",
    kept="for good",
    plain="id title_zh title_en body_zh body_en link urgency audience state drafted_at asked_at "
    "shops_asked approved_at begun_at limit_shops shops told people closed_at",
    drafted_by=_who("who wrote it"),
    approved_by=_who("the second person"),
    begun_by=_who("who had it sent"),
)
table(
    "merchants.BulletinRecipient",
    owner=OWNER,
    purpose="Which shops were told of a bulletin, and when.",
    kept="as long as the bulletin",
    plain="id bulletin shop told_at people read_at",
    read_by=_who("who of the shop has read it"),
)
