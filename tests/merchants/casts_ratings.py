"""Shops with ratings: Mei, Ada and Chen buy at the fruit shop, Qiao answers for it; words are real reviews."""

import csv
import itertools
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import Member, User
from common.errors import DomainError
from common.rules import SHANGHAI
from merchants.actions import RatedOrder, RatingDraft, record_rating
from merchants.models import Grade, Merchant, Rating, Shop, StaffAccount

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=SHANGHAI)
WHY = "核对过聊天记录"
_numbers = itertools.count(1)


def at(day: int, hour: int = 12, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


def order_of(who: User | Member, shop: Shop, succeeded_at: datetime = NOW) -> RatedOrder:
    """Say what ratings know of an order."""
    member = who.member if isinstance(who, User) else who
    return RatedOrder(f"R{next(_numbers):08}", member.pk, shop.pk, succeeded_at)


def rate(
    who: User | Member, shop: Shop, *scores: int | None, succeeded_at=NOW, now=None, **draft
) -> Rating:
    """Let somebody rate an order: three scores, or as many as are given; 5 5 5 when none is said."""
    given = (scores or (5, 5, 5)) + (None,) * 3
    names = ("desc_match", "service_attitude", "logistics_service")
    facts = dict(zip(names, given, strict=False)) | {"grade": Grade.POSITIVE} | draft
    return record_rating(
        order_of(who, shop, succeeded_at), RatingDraft(**facts), by=None, now=now or succeeded_at
    )


def buyers(count: int) -> list[Member]:
    """Make members who do nothing but buy."""
    return Member.objects.bulk_create(
        Member(member_no=f"B{next(_numbers):08}", display_name="买家") for _ in range(count)
    )


def another_shop(name: str = "山里果园", category: str = "生鲜") -> Shop:
    number = next(_numbers)
    merchant = Merchant.objects.create(merchant_no=f"B9{number}", name=name)
    return Shop.objects.create(
        shop_no=f"S9{number}", name=name, merchant=merchant, category=category
    )


def employ(user: User, shop: Shop, *rights: str) -> StaffAccount:
    """Let somebody work for the shop's merchant."""
    return StaffAccount.objects.create(
        user=user, merchant=shop.merchant, rights=list(rights), since=NOW
    )


def refusal(verb, *args, **kwargs) -> str:
    """Return the code with which ``verb`` refuses."""
    with pytest.raises(DomainError) as refused:
        verb(*args, **kwargs)
    return refused.value.code


def real_reviews() -> list[tuple[str, int]]:
    """Return words and stars of real reviews, a handful (Meituan ASAP, Apache 2.0; see fixtures)."""
    path = Path(__file__).parent / "fixtures" / "reviews.csv"
    with path.open(encoding="utf-8") as file:
        return [(row["reviewbody"], int(row["star"])) for row in csv.DictReader(file)]


def counted(shop: Shop, day: date) -> tuple[int, ...]:
    """Return the sums and counts written down for a shop on a day."""
    from merchants.models import DSRSnapshot

    found = DSRSnapshot.objects.filter(pk=DSRSnapshot.key(day, shop.pk)).first()
    names = (
        "desc_sum", "desc_count", "service_sum", "service_count", "logistics_sum",
        "logistics_count", "positive", "neutral", "negative", "credit",
    )  # fmt: skip
    return tuple(getattr(found, name) for name in names) if found else ()
