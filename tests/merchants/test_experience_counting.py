"""Experience scores of a day: ranks by hand, ties, too few, missing, weights, and once a day."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.parameters import declarations, forget, set_value
from common.rules import shanghai_day
from merchants.actions.experience import (
    bring_experience_up_to_date,
    count_experience,
    rank_again,
)
from merchants.experience import clock
from merchants.experience.metrics import shop_metric
from merchants.experience.recomputing import check
from merchants.models import (
    DSRDay,
    ExperienceCount,
    ExperienceDay,
    ExperienceWarning,
    ShopMetricDay,
)
from tests.merchants.casts_experience import (
    D20,
    D21,
    DAY,
    MORNING,
    count,
    metric,
    only,
    peers,
    place,
    score,
    shops,
)
from tests.merchants.test_experience_warnings import scores
from tests.waiting import Beside

pytestmark = pytest.mark.django_db


def test_a_metric_is_three_and_twice_the_share_of_peers_doing_worse():
    a, b, c, d, e = shops(5)
    values = [(a, "0.10", 30), (b, "0.20", 30), (c, "0.30", 40), (d, "0.40", 50), (e, "0.50", 90)]
    count(metric("bad", "product", values, is_lower_better=True))
    # Of four peers a beats four, b three, c two, d one, e none.
    assert [score(it) for it in (a, b, c, d, e)] == [
        D("5.00"),
        D("4.50"),
        D("4.00"),
        D("3.50"),
        D("3.00"),
    ]
    assert place(b, "bad") == (3, 0, 450_000)
    assert (peers("bad").shops, peers("bad").mean) == (5, D("0.300000"))


def test_whoever_does_the_same_counts_half():
    a, b, c, d = shops(4)
    count(
        metric("good", "product", [(a, "0.9", 30), (b, "0.9", 30), (c, "0.9", 30), (d, "0.1", 30)])
    )
    # a beats d, ties with two of three peers: (1 + 2 × ½) ÷ 3 = ⅔, so 3 + 4⁄3 = 4.33.
    assert place(a, "good") == (1, 2, 433_333)
    assert [score(it) for it in (a, d)] == [D("4.33"), D("3.00")]


def test_too_small_a_sample_stands_at_the_categorys_mean():
    a, b, c = shops(3)
    count(
        metric("one", "product", [(a, "0.9", 30), (b, "0.1", 30), (c, "0.99", 29)]),
        metric("two", "logistics", [(a, "0.5", 30), (b, "0.5", 30), (c, "0.7", 30)]),
    )
    # c's 29 are no peers of anybody: a beats one of one, and c's product is the mean, 4.00.
    assert place(a, "one") == (1, 0, 500_000)
    assert place(c, "one") == (None, None, None)
    # 30 parts product at 4.00, 20 parts logistics at 5.00 → 4.40.
    assert score(c) == D("4.40")


def test_what_no_peer_has_data_of_is_left_out_and_its_weight_shared():
    a, b = shops(2)
    count(
        metric("x", "product", [(a, "0.9", 30), (b, "0.1", 30)]),
        metric("y", "product", None),  # nobody can read it yet
        metric("few", "product", [(a, "0.1", 3), (b, "0.9", 3)]),  # no peer has enough
        metric("z", "dispute", None),
        metric("w", "logistics", [(a, "0.5", 30), (b, "0.5", 30)]),
    )
    # Product is x alone (5.00), disputes have nothing: (30×5 + 20×4) ÷ 50 = 4.60.
    assert score(a) == D("4.60")
    assert (peers("few").shops, peers("few").mean) == (0, None)


def test_the_mean_of_a_dimension_and_the_weights():
    a, b, c = shops(3)
    count(
        metric("x", "product", [(a, "3", 30), (b, "2", 30), (c, "1", 30)]),
        metric("y", "product", [(a, "1", 30), (b, "2", 30), (c, "3", 30)]),
        metric("z", "consult", [(a, "3", 30), (b, "2", 30), (c, "1", 30)]),
        metric("u", "extra", [(a, "1", 30), (b, "1", 30), (c, "1", 30)]),
    )
    # a: product (5+3)/2 = 4, consult 5, extra 4 → (30×4 + 15×5 + 5×4) ÷ 50 = 4.30.
    assert [score(it) for it in (a, b, c)] == [D("4.30"), D("4.00"), D("3.70")]


def test_preset_b_puts_service_into_one_part(ops):
    set_value("experience.b_categories", "珠宝, 家居", by=ops, reason="试")
    forget()
    a, b = shops(2, "珠宝")
    later = [
        metric("x", "product", [(a, "2", 30), (b, "1", 30)]),
        metric("y", "after_sale", [(a, "1", 30), (b, "2", 30)]),
        metric("z", "consult", [(a, "1", 30), (b, "1", 30)]),
    ]
    with only(*later):
        # By the numbers in force at the day's first moment: a day of the new number.
        day = MORNING.date() + timedelta(days=400)
        count_experience(day, now=MORNING + timedelta(days=401))
    assert not any(one.rows for one in check(MORNING))
    found = ExperienceDay.objects.get(shop=a)
    # Product 5 weighs 50, service (3 + 4) ÷ 2 = 3.5 weighs 35 → 372.5 ÷ 85 = 4.382….
    assert (found.preset, found.score) == ("b", D("4.38"))


def test_a_shop_alone_in_its_category_stands_in_the_middle():
    (a,) = shops(1)
    count(metric("x", "product", [(a, "0.01", 30)]))
    assert score(a) == D("4.00")


def test_categories_do_not_mix():
    a, b = shops(2)
    (c,) = shops(1, "珠宝")
    count(metric("x", "product", [(a, "3", 30), (b, "2", 30), (c, "1", 30)]))
    assert [score(it) for it in (a, b, c)] == [D("5.00"), D("3.00"), D("4.00")]


def test_a_shop_without_any_metric_of_its_own_has_no_score():
    a, b, c = shops(3)
    count(metric("x", "product", [(a, "3", 30), (b, "2", 30), (c, "1", 5)]))
    assert score(c) is None


def test_a_day_is_counted_once():
    a, b = shops(2)
    one = metric("x", "product", [(a, "3", 30), (b, "2", 30)])
    count(one)
    with only(one):
        assert count_experience(D20, now=MORNING) is None
        assert count_experience(D20 - DAY, now=MORNING) is None
        assert count_experience(D21, now=MORNING + DAY) is not None
    assert ExperienceCount.objects.count() == 2
    assert ExperienceDay.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_clocks_count_a_day_once():
    a, b = shops(2)
    with only(metric("x", "product", [(a, "3", 30), (b, "2", 30)])):
        both = [Beside(lambda: count_experience(D20, now=MORNING)) for _ in range(2)]
        found = [one.done() for one in both]
    assert sorted(one is None for one in found) == [False, True]
    assert ExperienceDay.objects.count() == 2


def test_a_tampered_score_is_found_and_mended():
    a, b, c = shops(3)
    count(metric("x", "product", [(a, "3", 30), (b, "2", 30), (c, "1", 30)]))
    ExperienceDay.objects.filter(shop=b).update(score=D("4.99"))
    ShopMetricDay.objects.filter(shop=c).update(worse=2)
    wrong = {one.where.split()[1]: one.rows for one in check(MORNING)}
    assert wrong == {"peers": 0, "ranks": 1, "scores": 1}
    rank_again(D20)
    assert not any(one.rows for one in check(MORNING))
    assert score(b) == D("4.00")
    call_command("recompute", check=True, only=["experience scores"])


def test_metrics_are_forgotten_after_their_days_and_scores_are_not():
    a, b = shops(2)
    one = metric("x", "product", [(a, "3", 30), (b, "2", 30)])
    count(one)
    with only(one):
        count_experience(D20 + 61 * DAY, now=MORNING + 61 * DAY)
    assert ExperienceDay.objects.filter(day=D20).count() == 2
    assert ShopMetricDay.objects.filter(peers__day=D20).count() == 0


def test_the_clock_waits_for_the_ratings_of_the_day():
    a, b = shops(2)
    with only(metric("x", "product", [(a, "3", 30), (b, "2", 30)])):
        assert bring_experience_up_to_date(MORNING) == []
        DSRDay.objects.create(
            day=D20, counted_at=MORNING, kind="whole", window_days=180, shops=2, seconds=0.1
        )
        assert [it.day for it in bring_experience_up_to_date(MORNING)] == [D20]
        assert bring_experience_up_to_date(MORNING) == []


def test_the_clock_begins_after_its_hour(monkeypatch):
    asked = []
    monkeypatch.setattr(clock, "bring_experience_up_to_date", asked.append)
    for moment in (MORNING.replace(hour=0, minute=59), MORNING.replace(hour=1, minute=0)):
        monkeypatch.setattr(clock.timezone, "now", lambda moment=moment: moment)
        clock.count_experience_scores()
    assert asked == [MORNING.replace(hour=1, minute=0)]


def test_what_the_clock_counts_it_warns_of(shop):
    with only(metric("x", "product", [(it, "0.5", 30) for it in shops(2)])):
        DSRDay.objects.create(
            day=D20, counted_at=MORNING, kind="whole", window_days=180, shops=2, seconds=0.1
        )
        scores(shop, D20, desc="4.65")
        bring_experience_up_to_date(MORNING)
    (warned,) = ExperienceWarning.objects.all()
    assert (warned.colour, warned.told_at) == ("amber", MORNING)


@pytest.mark.parametrize("code", ["desc_match", "logistics_service"])
def test_the_days_of_a_score_are_those_of_scores(code, ops):
    # They are read as they were written down; a number of days of their own would move nothing.
    assert f"experience.{code}.days" not in {one.key for one in declarations()}
    one, tomorrow = shop_metric(code), shanghai_day(timezone.now()) + DAY
    assert one.days_on(tomorrow) == 180
    set_value("dsr.window_days", 90, by=ops, reason="试一试")
    forget()
    assert one.days_on(tomorrow) == 90
