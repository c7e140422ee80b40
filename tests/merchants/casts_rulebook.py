"""A rule on its way: Ops drafts, Zhao is the second person, Qiao speaks for the shop of Lingshan, Lu for another."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Role, User
from common.deadlines import sweep
from common.errors import DomainError
from merchants.actions.consultations import (
    answer_group,
    group_objections,
    open_consultation,
    publish_result,
    say_of_draft,
)
from merchants.actions.invites import invite_named
from merchants.actions.rule_review import answer_gate
from merchants.actions.rulebook import (
    Wording,
    add_rule,
    draft_version,
    send_to_review,
)
from merchants.actions.taking_effect import give_notice
from merchants.models import Merchant, Rule, RuleVersion, Shop, StaffAccount, StaffRight
from merchants.rulebook.metrics import Measured, RuleMetric, declare_rule_metric
from tests.conftest import person

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
WHY = "迟发货的投诉三个月里多了一半"
TEXT = (
    "第一条 商家应当在买家付款后四十八小时内发货。\n"
    "第二条 延迟发货的,每次扣三分。\n"
    "第三条 预售商品按照约定的时间发货。"
)
LATE = {
    "all": [
        {"field": "late_ship_days", "op": "gt", "value": 0},
        {"field": "paid_amount", "op": "ge", "value": "20.00"},
    ]
}
MEASURES: dict[str, list[Measured]] = {"test_measure": []}


def _measure(since: datetime, until: datetime) -> Measured:
    return MEASURES["test_measure"].pop(0)


declare_rule_metric(RuleMetric("test_measure", "a measure of tests", _measure))


def wording(text: str = TEXT, **fields) -> Wording:
    return Wording(text, **{"violation_class": "A", "points": [3], "condition": LATE} | fields)


@pytest.fixture
def zhao(db) -> User:
    return person("zhao", "赵舒", Role.OPERATIONS)


@pytest.fixture
def lu(db) -> User:
    """Works for a merchant that sells jewels."""
    user = person("lu", "鲁珍", Role.MERCHANT_STAFF)
    merchant = Merchant.objects.create(merchant_no="B2002", name="玉山珠宝有限公司")
    Shop.objects.create(shop_no="S3002", name="玉山珠宝", merchant=merchant, category="珠宝")
    employ(user, merchant, StaffRight.VOTE)
    return user


@pytest.fixture
def lingshan(shop, qiao) -> Merchant:
    """Qiao's merchant."""
    employ(qiao, shop.merchant, StaffRight.VOTE)
    return shop.merchant


def employ(user: User, merchant: Merchant, *rights: str) -> StaffAccount:
    return StaffAccount.objects.create(
        user=user, merchant=merchant, rights=list(rights), since=NOW - 30 * DAY
    )


@pytest.fixture
def rule(ops) -> Rule:
    return add_rule("late-shipping", family="trade", title="延迟发货的规定", by=ops)


@pytest.fixture
def draft(rule, ops) -> RuleVersion:
    return draft_version(rule, wording(), by=ops, now=NOW)


def pass_gates(version: RuleVersion, by: User, **scores: int) -> None:
    for dimension in ("necessity", "effectiveness", "reasonableness"):
        score = scores.get(dimension, 4)
        first = {"consumer_score": 5} if dimension == "reasonableness" else {}
        answer_gate(
            version, dimension, score=score, text="理由", question="法律没有解决", data="投诉 312 件",
            by=by, now=NOW, **first,
        )  # fmt: skip


@pytest.fixture
def reviewed(draft, ops, lingshan, lu) -> RuleVersion:
    """Everything is there for a second person to open the consultation."""
    pass_gates(draft, ops)
    invite_named(draft, ["B2001", "B2002"], by=ops, now=NOW)
    return send_to_review(draft, by=ops, reason=WHY, now=NOW)


@pytest.fixture
def consulted(reviewed, zhao) -> RuleVersion:
    """Merchants are being asked from ``NOW`` on."""
    return open_consultation(reviewed, by=zhao, reason=WHY, now=NOW)


def over(version: RuleVersion) -> datetime:
    """Return the first moment after a consultation."""
    version.refresh_from_db()
    return version.consultation_ends_at


def answered(version: RuleVersion, qiao: User, ops: User) -> RuleVersion:
    """Qiao objects, Ops answers, the result is published at the first moment."""
    merchant = Merchant.objects.get(merchant_no="B2001")
    vote = say_of_draft(
        version, merchant, choice="change", comment="节假日快递停运,应当顺延", by=qiao, now=NOW
    )
    group = group_objections(version, "节假日应当顺延", [vote.pk], by=ops, now=NOW)
    answer_group(group, answer="采纳:法定节假日顺延。", by=ops, now=NOW)
    return publish_result(version, result="一条修改,其余保持。", by=ops, now=over(version))


def noticed(version: RuleVersion, ops: User, **fields) -> RuleVersion:
    """Give notice at the moment the result came out, for a week later."""
    moment = version.result_published_at
    return give_notice(
        version, by=ops, reason=WHY, now=moment,
        **{
            "effective_from": moment + 7 * DAY, "target_metric": "test_measure",
            "target_change": Decimal(-10),
        } | fields,
    )  # fmt: skip


def run_clock(now: datetime) -> None:
    """Let the clock do everything that is due at ``now``, without a failure."""
    swept = sweep(now)
    assert swept.failed == 0


def refusal(verb, *args, **kwargs) -> str:
    """Return the code with which ``verb`` refuses."""
    with pytest.raises(DomainError) as refused:
        verb(*args, **kwargs)
    return refused.value.code
