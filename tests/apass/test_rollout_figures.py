"""What is measured of whom, over which span: figures from real rows, in one statement each."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apass import actions
from apass.models import Exposure, Guardrail, MetricSnapshot
from apass.rollouts import metrics, snapshot
from apass.rollouts.deciding import shop_subject
from apass.rollouts.exposures import notebook
from apass.rollouts.metrics import metric_named, observe, watch
from common.models import Deadline
from tests.apass.conftest import NOW, pilot, widen
from tests.apass.test_rollout_moves import asks_twice_of
from tests.apass.test_rollout_stages import refused
from tests.conftest import make_order
from trade.models import Order
from trade.queries import order_cards

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY


def met(rollout, user, at=NOW, arm="treated", stage=1):
    Exposure.objects.create(
        rollout=rollout, subject=f"member:{user.member.pk}", arm=arm, stage=stage, at=at
    )


def ordered_again(rollout, now, span=WEEK):
    side = observe(rollout, metric_named("ordered_again"), now, span=span)["treated"]
    return side.size, side.mean


def test_ordering_again_counts_after_the_first_meeting_only(rollout, mei, shop):
    met(rollout, mei)
    make_order(mei, shop, "2611200341700001", NOW)
    assert ordered_again(rollout, NOW + WEEK) == (1, 0.0)
    make_order(mei, shop, "2611200341700002", NOW + timedelta(minutes=1))
    assert ordered_again(rollout, NOW + WEEK) == (1, 1.0)


def test_each_is_observed_for_the_same_span_and_who_came_late_not_yet(rollout, mei, ada, shop):
    met(rollout, mei)
    met(rollout, ada, NOW + DAY)
    late = NOW + WEEK + timedelta(seconds=1)
    make_order(mei, shop, "2611200341700001", late)
    assert ordered_again(rollout, NOW + WEEK - timedelta(seconds=1)) == (0, None)
    assert ordered_again(rollout, late) == (1, 0.0)  # Mei's week was over before she ordered
    make_order(ada, shop, "2611200341700002", late)
    assert ordered_again(rollout, NOW + DAY + WEEK) == (2, 0.5)


def test_a_metric_is_one_statement_whoever_many_have_met_it(rollout, mei, ada, chen):
    for user, arm in ((mei, "treated"), (ada, "holdout"), (chen, "control")):
        met(rollout, user, arm=arm)
    with CaptureQueriesContext(connection) as asked:
        sides = observe(rollout, metric_named("ordered_again"), NOW + WEEK, span=WEEK)
    assert len(asked) == 1
    assert {arm: one.size for arm, one in sides.items()} == {
        "treated": 1,
        "holdout": 1,
        "control": 1,
    }


def watched(rollout, now, direction, window=DAY):
    return watch(
        rollout, metric_named("ordered_again"), now, window=window, direction=direction
    ).size


def test_a_floor_is_silent_until_its_window_is_full(rollout, ops, zhao, mei, ada, bo):
    pilot(rollout, "M10000001", ops)
    widen(rollout, ops, zhao)
    met(rollout, mei)
    met(rollout, ada, NOW + HOUR)
    assert watched(rollout, NOW + HOUR, "at_most") == 2
    assert watched(rollout, NOW + DAY - HOUR, "at_least") == 0
    # Mei was in for the whole day, Ada an hour less.
    assert watched(rollout, NOW + DAY, "at_least") == 1
    assert watched(rollout, NOW + DAY + HOUR, "at_least") == 2


def test_a_floor_that_nobody_reaches_yet_takes_nothing_back(rollout, ops, zhao, mei, ada, bo):
    pilot(rollout, "M10000001", ops)
    widen(rollout, ops, zhao)
    met(rollout, mei)
    actions.add_guardrail(
        rollout, "ordered_again", direction="at_least", threshold=0.5, window=DAY, smallest=1,
        by=ops, reason="回购",
    )  # fmt: skip
    assert not actions.evaluate_guardrails(rollout.pk, now=NOW + HOUR)
    assert Guardrail.objects.get().sample == 0
    assert actions.evaluate_guardrails(rollout.pk, now=NOW + DAY)
    rollout.refresh_from_db()
    assert rollout.reached == 0


def test_who_was_let_in_by_a_later_stage_is_not_held_against_the_earlier(
    rollout, ops, zhao, mei, ada, bo
):
    pilot(rollout, "M10000001", ops)
    widen(rollout, ops, zhao)
    met(rollout, mei)
    met(rollout, ada, stage=2)
    assert watched(rollout, NOW + HOUR, "at_most") == 1


def test_a_stage_that_begins_later_is_not_measured_yet(rollout, ops, zhao, mei, ada, bo):
    pilot(rollout, "M10000001", ops)
    widen(rollout, ops, zhao, now=NOW + DAY)
    actions.add_guardrail(
        rollout, "contacts_per_member", direction="at_most", threshold=0, window=DAY, smallest=1,
        by=ops, reason="求助",
    )  # fmt: skip
    met(rollout, mei)
    asks_twice_of(mei, NOW + timedelta(minutes=5))
    assert not actions.evaluate_guardrails(rollout.pk, now=NOW + HOUR)
    assert Guardrail.objects.get().measured_at is None
    assert Deadline.objects.filter(kind="rollout.guardrails", done_at=None).exists()


def test_nobody_waits_while_figures_are_measured(rollout, ops, zhao, mei, ada, bo, monkeypatch):
    """Whatever is measured, no row is locked while it is."""
    pilot(rollout, "M10000001", ops)
    actions.add_stage(rollout, "APASS", kind="tiers", tiers=["apass"], by=ops, reason="随后")
    widen(rollout, ops, zhao)
    met(rollout, mei)
    actions.add_guardrail(
        rollout, "contacts_per_member", direction="at_most", threshold=9, window=DAY, smallest=1,
        by=ops, reason="求助",
    )  # fmt: skip
    asked, measure = [], metrics._measured

    def looked_at(*args, **kwargs):
        asked.append([line["sql"] for line in connection.queries if "FOR UPDATE" in line["sql"]])
        return measure(*args, **kwargs)

    monkeypatch.setattr(metrics, "_measured", looked_at)
    with CaptureQueriesContext(connection):
        actions.propose_stage(rollout, by=ops, reason="顺利", now=NOW + HOUR)
    assert asked
    assert asked == [[] for _one in asked]
    asked.clear()
    connection.queries_log.clear()
    with CaptureQueriesContext(connection) as statements:
        actions.evaluate_guardrails(rollout.pk, now=NOW + HOUR)
    assert asked == [[]]
    assert any("SKIP LOCKED" in line["sql"] for line in statements)


def test_a_rollout_that_moved_while_it_was_measured_is_not_taken_back(
    rollout, ops, zhao, mei, ada, bo, monkeypatch
):
    pilot(rollout, "M10000001", ops)
    actions.add_stage(rollout, "APASS", kind="tiers", tiers=["apass"], by=ops, reason="随后")
    widen(rollout, ops, zhao)
    met(rollout, mei)
    asks_twice_of(mei, NOW + timedelta(minutes=5))
    actions.add_guardrail(
        rollout, "contacts_per_member", direction="at_most", threshold=0, window=DAY, smallest=1,
        by=ops, reason="求助",
    )  # fmt: skip
    measure = metrics._measured

    def meanwhile(*args, **kwargs):
        found = measure(*args, **kwargs)
        widen(rollout, ops, zhao, now=NOW + timedelta(minutes=10))
        return found

    actions.propose_stage(rollout, by=ops, reason="顺利", now=NOW)
    actions.reject_stage(rollout, by=zhao, reason="再等等", now=NOW)
    with monkeypatch.context() as moved:
        moved.setattr(metrics, "_measured", meanwhile)
        moved.setattr("apass.actions.rollouts._figures", lambda *_given: [MetricSnapshot(
            metric="x", arm="treated", size=0, at=NOW)])  # fmt: skip
        assert not actions.evaluate_guardrails(rollout.pk, now=NOW + HOUR)
    rollout.refresh_from_db()
    assert rollout.reached == 2


def test_shops_are_measured_by_their_own_orders(ops, mei, shop):
    trial = actions.open_rollout(
        "shop-offers", "店铺推荐", kind="feature", subject_kind="shop", by=ops, now=NOW
    )
    Exposure.objects.create(rollout=trial, subject="shop:S3001", arm="treated", stage=1, at=NOW)
    make_order(mei, shop, "2611200341700001", NOW + HOUR, refunded_amount=Decimal("42.00"))
    make_order(mei, shop, "2611200341700002", NOW + 2 * HOUR)
    said = {
        code: observe(trial, metric_named(code), NOW + WEEK, span=WEEK)["treated"].mean
        for code in ("orders_per_shop", "refunded_share")
    }
    assert said == {"orders_per_shop": 2.0, "refunded_share": pytest.approx(0.125)}


def test_a_feature_of_shops_opens_shop_by_shop(ops, zhao, mei, shop, order, product):
    orders = Order.objects.filter(member=mei.member)
    assert order_cards(orders, mei)[0]["offer"]
    with refused("rollout.other_kind"):
        actions.open_rollout("shop-offers", "x", kind="feature", subject_kind="member", by=ops)
    trial = actions.open_rollout(
        "shop-offers", "店铺推荐", kind="feature", subject_kind="shop", by=ops, now=NOW
    )
    snapshot.recheck()
    assert order_cards(orders, mei)[0]["offer"] is None
    type(shop).objects.create(shop_no="S3002", name="别家", category="生鲜")
    actions.add_stage(trial, "蜂王店铺", kind="named", numbers=["S3001"], by=ops, reason="首批")
    widen(trial, ops, zhao)
    assert order_cards(orders, mei)[0]["offer"]
    assert shop_subject("S3001").key == "shop:S3001"


def test_without_any_figure_no_step_is_proposed(ops, mei, ada, monkeypatch):
    trial = actions.open_rollout("x", "x", kind="bot", subject_kind="member", by=ops, now=NOW)
    pilot(trial, "M10000001", ops)
    monkeypatch.setattr(metrics, "_metrics", {})
    with refused("rollout.no_figures"), transaction.atomic():
        actions.propose_stage(trial, by=ops, reason="下一步", now=NOW)
    assert not trial.changes.exists()


@pytest.fixture
def offers_of_bees(ops, zhao, shop):
    """Offers of shops behind a rollout that lets this shop in."""
    trial = actions.open_rollout(
        "shop-offers", "店铺推荐", kind="feature", subject_kind="shop", by=ops, now=NOW
    )
    type(shop).objects.create(shop_no="S3002", name="别家", category="生鲜")
    actions.add_stage(trial, "蜂王店铺", kind="named", numbers=["S3001"], by=ops, reason="首批")
    widen(trial, ops, zhao)
    return trial


def meetings() -> list[str]:
    notebook.flush()
    return list(Exposure.objects.values_list("subject", flat=True))


@pytest.mark.parametrize("who", ["bo", "lin", "ops", "qiao"])
def test_a_shop_meets_nothing_when_its_own_people_or_ours_look(
    who, request, offers_of_bees, mei, order, product
):
    """They see what the buyer would see; it counts for nothing."""
    reader = request.getfixturevalue(who)
    orders = Order.objects.filter(member=mei.member)
    assert order_cards(orders, reader)[0]["offer"]
    assert meetings() == []


def test_a_shop_meets_it_when_a_buyer_reads(offers_of_bees, mei, order, product):
    assert order_cards(Order.objects.filter(member=mei.member), mei)[0]["offer"]
    assert meetings() == ["shop:S3001"]


def test_a_shop_is_asked_once_a_reading(monkeypatch, offers_of_bees, mei, shop, order, product):
    for number in range(3):
        make_order(mei, shop, f"261120034170001{number}", NOW, product=product.title)
    asked = []

    def shows(shop_no, opened_at, *, to_buyer):
        asked.append((shop_no, to_buyer))
        return True

    monkeypatch.setattr("trade.queries.shop_shows_offers", shows)
    cards = order_cards(Order.objects.filter(member=mei.member), mei)
    assert sum(card["offer"] is not None for card in cards) >= 3
    assert asked == [("S3001", True)]


def test_a_shop_does_not_meet_it_by_a_buyer_for_whom_products_are_closed(
    offers_of_bees, rollout, mei, order, product
):
    snapshot.recheck()
    assert order_cards(Order.objects.filter(member=mei.member), mei)[0]["offer"] is None
    assert "shop:S3001" not in meetings()
