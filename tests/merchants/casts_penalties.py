"""A shop that breaks rules, the rules it breaks, and the people of the house who judge it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Role, User
from common.errors import DomainError
from common.history import history_of
from merchants.actions.penalties import decide_violation
from merchants.actions.violations import detect_violation, send_notice
from merchants.models import (
    Merchant,
    Rule,
    RuleFamily,
    RuleState,
    RuleVersion,
    Shop,
    StaffAccount,
    StaffRight,
)
from tests.conftest import person

WHY = "按规则办理"
# A Tuesday: the three working days after it are Wednesday, Thursday, Friday.
NOW = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
HEARD = datetime(2026, 11, 13, 16, 0, tzinfo=UTC)  # Friday 24:00 in Shanghai
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)

RULES = {
    # code: family, class, points, title
    "misdescription": (RuleFamily.LISTING, "A", ["3", "6", "12"], "描述不符"),
    "spam-listing": (RuleFamily.LISTING, "A", ["0.2"], "滥发信息"),
    "order-disturbing": (RuleFamily.TRADE, "B", ["12", "24", "36", "48"], "扰乱秩序"),
    "fake-goods": (RuleFamily.TRADE, "C", ["2", "12", "24", "48"], "出售假冒商品"),
}


def refused(code):
    return pytest.raises(DomainError, match=f"^{code}:")


def lines_of(subject):
    """Return what its history says, oldest first."""
    return [event.action for event in history_of(subject).order_by("id")]


def rule(code: str) -> Rule:
    """Return a rule in force since long ago; made when it is first asked for."""
    family, klass, points, title = RULES[code]
    made, is_new = Rule.objects.get_or_create(
        code=code, defaults={"family": family, "title": title}
    )
    if is_new:
        RuleVersion.objects.create(
            rule=made, number=1, state=RuleState.EFFECTIVE, text=f"{title}：商家不得如此。",
            violation_class=klass, points=[Decimal(one) for one in points],
            effective_from=datetime(2020, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    return made


def detected(shop, by, *, code="misdescription", now=NOW, **fields):
    """Open a case by ``by``."""
    fields = {"act": "详情页写有机，检测不是", "act_at": now - DAY} | fields
    return detect_violation(shop, rule=rule(code), by=by, now=now, **fields)


def noticed(shop, finder, judge, *, now=NOW, **fields):
    """Open a case and tell the shop."""
    return send_notice(detected(shop, finder, now=now, **fields), by=judge, reason=WHY, now=now)


def decided(shop, finder, judge, *, now=NOW, points=None, at=None, **fields):
    """Open a case, tell the shop, and decide it the moment its statement period is over."""
    violation = noticed(shop, finder, judge, now=now, **fields)
    at = at or violation.statement_due_at
    return decide_violation(violation, points=points, reason=WHY, by=judge, now=at)


def judge_named(username: str) -> User:
    return person(username, f"小二{username}", Role.OPERATIONS)


@pytest.fixture
def judge(db) -> User:
    """Judge decides cases; Ops tells shops; Third has touched nothing yet."""
    return judge_named("judge")


@pytest.fixture
def third(db) -> User:
    return judge_named("third")


@pytest.fixture
def staff(qiao, shop) -> User:
    """Qiao works for the shop's merchant and answers for it."""
    StaffAccount.objects.create(
        user=qiao, merchant=shop.merchant, rights=[StaffRight.ANSWER], since=NOW - 100 * DAY
    )
    return qiao


@pytest.fixture
def reader(db, shop) -> User:
    """Rui works for the merchant and only looks."""
    user = person("rui", "阮瑞", Role.MERCHANT_STAFF)
    StaffAccount.objects.create(user=user, merchant=shop.merchant, rights=[], since=NOW - 100 * DAY)
    return user


@pytest.fixture
def stranger_shop(db) -> Shop:
    other = Merchant.objects.create(merchant_no="B2002", name="别家")
    return Shop.objects.create(shop_no="S3002", name="别家小铺", merchant=other, category="珠宝")


@pytest.fixture
def stranger(stranger_shop) -> User:
    """Yan answers for another merchant."""
    user = person("yan", "严禾", Role.MERCHANT_STAFF)
    StaffAccount.objects.create(
        user=user, merchant=stranger_shop.merchant, rights=[StaffRight.ANSWER],
        since=NOW - 100 * DAY,
    )  # fmt: skip
    return user
