"""Shops' scores, day by day: what comes in, what leaves, what changes, and why a score moved."""

from datetime import date, timedelta
from decimal import Decimal as D
from fractions import Fraction

import pytest
from django.db import connection

from common.rules import midnight_after
from merchants.actions import (
    bring_up_to_date,
    count_day,
    differences,
    edit_review,
    exclude_rating,
    mend,
    restore_rating,
    withdraw_review,
)
from merchants.models import DSRDay, DSRSnapshot, Grade, PeerScore, Rating, RatingMove, ShopScore
from merchants.queries.changes import explain, explanation_card
from merchants.queries.dsr import formula_scores, standing_card, traffic_card, traffic_of, trend
from merchants.queries.effects import owned_page
from tests.merchants.casts_ratings import (
    DAY,
    NOW,
    WHY,
    another_shop,
    at,
    buyers,
    counted,
    rate,
    refusal,
)
from tests.waiting import Beside, Halt

pytestmark = pytest.mark.django_db
D20, D21, D22 = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)


def count(day: date, **how) -> DSRDay:
    """Count a day as the clock does soon after midnight."""
    found = count_day(day, now=midnight_after(day) + timedelta(minutes=20), **how)
    assert found is not None
    assert not any(one.rows for one in differences(NOW)), list(differences(NOW))
    return found


def snapshot(shop, day: date) -> DSRSnapshot:
    return DSRSnapshot.objects.get(pk=DSRSnapshot.key(day, shop.pk))


def test_a_day_is_the_sum_of_what_was_given(mei, ada, shop):
    rate(mei, shop, 5, 4, None)
    rate(ada, shop, 4, None, 3, grade=Grade.NEGATIVE)
    count(D20)
    assert counted(shop, D20) == (9, 2, 4, 1, 3, 1, 1, 0, 1, 0)
    found = snapshot(shop, D20)
    assert (found.desc_match, found.service_attitude) == (D("4.50000"), D("4.00000"))


def test_every_shop_has_running_figures_from_its_first_moment(shop):
    assert ShopScore.objects.get(shop=shop).desc_count == 0


def test_the_next_day_is_counted_from_the_day_before(mei, ada, shop):
    rate(mei, shop, 5, 5, 5)
    first = count(D20)
    rate(ada, shop, 3, 3, 3, succeeded_at=at(21))
    second = count(D21)
    assert (first.kind, second.kind) == ("whole", "rolling")
    assert counted(shop, D21)[:2] == (8, 2)


def test_the_fourth_of_a_month_is_not_in_it(mei, shop):
    for day in (1, 2, 3, 4):
        rate(mei, shop, day, day, day, succeeded_at=at(day))
    count(D20)
    assert counted(shop, D20)[:2] == (1 + 2 + 3, 3)


def test_what_is_181_days_old_leaves(mei, ada, shop):
    old = date(2026, 11, 20) - 180 * DAY
    rate(mei, shop, 1, 1, 1, succeeded_at=NOW - 180 * DAY)
    rate(ada, shop, 5, 5, 5, succeeded_at=NOW - 179 * DAY)
    assert count(D20 - DAY, whole=True).day == D20 - DAY
    assert counted(shop, D20 - DAY)[:2] == (6, 2)
    assert old == D20 - 180 * DAY
    count(D20)
    assert counted(shop, D20)[:2] == (5, 1)
    # Credit is never forgotten.
    assert counted(shop, D20)[-1] == 2
    count(D21)
    assert counted(shop, D21)[:2] == (0, 0)
    assert snapshot(shop, D21).desc_match is None


def test_a_day_is_counted_once(shop):
    count(D20)
    assert count_day(D20, now=NOW) is None
    assert count_day(D20 - DAY, now=NOW) is None


def test_the_clock_counts_every_day_that_is_over(mei, shop):
    rate(mei, shop)
    assert [row.day for row in bring_up_to_date(at(21, 1))] == [D20]
    assert [row.day for row in bring_up_to_date(at(23, 1))] == [D21, D22]
    assert bring_up_to_date(at(23, 2)) == []
    assert [row.kind for row in DSRDay.objects.order_by("day")] == ["whole", "rolling", "rolling"]


def test_excluding_and_restoring_brings_back_exactly_what_was(mei, ada, chen, shop, ops):
    bad = rate(mei, shop, 1, 1, 1, grade=Grade.NEGATIVE)
    rate(ada, shop, 5, 5, 5)
    count(D20)
    before = counted(shop, D20)
    exclude_rating(bad, ground="malicious", reason=WHY, by=ops)
    count(D21)
    assert counted(shop, D21) == (5, 1, 5, 1, 5, 1, 1, 0, 0, 1)
    restore_rating(bad, reason=WHY, by=ops)
    count(D22)
    assert counted(shop, D22) == before


def test_excluding_one_brings_in_the_one_beyond_the_month(mei, shop, ops):
    rows = [rate(mei, shop, day, day, day, succeeded_at=at(day)) for day in (1, 2, 3, 4)]
    count(D20)
    exclude_rating(rows[0], ground="suspected_fake", reason=WHY, by=ops)
    count(D21)
    assert counted(shop, D21)[:2] == (2 + 3 + 4, 3)
    whys = {one.rating.pk: one.why for one in explain(shop, D20, D21).changes}
    assert whys == {rows[0].pk: "excluded", rows[3].pk: "counted"}


def test_a_grade_changed_or_withdrawn_moves_grades_and_never_scores(mei, ada, shop):
    bad = rate(mei, shop, 1, 1, 1, grade=Grade.NEGATIVE)
    worse = rate(ada, shop, 2, 2, 2, grade=Grade.NEGATIVE)
    count(D20)
    edit_review(bad, grade=Grade.POSITIVE, by=mei, now=at(21))
    withdraw_review(worse, by=ada, now=at(21))
    count(D21)
    assert counted(shop, D20)[:6] == counted(shop, D21)[:6] == (3, 2) * 3
    assert (counted(shop, D20)[6:], counted(shop, D21)[6:]) == ((0, 0, 2, -2), (1, 0, 0, 1))


def test_what_comes_late_to_a_counted_day_is_taken_in_the_next(mei, ada, shop):
    rate(mei, shop)
    count(D20)
    rate(ada, shop, 1, 1, 1)
    (move,) = RatingMove.objects.all()
    assert (move.why, move.applied_on, move.desc_sum) == ("late", None, 1)
    count(D21)
    assert counted(shop, D21)[:2] == (6, 2)
    assert RatingMove.objects.get().applied_on == D21


def test_what_changes_on_the_day_itself_needs_no_note(mei, shop, ops):
    count(D20 - DAY)
    exclude_rating(rate(mei, shop), ground="suspected_fake", reason=WHY, by=ops)
    assert not RatingMove.objects.exists()
    count(D20)
    assert counted(shop, D20) == ()


def test_another_window_is_counted_from_zero(mei, shop, ops, monkeypatch):
    rate(mei, shop)
    count(D20)
    from merchants.actions import dsr

    asked = dsr.value
    monkeypatch.setattr(
        dsr, "value", lambda key, at: 30 if key == "dsr.window_days" else asked(key, at)
    )
    assert (count(D21).kind, DSRDay.objects.get(day=D21).window_days) == ("whole", 30)


def test_a_difference_is_found_and_mended(mei, ada, shop):
    for day in (1, 2, 3, 4):
        rate(mei, shop, succeeded_at=at(day))
    rate(ada, shop)
    count(D20)
    wrong = Rating.objects.filter(member=ada.member)
    wrong.update(credit=-1)
    ShopScore.objects.filter(shop=shop).update(desc_sum=999)
    Rating.objects.filter(member=mei.member).update(is_surplus=True)
    found = {one.where: one.rows for one in differences(NOW)}
    assert found == {
        "ratings, pairs": 3, "ratings, singles": 1, "scores on 2026-11-20": 1,
        "snapshots on 2026-11-20": 1,
    }  # fmt: skip
    mend(NOW)
    assert {one.rows for one in differences(NOW)} == {0}
    assert counted(shop, D20)[:2] == (20, 4)


# --- Why a score moved --------------------------------------------------------------------------------


def test_a_drop_is_explained_by_the_orders_that_caused_it(mei, ada, chen, shop, ops):
    old = rate(chen, shop, 5, 5, 5, succeeded_at=NOW - 179 * DAY)
    fake = rate(mei, shop, 5, 5, None)
    rate(ada, shop, 4, 4, 4)
    count(D20)
    new = rate(ada, shop, 1, 2, None, succeeded_at=at(21), grade=Grade.NEGATIVE)
    exclude_rating(fake, ground="suspected_fake", reason=WHY, by=ops)
    count(D21)
    explained = explain(shop, D20, D21)
    assert {one.rating.pk: one.why for one in explained.changes} == {
        old.pk: "left", fake.pk: "excluded", new.pk: "entered",
    }  # fmt: skip
    for dimension, moved in explained.dimensions.items():
        assert explained.sum_of_effects(dimension) == moved.difference
    described = explained.dimensions["desc_match"]
    assert described.difference == Fraction(5, 2) - Fraction(14, 3)
    card = explanation_card(explained)
    assert {row["unexplained"] for row in card["dimensions"]} == {"0E-8"}
    assert card["changes"][0]["order_no"] == new.order_no


def test_what_happened_later_does_not_change_what_is_said_of_before(mei, ada, shop, ops):
    rate(ada, shop, 4, 4, 4)
    count(D20)
    bad = rate(mei, shop, 1, 1, 1, succeeded_at=at(21))
    count(D21)
    before = explanation_card(explain(shop, D20, D21))
    exclude_rating(bad, ground="malicious", reason=WHY, by=ops)
    assert explanation_card(explain(shop, D20, D21)) == before
    count(D22)
    assert explanation_card(explain(shop, D20, D21)) == before
    assert [one.why for one in explain(shop, D21, D22).changes] == ["excluded"]


def test_only_counted_days_are_explained(shop):
    count(D20)
    assert refusal(explain, shop, D20, D21) == "dsr.not_counted"
    assert refusal(explain, shop, D21, D20) == "dsr.wrong_order"


def test_each_rating_says_what_it_does_to_the_score(mei, ada, chen, shop, ops):
    rate(mei, shop, 5, 5, 5)
    out = rate(chen, shop, 1, 1, 1)
    exclude_rating(out, ground="suspected_fake", reason=WHY, by=ops)
    low = rate(ada, shop, 2, None, 2)
    count(D20)
    rows = {row["order_no"]: row for row in owned_page(shop)[0]}
    assert rows[low.order_no]["effects"] == {
        "desc_match": "-1.50000", "service_attitude": None, "logistics_service": "-1.50000",
    }  # fmt: skip
    assert (rows[out.order_no]["counts"], rows[out.order_no]["why_not"]) == (
        False,
        "已排除。",
    )


# --- Among peers, and what it is worth ----------------------------------------------------------------


def rated_shop(name: str, score: int, count: int = 10):
    shop = another_shop(name)
    for buyer in buyers(count):
        rate(buyer, shop, score, score, score)
    return shop


def test_below_ten_ratings_a_score_is_a_dash_and_formulas_take_the_mean(shop, mei):
    rated_shop("甲", 5)
    rated_shop("乙", 4)
    rate(mei, shop, 1, 1, 1)
    bring_up_to_date(at(21, 1))
    card = standing_card(shop, at(21))
    assert [(one["score"], one["against_peers"]) for one in card["scores"]] == [("—", "")] * 3
    assert set(formula_scores(shop, at(21)).values()) == {D("4.50000")}
    # A shop with one rating is no peer.
    assert {row.shops for row in PeerScore.objects.all()} == {2}


def test_a_shop_reads_where_it_stands(shop):
    best, worst = rated_shop("甲", 5), rated_shop("乙", 3)
    middle = rated_shop("丙", 4)
    bring_up_to_date(at(21, 1))
    stands = {one.pk: standing_card(one, at(21))["scores"][0] for one in (best, worst, middle)}
    assert (stands[best.pk]["score"], stands[best.pk]["against_peers"]) == ("5.0", "above")
    assert (stands[worst.pk]["gap"], stands[worst.pk]["against_peers"]) == ("-1.0000", "below")
    assert (stands[middle.pk]["gap"], stands[middle.pk]["against_peers"]) == ("0.0000", "level")
    card = standing_card(best, at(21))
    assert (card["positive_rate"], card["credit"]["rank"], card["credit"]["step"]) == (
        "1.0000", "heart", 1,
    )  # fmt: skip


def test_a_tenth_more_is_told_by_the_published_function(shop):
    it = rated_shop("甲", 4)
    bring_up_to_date(at(21, 1))
    card = traffic_card(it, at(21))
    assert (card["score"], card["multiplier"], card["multiplier_after_step"]) == (
        "4.00000", "0.9000", "0.9200",
    )  # fmt: skip
    assert traffic_card(another_shop(category="别的"), at(21))["multiplier"] is None


def test_the_trend_has_the_peers_beside_it(mei, shop):
    it = rated_shop("甲", 4)
    bring_up_to_date(at(21, 1))
    bring_up_to_date(at(23, 1))
    days = trend(it, days=2)
    assert [row["day"] for row in days] == [D21, D22]
    assert days[0]["desc_match"] == {"score": D("4.00000"), "peers": D("4.00000")}


def test_reading_a_shop_asks_as_often_whatever_it_has(shop, django_assert_num_queries):
    it = rated_shop("甲", 4)
    bring_up_to_date(at(21, 1))
    standing_card(it, at(21))
    with django_assert_num_queries(3):
        standing_card(it, at(21))
    with django_assert_num_queries(3):
        trend(it)


# --- Beside each other ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_rating_that_is_just_being_given_is_not_lost_to_the_count(mei, shop, monkeypatch):
    halt = Halt()
    monkeypatch.setattr(
        "merchants.actions.ratings.record",
        halt.before(__import__("merchants.actions.ratings", fromlist=["x"]).record),
    )
    giving = Beside(lambda: rate(mei, shop))
    halt.reached()
    counting = Beside(lambda: count_day(D20, now=NOW))
    assert counting.waits()
    halt.go_on()
    giving.done()
    counting.done()
    assert counted(shop, D20)[:2] == (5, 1)


@pytest.mark.django_db(transaction=True)
def test_two_clocks_count_a_day_once(mei, shop):
    rate(mei, shop)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    clocks = [Beside(lambda: count_day(D20, now=NOW)) for _ in range(2)]
    done = [clock.done() for clock in clocks]
    assert sum(one is not None for one in done) == 1
    assert counted(shop, D20)[:2] == (5, 1)


def test_below_ten_ratings_the_line_is_as_empty_as_the_figure(shop, mei):
    rate(mei, shop, 4, 4, 4)
    bring_up_to_date(at(21, 1))
    assert standing_card(shop, at(21))["scores"][0]["score"] == "—"
    assert trend(shop)[0]["desc_match"]["score"] is None
    assert trend(shop, whole=True)[0]["desc_match"]["score"] == D("4.00000")


def test_what_waits_for_the_next_count_has_no_effect_before_it(mei, ada, chen, shop, ops):
    rate(mei, shop, 5, 5, 5)
    low = rate(ada, shop, 1, 1, 1)
    exclude_rating(low, ground="suspected_fake", reason=WHY, by=ops)
    count(D20)
    restore_rating(low, reason=WHY, by=ops)
    late = rate(chen, shop, 3, 3, 3)

    def told():
        rows = {row["order_no"]: row for row in owned_page(shop)[0]}
        return [
            (rows[one.order_no]["counts"], rows[one.order_no]["effects"]["desc_match"])
            for one in (low, late)
        ]

    # The mean of that day is Mei's five alone.
    assert told() == [(False, None), (False, None)]
    count(D21)
    assert told() == [(True, "-1.00000"), (True, "0.00000")]


def test_what_was_excluded_and_restored_between_two_counts_never_stopped_counting(
    mei, ada, shop, ops
):
    rate(mei, shop, 5, 5, 5)
    low = rate(ada, shop, 1, 1, 1)
    count(D20)
    exclude_rating(low, ground="suspected_fake", reason=WHY, by=ops)
    restore_rating(low, reason=WHY, by=ops)
    rows = {row["order_no"]: row for row in owned_page(shop)[0]}
    assert (rows[low.order_no]["counts"], rows[low.order_no]["effects"]["desc_match"]) == (
        True, "-2.00000",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("score", "step", "said"),
    [
        ("4.90", "0.10", "体验分 +0.1到 5.00：搜索加权 1.080 → 1.100。"),
        ("4.95", "0.05", "体验分涨到最高的5.00：搜索加权1.090 → 1.100。"),
        ("5.00", "0.00", "体验分5.00已是最高：搜索加权1.100。"),
    ],
)
def test_a_tenth_more_is_promised_only_where_there_is_one(score, step, said):
    card = traffic_of({}, at(21), experience=D(score), exposed=D(1))
    assert (card["step"], card["sentence"]) == (step, said)


def test_what_measures_do_to_the_weight_is_said_with_it():
    card = traffic_of({}, at(21), experience=D("4.80"), exposed=D(0))
    assert (card["multiplier"], card["weight"]) == ("1.0600", "0.0000")
    assert card["sentence"].endswith("对店铺的措施现在使搜索加权再乘以0。")
    card = traffic_of({}, at(21), experience=D("4.80"), exposed=D(1))
    assert "措施" not in card["sentence"]


def test_a_clock_that_dies_before_the_peers_are_compared_has_counted_nothing(shop, monkeypatch):
    from merchants.actions import dsr

    it = rated_shop("甲", 4)

    def die(*_args):
        raise OSError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(dsr, "compare_peers", die)
        with pytest.raises(OSError, match="killed"):
            bring_up_to_date(at(21, 1))
    bring_up_to_date(at(21, 2))
    assert DSRDay.objects.count() == 1
    assert standing_card(it, at(21))["scores"][0]["peers_mean"] == "4.00000"
