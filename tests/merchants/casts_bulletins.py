"""Ops drafts bulletins and Lu approves them; Qiao's merchant has two shops, others have one each."""

from datetime import UTC, datetime
from typing import Any

from accounts.models import Notification, Role, User
from common.models import Parameter
from common.parameters import forget
from merchants.actions.bulletin_sending import send_bulletin, tell_waiting
from merchants.actions.bulletins import (
    BulletinWords,
    approve_bulletin,
    ask_approval,
    draft_bulletin,
)
from merchants.models import (
    Bulletin,
    ExperienceCount,
    ExperienceDay,
    Merchant,
    Shop,
    ShopLimits,
    ShopScore,
    StaffAccount,
)
from tests.conftest import person

WHY = "双十一前告知"
# A Tuesday, ten in the morning in Shanghai.
NOW = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
WORDS = BulletinWords(
    title_zh="双十一发货时限", title_en="Shipping times in November",
    body_zh="11月10日起，48小时内发货。", body_en="From November 10 on, ship within 48 hours.",
    link="/rules/",
)  # fmt: skip
ALL: dict[str, Any] = {"everybody": True}


def open_shop(number: str, *, readers: int = 1, language: str = "", **fields) -> Shop:
    """Open a shop of a merchant of its own, for which so many people work."""
    merchant = Merchant.objects.create(merchant_no=f"M-{number}", name=f"商家{number}")
    shop = Shop.objects.create(shop_no=number, name=f"店{number}", merchant=merchant, **fields)
    for place in range(readers):
        employ(
            person(f"{number}-{place}", "店员", Role.MERCHANT_STAFF, language=language), merchant
        )
    return shop


def employ(user: User, merchant: Merchant, *rights: str) -> StaffAccount:
    """Let somebody work for a merchant."""
    return StaffAccount.objects.create(user=user, merchant=merchant, rights=list(rights), since=NOW)


def holds(shop: Shop, *measures: str) -> None:
    """Let measures hold for a shop."""
    ShopLimits.objects.create(shop=shop, measures=list(measures), changed_at=NOW)


def scored(shop: Shop, desc: int, service: int, logistics: int, *, credit: int = 0) -> None:
    """Give a shop ten ratings with these sums."""
    ShopScore.objects.filter(shop=shop).update(
        desc_sum=desc, desc_count=10, service_sum=service, service_count=10,
        logistics_sum=logistics, logistics_count=10, credit=credit,
    )  # fmt: skip


def experienced(shop: Shop, score: str) -> None:
    """Give a shop the experience score of the last counted day."""
    day = NOW.date()
    ExperienceCount.objects.get_or_create(
        day=day, defaults={"counted_at": NOW, "metrics": 1, "shops": 1, "seconds": 0}
    )
    ExperienceDay.objects.create(day=day, shop=shop, preset="a", metrics=1, score=score)


def number(key: str, what: int) -> None:
    """Let a parameter be this number from the beginning on."""
    Parameter.objects.create(
        key=key, value=what, effective_from=datetime(2020, 1, 1, tzinfo=UTC), reason="测试",
        changed_by=person(f"p-{key}", "参数", Role.OPERATIONS),
    )  # fmt: skip
    forget()


def drafted(
    by: User, audience: dict[str, Any] | None = None, *, words: BulletinWords = WORDS, now=NOW
) -> Bulletin:
    return draft_bulletin(words, audience or ALL, by=by, reason=WHY, now=now)


def approved(by: User, second: User, audience: dict[str, Any] | None = None) -> Bulletin:
    row = ask_approval(drafted(by, audience), by=by, reason=WHY, now=NOW)
    return approve_bulletin(row, by=second, reason=WHY, now=NOW)


def sent(by: User, audience: dict[str, Any] | None = None, *, now=NOW, **fields) -> Bulletin:
    """Draft, send and tell all shops."""
    row = send_bulletin(drafted(by, audience, now=now, **fields), by=by, reason=WHY, now=now)
    while tell_waiting(now):
        pass
    row.refresh_from_db()
    return row


def told_people() -> list[str]:
    """Return the account names of who was told of a bulletin, one for each notification."""
    rows = Notification.objects.filter(kind__startswith="shop.bulletin")
    return sorted(rows.values_list("person__username", flat=True))
