"""Shops that try new things first: let in by real orders, reviewed, first in rollouts, free to decline."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Notification
from apass.actions import add_stage, approve_stage, open_rollout, propose_stage
from apass.rollouts.deciding import decide, shop_subject
from common.deadlines import sweep
from common.history import history_of
from common.models import Deadline, Parameter
from common.parameters import forget
from merchants.actions.pilots import (
    accept_feature,
    decline_feature,
    enter_pilot,
    leave_pilot,
    review_pilot,
    say_of_feature,
)
from merchants.models import PilotFeedback, PilotShop, PilotState, Shop, StaffRight
from tests.conftest import person
from tests.merchants.casts_key_accounts import DAY, NOW, WHY, sold, works_for
from tests.merchants.casts_penalties import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_numbers(db):
    """Four orders of two products are enough here."""
    for key, number in (("pilot.orders", 4), ("pilot.products", 2)):
        Parameter.objects.create(
            key=key, value=number, effective_from=datetime(2020, 1, 1, tzinfo=UTC), reason="测试",
            changed_by=person(f"p-{key}", "参数", "operations"),
        )  # fmt: skip
    forget()


@pytest.fixture
def busy(shop, mei):
    sold(mei, shop, orders=4, products=2)
    return shop


@pytest.fixture
def pilot(busy, ops):
    return enter_pilot(busy, by=ops, reason=WHY, now=NOW)


@pytest.fixture
def third_shop(db):
    return Shop.objects.create(shop_no="S3003", name="第三家")


def rollout_on(shops, ops, lu, *, code="shop-bot"):
    """A rollout on shops whose first stage, for named pilots, is open."""
    rollout = open_rollout(code, "店小蜜", kind="bot", subject_kind="shop", by=ops)
    add_stage(
        rollout,
        "十家试点",
        kind="named",
        numbers=[one.shop_no for one in shops],
        by=ops,
        reason=WHY,
    )
    propose_stage(rollout, by=ops, reason=WHY)
    approve_stage(rollout, by=lu, reason=WHY)
    rollout.refresh_from_db()
    return rollout


@pytest.fixture
def tried(third_shop, shop, ops):
    return rollout_on([third_shop], ops, person("lu2", "鲁", "operations"))


def is_in(shop, code="shop-bot"):
    from apass.rollouts import snapshot

    snapshot.recheck()
    return decide(code, shop_subject(shop.shop_no)).is_in


def test_a_shop_enters_by_its_real_orders(pilot):
    assert (pilot.orders, pilot.products, pilot.state) == (4, 2, PilotState.ACTIVE)
    assert pilot.review_at == datetime(2027, 2, 8, 16, tzinfo=UTC)
    assert history_of(pilot).get().action == "pilot.entered"


def test_who_sells_too_little_is_told_the_figures(shop, mei, ops):
    sold(mei, shop, orders=3, products=2)
    with pytest.raises(Exception, match=r"^pilot\.criteria_not_met") as refusal:
        enter_pilot(shop, by=ops, reason=WHY, now=NOW)
    assert (refusal.value.details["orders"], refusal.value.details["orders_needed"]) == (3, 4)


def test_many_orders_of_one_thing_are_not_complex_enough(shop, mei, ops):
    sold(mei, shop, orders=6, products=1)
    with refused("pilot.criteria_not_met"):
        enter_pilot(shop, by=ops, reason=WHY, now=NOW)


def test_old_and_closed_orders_do_not_count(shop, mei, ops):
    orders = sold(mei, shop, orders=4, products=2)
    orders[0].status = "closed"
    orders[0].save()
    with refused("pilot.criteria_not_met"):
        enter_pilot(shop, by=ops, reason=WHY, now=NOW)
    with refused("pilot.criteria_not_met"):
        enter_pilot(shop, by=ops, reason=WHY, now=NOW + 40 * DAY)


def test_once_and_by_operations_with_a_reason(pilot, busy, ops, wen, bo, owner):
    with refused("pilot.already"):
        enter_pilot(busy, by=ops, reason=WHY, now=NOW)
    for who in (wen, bo, owner):
        with refused("forbidden"):
            enter_pilot(busy, by=who, reason=WHY, now=NOW)
    with refused("pilot.no_reason"):
        enter_pilot(busy, by=ops, reason="", now=NOW)


def test_a_review_falls_due_and_counts_anew(pilot, busy, mei, ops):
    sweep(pilot.review_at - timedelta(seconds=1))
    pilot.refresh_from_db()
    assert pilot.state == PilotState.ACTIVE
    sweep(pilot.review_at)
    pilot.refresh_from_db()
    assert pilot.state == PilotState.REVIEW
    assert Notification.objects.filter(person=ops, kind="portfolio.work").exists()
    with refused("pilot.criteria_not_met"):
        review_pilot(pilot, by=ops, reason=WHY, now=pilot.review_at)
    for order in busy.orders.all():
        order.delete()
    sold(mei, busy, orders=5, products=2, at=pilot.review_at - DAY)
    done = review_pilot(pilot, by=ops, reason=WHY, now=pilot.review_at)
    assert (done.state, done.orders) == (PilotState.ACTIVE, 5)
    assert Deadline.objects.get(kind="pilot.review").due_at == done.review_at


def test_pilots_are_in_by_themselves_whoever_is_named(tried, third_shop, busy, ops):
    assert (is_in(third_shop), is_in(busy)) == (True, False)
    pilot = enter_pilot(busy, by=ops, reason=WHY, now=NOW)
    assert is_in(busy)
    leave_pilot(pilot, by=ops, reason=WHY, now=NOW + DAY)
    assert not is_in(busy)
    assert not Deadline.objects.filter(kind="pilot.review", done_at=None).exists()


def test_members_know_nothing_of_pilot_shops(pilot, ops, mei, chen):
    from apass.rollouts.deciding import member_subject

    rollout = open_rollout("for-members", "会员", kind="feature", subject_kind="member", by=ops)
    add_stage(rollout, "试点", kind="named", numbers=["M10000001"], by=ops, reason=WHY)
    propose_stage(rollout, by=ops, reason=WHY)
    approve_stage(rollout, by=person("lu3", "鲁", "operations"), reason=WHY)
    from apass.rollouts import snapshot

    snapshot.recheck()
    assert decide("for-members", member_subject(mei.member)).is_in
    assert snapshot.read_plan(rollout).stages[0].pilots == frozenset()


def test_a_later_list_of_others_still_widens(tried, pilot, ops, stranger_shop):
    stage = add_stage(
        tried, "再加", kind="named", numbers=[stranger_shop.shop_no], by=ops, reason=WHY
    )
    tried.refresh_from_db()
    first, second = tried.stages.order_by("position")
    assert (stage.position, first.counted, second.counted) == (2, 1 + 1, 3)


def test_a_shop_declines_and_comes_back_by_its_own_people(tried, pilot, busy, owner):
    assert decline_feature(busy, tried, by=owner, now=NOW)
    assert not is_in(busy)
    assert not decline_feature(busy, tried, by=owner, now=NOW)
    event = history_of(tried).filter(action="rollout.declined").get()
    assert (event.actor_id, event.after["subject"]) == (owner.pk, "shop:S3001")
    assert accept_feature(busy, tried, by=owner, now=NOW)
    assert is_in(busy)


def test_nobody_declines_for_another_shop(tried, pilot, busy, stranger, wen, ops, qiao):
    for who in (stranger, wen, ops):
        with refused("not_found"):
            decline_feature(busy, tried, by=who, now=NOW)
    works_for(qiao, busy.merchant, StaffRight.ANSWER)
    with refused("forbidden"):
        decline_feature(busy, tried, by=qiao, now=NOW)
    works_for(stranger, busy.merchant, StaffRight.VOTE)
    assert decline_feature(busy, tried, by=stranger, now=NOW)


def test_a_shop_that_is_no_pilot_has_nothing_to_decline(tried, busy, owner):
    with refused("pilot.not_one"):
        decline_feature(busy, tried, by=owner, now=NOW)


def test_a_shop_leaves_by_itself(pilot, owner, stranger):
    with refused("not_found"):
        leave_pilot(pilot, by=stranger, now=NOW)
    assert leave_pilot(pilot, by=owner, now=NOW + DAY).state == PilotState.LEFT
    with refused("pilot.left"):
        leave_pilot(pilot, by=owner, now=NOW + DAY)


def test_shops_and_the_house_write_into_the_thread(tried, pilot, busy, owner, wen, mei, browser_of):
    said = say_of_feature(tried, "回答得快，别叫 13800138000", shop=busy, by=owner, now=NOW)
    assert ("13800138000" in said.text, said.public_key[:4]) == (False, "pfb_")
    say_of_feature(tried, "下周改", by=wen, now=NOW)
    for who in (mei, owner):
        with refused("forbidden"):
            say_of_feature(tried, "x", by=who, now=NOW)
    page = browser_of(owner).get("/pilots/shop-bot/").content.decode()
    assert ("下周改" in page, "方舟" in page) == (True, True)


def test_the_wall_is_for_staff_of_merchants_and_of_the_house(
    tried, pilot, owner, stranger, wen, mei, browser_of
):
    answers = {who: browser_of(who).get("/pilots/") for who in (owner, stranger, wen, mei)}
    assert [answer.status_code for answer in answers.values()] == [200, 200, 200, 404]
    assert "不试用" in answers[owner].content.decode()
    # Another merchant reads who takes part, and has no word in it.
    others = answers[stranger].content.decode()
    assert ("岭上鲜果旗舰店" in others, "decline" in others) == (True, False)
    foreign = browser_of(stranger)
    assert foreign.post("/pilots/shop-bot/shops/S3001/decline/").status_code == 404
    assert foreign.post("/pilots/shop-bot/feedback/", {"text": "我也说"}).status_code == 403
    assert not PilotFeedback.objects.exists()


def test_the_wall_asks_the_same_however_many(
    tried, pilot, owner, ops, mei, browser_of, django_assert_max_num_queries
):
    for n in range(5):
        one = Shop.objects.create(shop_no=f"S60{n}", name=f"店{n}", merchant=pilot.shop.merchant)
        sold(mei, one, orders=4, products=2)
        enter_pilot(one, by=ops, reason=WHY, now=NOW)
        rollout_on([one], ops, person(f"lu-{n}", "鲁", "operations"), code=f"thing-{n}")
    page = browser_of(owner)
    with django_assert_max_num_queries(14):
        assert page.get("/pilots/").status_code == 200
    assert PilotShop.objects.current().count() == 6


def test_the_page_takes_a_word_and_a_decline(tried, pilot, owner, browser_of):
    page = browser_of(owner)
    sent = {"text": "回答得快", "shop": "S3001"}
    assert page.post("/pilots/shop-bot/feedback/", sent).status_code == 302
    assert page.post("/pilots/shop-bot/feedback/", {"text": "", "shop": "S3001"}).status_code == 422
    assert page.post("/pilots/shop-bot/shops/S3001/decline/").status_code == 302
    assert "没在试用" in page.get("/pilots/").content.decode()
    assert page.post("/pilots/shop-bot/shops/S3001/accept/").status_code == 302
    assert PilotFeedback.objects.get().at <= timezone.now()
