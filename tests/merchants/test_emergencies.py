"""Emergency measures: at once, for a while, confirmed by another; what they took down comes back exactly."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.history import history_of
from merchants.actions.emergencies import (
    add_precedent,
    confirm_emergency,
    expire_emergency,
    lift_emergency,
    name_born_rule,
    order_emergency,
)
from merchants.models import EmergencyMeasure
from tests.conftest import make_product
from tests.merchants.casts_rulebook import DAY, NOW, SECOND, WHY, refusal, run_clock
from trade.actions import relist_product, take_down_product
from trade.emergencies import follow_emergency
from trade.models import Product

pytestmark = pytest.mark.django_db

GOURD = {"field": "title", "op": "contains", "value": "葫芦娃"}


@pytest.fixture
def toys(shop):
    """Two of the toy that is in question, one that is not."""
    return [
        make_product(shop, "G1", "葫芦娃玩偶"),
        make_product(shop, "G2", "正版葫芦娃书包"),
        make_product(shop, "G3", "智利车厘子"),
    ]


@pytest.fixture
def measure(toys, ops) -> EmergencyMeasure:
    return order_emergency(
        "葫芦娃产品", subject="product", condition=GOURD, by=ops, reason="商标争议", now=NOW
    )


def down() -> set[str]:
    return set(Product.objects.exclude(taken_down_at=None).values_list("product_no", flat=True))


def test_it_is_about_what_is_there_and_ends_by_itself(measure, ops):
    assert measure.targets_count == 2
    assert measure.expires_at == NOW + timedelta(hours=72)
    assert follow_emergency(measure) == 2
    assert down() == {"G1", "G2"}
    run_clock(measure.expires_at - SECOND)
    measure.refresh_from_db()
    assert measure.state == "active"
    run_clock(measure.expires_at)
    measure.refresh_from_db()
    assert (measure.state, measure.ended_at) == ("expired", measure.expires_at)
    assert follow_emergency(measure) == 2
    assert down() == set()
    assert {line.action for line in history_of(measure)} == {
        "emergency.ordered",
        "emergency.expired",
    }


def test_a_second_person_lets_it_hold_and_it_still_ends(measure, ops, zhao):
    until = NOW + 30 * DAY
    confirm = {"until": until, "reason": WHY, "now": NOW + DAY}
    assert refusal(confirm_emergency, measure, by=ops, **confirm) == "rule.same_person"
    confirm_emergency(measure, by=zhao, **confirm)
    assert refusal(confirm_emergency, measure, by=zhao, **confirm) == "emergency.confirmed"
    assert expire_emergency(measure, now=until - SECOND) is False
    run_clock(until)
    measure.refresh_from_db()
    assert measure.state == "expired"


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (NOW + timedelta(hours=72), "emergency.until"),
        (NOW + 90 * DAY + SECOND, "emergency.until"),
    ],
)
def test_a_confirmation_is_no_rule(until, code, measure, zhao):
    confirm = {"until": until, "by": zhao, "reason": WHY, "now": NOW}
    assert refusal(confirm_emergency, measure, **confirm) == code


def test_what_has_run_out_is_not_confirmed_though_the_clock_is_late(measure, zhao):
    late = {"until": NOW + 30 * DAY, "by": zhao, "reason": WHY, "now": measure.expires_at}
    assert refusal(confirm_emergency, measure, **late) == "emergency.over"


def test_following_twice_moves_nothing_more(measure):
    assert follow_emergency(measure) == 2
    assert follow_emergency(measure) == 0
    assert history_of(Product.objects.get(product_no="G1")).count() == 1


def test_what_was_down_before_stays_down(toys, ops):
    take_down_product(toys[0], by=ops, reason="假货")
    measure = order_emergency("葫芦娃", subject="product", condition=GOURD, by=ops, reason=WHY)
    assert follow_emergency(measure) == 1
    lift_emergency(measure, by=ops, reason="查清了")
    assert follow_emergency(measure) == 1
    assert down() == {"G1"}


def test_what_somebody_has_moved_since_is_left_alone(measure, ops, toys):
    follow_emergency(measure)
    relist_product(toys[0], by=ops, reason="查过了,没问题")
    take_down_product(toys[0], by=ops, reason="另有原因")
    lift_emergency(measure, by=ops, reason="结束")
    follow_emergency(measure)
    assert down() == {"G1"}


def test_what_two_measures_hold_comes_back_with_the_last(measure, ops, toys):
    follow_emergency(measure)
    other = order_emergency(
        "书包", subject="product", condition={**GOURD, "value": "书包"}, by=ops, reason=WHY
    )
    assert follow_emergency(other) == 0
    lift_emergency(measure, by=ops, reason="结束")
    assert follow_emergency(measure) == 1
    assert down() == {"G2"}
    lift_emergency(other, by=ops, reason="结束")
    assert follow_emergency(other) == 1
    assert down() == set()


def test_a_measure_about_a_shop_is_about_all_it_sells(toys, ops):
    condition = {"field": "shop_no", "op": "eq", "value": "S3001"}
    measure = order_emergency("停一家", subject="shop", condition=condition, by=ops, reason=WHY)
    assert measure.targets_count == 1
    assert follow_emergency(measure) == 3
    make_product(toys[0].shop, "G4", "后来上架的")
    assert follow_emergency(measure) == 0
    lift_emergency(measure, by=ops, reason="结束")
    assert follow_emergency(measure) == 3
    assert down() == set()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"subject": "order"}, "emergency.subject"),
        ({"condition": {**GOURD, "value": "没有这个"}}, "emergency.nothing"),
        ({"condition": {**GOURD, "field": "moon"}}, "condition.unknown_field"),
        ({"condition": {}}, "emergency.nothing"),
    ],
)
def test_a_measure_about_nothing_is_none(fields, code, toys, ops):
    given = {"subject": "product", "condition": GOURD, "by": ops, "reason": WHY} | fields
    assert refusal(order_emergency, "试", **given) == code
    assert not EmergencyMeasure.objects.exists()


@pytest.mark.parametrize("who", ["qiao", "bo", "wen"])
def test_who_makes_no_rules_takes_no_measures(who, request, measure):
    stranger = request.getfixturevalue(who)
    order = {"subject": "product", "condition": GOURD, "by": stranger, "reason": WHY}
    assert refusal(order_emergency, "试", **order) == "forbidden"
    assert refusal(lift_emergency, measure, by=stranger, reason=WHY) == "forbidden"
    until = {"until": NOW + 30 * DAY, "by": stranger, "reason": WHY}
    assert refusal(confirm_emergency, measure, **until) == "forbidden"


def test_a_precedent_names_the_rule_born_from_it(rule, ops, qiao):
    told = {"facts": "承诺永远开花", "verdict": "下架,退款", "judged_on": timezone.localdate()}
    case = add_precedent("不确定承诺的销售", **told, by=ops)
    name_born_rule(case, rule, by=ops, reason="由此立规")
    assert rule.precedents.get() == case
    assert refusal(add_precedent, "x", **told, by=qiao) == "forbidden"
    tomorrow = told | {"judged_on": timezone.localdate() + DAY}
    assert refusal(add_precedent, "x", **tomorrow, by=ops) == "precedent.future"
