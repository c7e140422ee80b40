"""What a penalty does to weight, scores, shelves and credit, and that a revoked one leaves all of it as it was."""

from datetime import timedelta

import pytest

from common.recompute import derived
from merchants.actions.appeals import file_appeal, rule_appeal
from merchants.actions.dsr import bring_up_to_date
from merchants.actions.measures import restore_rating
from merchants.actions.penalties import lift_penalty
from merchants.actions.shop_acts import act_on_shop, undo_act
from merchants.models import CaseRating, DSRSnapshot, Rating, RatingMeasure, Restored, Violation
from merchants.penalties.restoring import read_all
from merchants.queries.dsr import standing_card, traffic_card
from merchants.queries.penalties import trust_of_shop
from merchants.queries.shops import shop_page
from tests.merchants.casts_penalties import DAY, HEARD, NOW, WHY, decided, detected, refused, rule
from tests.merchants.casts_ratings import another_shop, buyers, rate
from trade.models import Product
from trade.queries import product_page

pytestmark = pytest.mark.django_db
LATER = HEARD + DAY


@pytest.fixture
def rated(shop):
    """Twelve buyers: ten content, two of whom it turns out were paid for."""
    people = buyers(12)
    honest = [rate(one, shop, 4, 4, 4, succeeded_at=NOW - 9 * DAY) for one in people[:10]]
    fake = [rate(one, shop, 5, 5, 5, succeeded_at=NOW - 9 * DAY) for one in people[10:]]
    bring_up_to_date(NOW)
    return honest, fake


def fake_trade(shop, finder, judge, fake, **fields):
    orders = [one.order_no for one in fake]
    return decided(
        shop, finder, judge, code="order-disturbing", points="24", fake_ratings=orders, **fields
    )


def figures(shop, now=LATER):
    return {
        f"{what} {part}".strip(): figure for (what, part), figure in read_all(shop, now).items()
    }


def revoked(penalty, staff, judge, now=LATER):
    appeal = file_appeal(penalty, text="冤枉", by=staff, now=now)
    return rule_appeal(appeal, outcome="revoked", reason=WHY, by=judge, now=now)


def test_fake_ratings_count_until_the_case_is_decided_and_again_once_it_is_revoked(
    shop, rated, bo, ops, judge, staff
):
    before = figures(shop, NOW)
    assert before["dsr desc_match"] == "4.16667"
    detected(shop, bo, code="order-disturbing", fake_ratings=[it.order_no for it in rated[1]])
    assert figures(shop, NOW) == before
    penalty = fake_trade(shop, bo, ops, rated[1])
    under = figures(shop)
    assert under["dsr desc_match"] == "4.00000"
    assert under["credit points"] == before["credit points"] - 2
    revoked(penalty, staff, judge)
    assert figures(shop) == figures(shop, NOW) == before
    assert not Rating.objects.filter(is_excluded=True).exists()
    assert RatingMeasure.objects.filter(ended_at=LATER, ended_by=judge).count() == 2


def test_everything_a_revoked_penalty_gave_back_is_listed(
    shop, product, rated, bo, ops, judge, staff
):
    penalty = fake_trade(shop, bo, ops, rated[1])
    revoked(penalty, staff, judge)
    given = {
        (it.what, it.about): (it.before.get("value"), it.after.get("value"))
        for it in Restored.objects.all()
    }
    assert given["weight", ""] == ("0.0000", "0.9333")
    assert given["dsr", "desc_match"] == ("4.00000", "4.16667")
    assert given["listing", ""] == (0, 1)
    assert given["credit", "points"] == (10, 12)
    assert given["credit", "trust"] == (260, 500)
    assert {"points", "measure", "limits", "ratings"} <= {what for what, _about in given}


def test_the_next_count_says_what_it_would_have_said(shop, rated, bo, ops, judge, staff):
    first = DSRSnapshot.objects.get()
    penalty = fake_trade(shop, bo, ops, rated[1])
    bring_up_to_date(LATER)
    lowered = DSRSnapshot.objects.filter(shop=shop).latest("day")
    assert (lowered.desc_sum, lowered.credit) == (40, 10)
    revoked(penalty, staff, judge)
    bring_up_to_date(LATER + DAY)
    again = DSRSnapshot.objects.filter(shop=shop).latest("day")
    same = ("desc_sum", "desc_count", "positive", "credit", "desc_e5", "service_e5")
    assert [getattr(again, it) for it in same] == [getattr(first, it) for it in same]
    assert [found for part in derived() for found in part.check(LATER + DAY) if found.rows] == []


def test_what_was_not_counted_already_is_not_the_cases_to_give_back(
    shop, rated, bo, ops, judge, staff
):
    first = fake_trade(shop, bo, ops, rated[1])
    second = fake_trade(shop, bo, ops, rated[1], now=LATER + 3 * DAY)
    assert CaseRating.objects.filter(measure=None).count() == 2
    revoked(second, staff, judge, now=second.decided_at)
    assert Rating.objects.filter(is_excluded=True).count() == 2
    revoked(first, staff, judge, now=second.decided_at)
    assert not Rating.objects.filter(is_excluded=True).exists()


def test_a_rating_two_cases_call_fake_stays_out_until_both_are_revoked(
    shop, rated, bo, ops, judge, third, staff
):
    first = fake_trade(shop, bo, ops, rated[1])
    second = fake_trade(shop, bo, ops, rated[1], now=LATER + 3 * DAY)
    at = second.decided_at
    revoked(first, staff, judge, now=at)
    assert Rating.objects.filter(is_excluded=True).count() == 2
    # What stays out was not given back.
    assert not Restored.objects.filter(what="ratings").exists()
    assert RatingMeasure.objects.filter(named_in__violation=second.violation_id).count() == 2
    revoked(second, staff, third, now=at)
    assert not Rating.objects.filter(is_excluded=True).exists()
    assert len(Restored.objects.get(what="ratings").after["orders"]) == 2


def test_what_somebody_has_lifted_since_is_left_alone(shop, rated, bo, ops, judge, staff):
    penalty = fake_trade(shop, bo, ops, rated[1])
    restore_rating(rated[1][0], reason="查错了", by=ops, now=LATER)
    revoked(penalty, staff, judge)
    assert Restored.objects.get(what="ratings").after == {"orders": [rated[1][1].order_no]}


def test_a_penalty_that_is_lifted_early_leaves_fake_ratings_out(shop, rated, bo, ops, judge):
    penalty = fake_trade(shop, bo, ops, rated[1])
    lift_penalty(penalty, by=judge, reason=WHY, now=LATER)
    assert Rating.objects.filter(is_excluded=True).count() == 2


def test_only_ratings_of_the_shop_are_named(shop, rated, bo):
    stranger = rate(buyers(1)[0], another_shop(), succeeded_at=NOW - DAY)
    with refused("violation.unknown_rating"):
        detected(shop, bo, fake_ratings=[stranger.order_no])
    with refused("violation.too_many_ratings"):
        detected(shop, bo, fake_ratings=[str(number) for number in range(201)])
    assert not Violation.objects.exists()


def test_a_shielded_shop_is_not_found_and_an_emptied_one_sells_nothing(shop, product, bo, ops, mei):
    Product.objects.update(added_at=NOW - 9 * DAY)
    decided(shop, bo, ops, points="12")
    assert shop_page() == ([], "")
    # A shield hides the shop; its shelves stay for who has the address.
    assert Product.objects.on_the_shelf().count() == 1
    decided(shop, bo, ops, code="order-disturbing", points="24")
    assert not Product.objects.on_the_shelf().exists()
    assert product_page(mei) == ([], "")
    product.refresh_from_db()
    assert not product.is_on_shelf
    assert (product.is_listed, product.taken_down_at) == (True, None)


def test_under_a_ban_only_what_is_new_stays_off_the_shelf(shop, product, bo, ops, lin):
    Product.objects.update(added_at=NOW - 9 * DAY)
    act_on_shop(shop, "restrict", days=1, reason=WHY, rule=rule("misdescription"), by=bo, now=NOW)
    late = Product.objects.create(product_no="N1", shop=shop, title="新品", price="1.00")
    Product.objects.filter(pk=late.pk).update(added_at=NOW)
    assert [it.product_no for it in Product.objects.on_the_shelf()] == [product.product_no]
    late = Product.objects.select_related("shop__limits").get(pk=late.pk)
    product = Product.objects.get(pk=product.pk)
    assert (late.is_on_shelf, product.is_on_shelf) == (False, True)


def test_what_was_listed_before_the_ban_that_is_left_is_on_the_shelf_again(
    shop, product, bo, ops, lin
):
    hour = DAY / 24
    Product.objects.update(added_at=HEARD - 6 * hour)
    act = act_on_shop(
        shop, "restrict", days=7, reason=WHY, rule=rule("misdescription"), by=lin,
        now=HEARD - 12 * hour,
    )  # fmt: skip
    decided(shop, bo, ops, points="12")
    assert not Product.objects.on_the_shelf().exists()
    undo_act(act, by=lin, reason=WHY, now=HEARD + hour)
    assert Product.objects.on_the_shelf().exists()


def test_a_revoked_ban_leaves_the_later_one_to_begin_where_it_did(
    shop, product, bo, ops, judge, staff
):
    Product.objects.update(added_at=LATER)
    first = decided(shop, bo, ops, points="12")
    decided(shop, bo, ops, code="order-disturbing", points="12", at=LATER + DAY)
    # The lighter one still runs below the heavier: what is new under either stays off.
    assert not Product.objects.on_the_shelf().exists()
    revoked(first, staff, judge, now=LATER + 2 * DAY)
    assert Product.objects.on_the_shelf().exists()
    assert [
        found for part in derived() for found in part.check(LATER + 2 * DAY) if found.rows
    ] == []


def test_a_list_of_products_asks_nothing_more_for_its_shops(
    shop, product, mei, bo, ops, django_assert_num_queries
):
    for number in range(4):
        Product.objects.create(product_no=f"N{number}", shop=shop, title="货", price="1.00")
    decided(shop, bo, ops, points="6")
    with django_assert_num_queries(1):
        assert len(product_page(mei)[0]) == 5


def test_the_weight_says_what_holds_for_the_shop(shop, rated, bo, ops, lin):
    card = traffic_card(shop, NOW)
    assert (card["multiplier"], card["exposure"], card["weight"]) == ("0.9333", "1", "0.9333")
    act_on_shop(shop, "reward", days=3, reason=WHY, by=lin, now=NOW)
    card = traffic_card(shop, NOW)
    assert (card["multiplier"], card["exposure"], card["weight"]) == ("0.9333", "1.2", "1.1200")
    decided(shop, bo, ops, points="12")
    card = traffic_card(shop, HEARD)
    assert (card["multiplier"], card["weight"]) == ("0.9333", "0.0000")
    # The published function itself does not change.
    assert standing_card(shop, HEARD)["scores"][0]["exact"] == "4.16667"


def test_trust_is_less_by_ten_for_a_point_within_a_year(shop, bo, ops):
    shop.opened_at = NOW - timedelta(days=800)
    shop.save()
    assert trust_of_shop(shop, NOW) == 600
    decided(shop, bo, ops, points="6")
    assert trust_of_shop(shop, HEARD) == 440
    assert trust_of_shop(shop, HEARD + 40 * DAY) == 450
    assert trust_of_shop(shop, HEARD + 366 * DAY) == 600
    decided(shop, bo, ops, code="order-disturbing", points="48")
    decided(shop, bo, ops, code="fake-goods", points="12")
    assert trust_of_shop(shop, HEARD) == 0
