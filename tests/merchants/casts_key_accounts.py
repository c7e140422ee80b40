"""Wen and Sui look after shops, Qiao's merchant has two of them, Yan is of another house."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Role
from merchants.actions.key_accounts import assign_manager
from merchants.models import Shop, StaffAccount, StaffRight
from tests.conftest import make_order, person

WHY = "按分工办理"
# A Tuesday, ten in the morning in Shanghai.
NOW = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def sui(db):
    """Sui is Wen's deputy."""
    return person("sui", "随安", Role.ACCOUNT_MANAGER)


@pytest.fixture
def second_shop(shop):
    return Shop.objects.create(
        shop_no="S3009", name="岭上干货店", merchant=shop.merchant, category="干货"
    )


def assigned(account, manager, deputy, by, *, now=NOW, **fields):
    return assign_manager(
        account, manager=manager, deputy=deputy, by=by, reason=WHY, now=now, **fields
    )


@pytest.fixture
def looked_after(shop, wen, sui, ops):
    return assigned(shop, wen, sui, ops)


def works_for(user, merchant, *rights, since=NOW - 100 * DAY):
    """Let ``user`` work for ``merchant``."""
    return StaffAccount.objects.create(
        user=user, merchant=merchant, rights=list(rights), since=since
    )


@pytest.fixture
def owner(qiao, shop):
    """Qiao manages the accounts of the merchant, and speaks for its shops."""
    works_for(qiao, shop.merchant, StaffRight.STAFF, StaffRight.VOTE, StaffRight.ANSWER)
    return qiao


def sold(buyer, shop, *, orders, products, at=NOW - DAY):
    """Let ``buyer`` have paid so many orders of so many products."""
    return [
        make_order(buyer, shop, f"P{shop.pk}-{n}", at - n * HOUR, product=f"果 {n % products}")
        for n in range(orders)
    ]
