"""A fruit shop that is extorted by Mei, the shop beside it, and the people of the house who judge it."""

from datetime import timedelta

from accounts.models import MarkKind, Member, MemberMark
from merchants.actions.complaint_files import store_complaint_file
from merchants.actions.complaints import decide_complaint, file_complaint
from merchants.models import Grade, Rating, ReviewComplaint
from tests.merchants.casts_ratings import DAY, NOW, SECOND, another_shop, employ, rate

__all__ = ["DAY", "NOW", "SECOND", "another_shop", "employ", "rate"]
BAD = {"grade": Grade.NEGATIVE, "comment": "不退钱就一直给差评"}
WHY = "聊天里写明不退钱就差评"


def bad(who, shop, now=NOW, **fields) -> Rating:
    """Let somebody give a bad review."""
    return rate(who, shop, 1, 1, 1, succeeded_at=now, **(BAD | fields))


def evidence(rating, by) -> str:
    """Give a file that was sent for a complaint about a review."""
    import io

    return store_complaint_file(
        rating, source=io.BytesIO("截图：不退钱就差评".encode()), name="talk.txt", by=by
    ).public_key


def complained(rating, staff, now=NOW, **fields) -> ReviewComplaint:
    """Let the shop complain about a review, with a file."""
    fields = {"type": "extortion", "text": "买家要挟退款不退货"} | fields
    return file_complaint(rating, files=[evidence(rating, staff)], by=staff, now=now, **fields)


def upheld(rating, staff, judge, now=NOW, **fields) -> ReviewComplaint:
    """Let the shop complain, and one of us uphold it at once."""
    complaint = complained(rating, staff, now, **fields)
    return decide_complaint(complaint, outcome="upheld", reason=WHY, by=judge, now=now)


def other_reviews(member, count, negative, shops=None, now=NOW):
    """Let a member review many other shops: ``negative`` of ``count`` badly."""
    for number in range(count):
        shop = another_shop(f"小店{number}")
        grade = Grade.NEGATIVE if number < negative else Grade.POSITIVE
        rate(member, shop, 3, 3, 3, grade=grade, succeeded_at=now - timedelta(days=40))


def linked(one: Member, other: Member, kind=MarkKind.PAYER) -> None:
    """Let two members be seen with the same thing."""
    for member in (one, other):
        MemberMark.objects.create(member=member, kind=kind, digest=b"p" * 32, seen_at=NOW)
